/**
 * The module `jest-runner-xdist/fixtures`, with which a test file reads the values of its shared fixtures. It runs in
 * the file's realm, where a test may have mocked any module, so it imports none, not even `node:path`.
 */
import type {FileFixtures, FixtureValue} from '../core/wire/workerMessages';
import {failureError, FIXTURES, type HandedOver, type Held} from './handover';

/** The argument of a fixture's `setup`. */
export interface FixtureContext {
  /** The `rootDir` of the whole run, not of one of its `projects`. */
  readonly rootDir: string;
  /** The value of XDIST_RUN_ID, which is the same in all processes of one run. */
  readonly runId: string;
  /** With `scope=worker`, the JEST_WORKER_ID of the fixture's worker; null for a fixture of the whole run. */
  readonly worker: number | null;
  /** The values of the fixtures that this fixture declares, by the path in its `@shared-fixture`. */
  readonly fixtures: Readonly<Record<string, unknown>>;
}

/** The parsed values of a file's fixtures so far. */
interface OpenFixtures {
  readonly testPath: string;
  readonly fixtures: FileFixtures;
  readonly values: Map<FixtureValue, unknown>;
}

/** Set by src/fixtures/fixture in the process of a fixture. */
const FIXTURE_MODULE = Symbol.for('jest-runner-xdist.fixtureModule');

type Realm = typeof globalThis & {[FIXTURES]?: Held | OpenFixtures; [FIXTURE_MODULE]?: boolean};

const EXTENSION = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/**
 * The value of a shared fixture: the return value of its `setup()`, as copied through JSON. All calls in a test file
 * return the same object. Each test file has its own copy.
 *
 * @param path the path in the test file's `@shared-fixture`, another path relative to the test file, or an absolute
 *   path; with or without the extension
 */
export function sharedFixture<M extends {readonly setup: (context: never) => unknown}>(
  path: string,
): Awaited<ReturnType<M['setup']>> {
  const open = openFixtures();
  if (open === null) throw mistake(whyNone(path));
  const {failure, declared} = open.fixtures;
  if (failure !== null) throw failureError(failure);
  const fixture = find(path, open);
  if (fixture === undefined) throw mistake(notDeclared(path, declared));
  if (!open.values.has(fixture)) open.values.set(fixture, JSON.parse(fixture.json));
  return open.values.get(fixture) as Awaited<ReturnType<M['setup']>>;
}

/** Kept on the global object, because Jest reloads this module after `jest.resetModules()`. null: no fixtures. */
function openFixtures(): OpenFixtures | null {
  const realm = globalThis as Realm;
  const held = realm[FIXTURES];
  if (held === undefined || typeof held === 'object') return held ?? null;
  const text = typeof held === 'function' ? held() : held;
  if (text === null) throw mistake(TOO_EARLY);
  return (realm[FIXTURES] = {...(JSON.parse(text) as HandedOver), values: new Map()});
}

function find(path: string, {testPath, fixtures: {declared}}: OpenFixtures): FixtureValue | undefined {
  const asWritten = declared.find(({names}) => names.includes(path));
  if (asWritten !== undefined) return asWritten;
  const wanted = resolve(testPath, path);
  const byPath = (one: string) => declared.find(({names}) => names.some(name => resolve(testPath, name) === one));
  return byPath(wanted) ?? byPath(wanted.replace(EXTENSION, ''));
}

/** Resolves a path against the test file's folder, like `path.resolve`, but only with forward slashes. */
function resolve(testPath: string, path: string): string {
  const onWindows = /^(?:[a-z]:)?\\/i.test(testPath);
  const slashed = (text: string) => (onWindows ? text.replaceAll('\\', '/') : text);
  const isAbsolute = (onWindows ? /^(?:[a-z]:)?\//i : /^\//).test(slashed(path));
  const [root = '', ...segments] = slashed(isAbsolute ? path : `${testPath}/../${path}`).split('/');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return [root, ...kept].join('/');
}

/** An error with the caller's stack, so that Jest shows the caller's line. */
function mistake(message: string): Error {
  const error = new Error(message);
  Error.captureStackTrace(error, sharedFixture);
  return error;
}

function whyNone(path: string): string {
  if ((globalThis as Realm)[FIXTURE_MODULE] === true) return inFixtureModule(path);
  return runsInXdist() ? notDeclared(path, []) : NO_RUNNER;
}

function runsInXdist(): boolean {
  return typeof process !== 'undefined' && process.env?.XDIST_RUN_ID !== undefined;
}

const NO_RUNNER = `jest-runner-xdist: sharedFixture() has no values here, as this test file is not run by jest-runner-xdist. Put \`runner: 'xdist'\` into the Jest config, or run \`jest --runner=xdist\`; or keep Jest's own runner, with these lines in the Jest config:

  globalSetup: 'jest-runner-xdist/fixtures/globalSetup',
  globalTeardown: 'jest-runner-xdist/fixtures/globalTeardown',
  setupFiles: ['jest-runner-xdist/fixtures/setup'],`;

const TOO_EARLY =
  "jest-runner-xdist: sharedFixture() has no values yet: under Jest's own runner there are none in `setupFiles`. Call it from `setupFilesAfterEnv`, or from the test file itself.";

function inFixtureModule(path: string): string {
  return `jest-runner-xdist: sharedFixture() is for test files. A fixture module gets other fixtures from setup's argument: fixtures[${JSON.stringify(path)}].`;
}

function notDeclared(path: string, declared: readonly FixtureValue[]): string {
  const names = declared.map(({names: [name = '']}) => name).join(', ');
  return `jest-runner-xdist: this test file does not declare the shared fixture ${path}; it declares ${names || 'none'}. Add this to the docblock, the comment that is the very first thing in the file:

/**
 * @shared-fixture ${path}
 */`;
}

/**
 * What a test file imports to read the values of its shared fixtures: `jest-runner-xdist/fixtures`. It runs in
 * the file's realm, among whatever is mocked there, so it imports nothing that could be a mock: no `node:path`.
 */
import type {FileFixtures, FixtureValue} from '../core/wire/workerMessages';
import {failureError, FIXTURES, type HandedOver, type Held} from './handover';

/** What a fixture's `setup` is called with. */
export interface FixtureContext {
  /** Of the whole run, not of one of its `projects`. */
  readonly rootDir: string;
  /** The same in all processes of one run: the value of XDIST_RUN_ID. */
  readonly runId: string;
  /** The worker that it is for (its JEST_WORKER_ID), if it has `scope=worker`; null: it is for the whole run. */
  readonly worker: number | null;
  /** The values of the fixtures that it declares itself, by the path in its `@shared-fixture`. */
  readonly fixtures: Readonly<Record<string, unknown>>;
}

/** The values of a file, as far as they were asked for. */
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
 * The value of a shared fixture: what its `setup()` has returned, through JSON. It is the same object for all
 * of a test file, and a copy of the file's own.
 *
 * @param path as it stands in the test file's `@shared-fixture`, or any path relative to the test file, or an
 *   absolute one; with or without its extension
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

/** Kept on the global object: the module itself is loaded anew after `jest.resetModules()`. null: there are none. */
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

/** A path from the test file's folder, with slashes only; as `path.resolve` does it. */
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

/** The caller's: that is the line that Jest is to show. */
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

/**
 * Gets access to a file's environment between jest-runner and jest-circus. jest-runner loads the framework with
 * `require(config.testRunner)`. We replace the module in the require cache with a wrapper, which passes a file that
 * nobody follows on unchanged. We cannot change the config instead, because its hash is part of the transform cache's
 * key.
 */
import type {AssertionResult} from '@jest/test-result';
import type {Circus} from '@jest/types';
import {existsSync, readText} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';
import {LateErrors} from './lateErrors';
import {probe} from '../jestProbes';
import {withoutOurCalls} from './ownCalls';
import {cutDeepDetails, sendable} from '../sendable';

/** The part of a test environment that we use. */
export interface TestEnvironment {
  global: {console?: {getBuffer?: () => readonly unknown[] | undefined | null}; [key: symbol]: unknown};
  handleTestEvent?(event: Circus.Event, state: Circus.State): void | Promise<void>;
}

/** A follower of a file in jest-circus. */
export interface CircusFile {
  /** The failure of the test file if the framework does not let this follow it. Not set: the file runs nevertheless. */
  readonly refusal?: Error;
  /** The file is about to be loaded. */
  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void;
  /** Jest tells its reporters about one of the file's tests. */
  told(name: string, payload: unknown): void;
}

type SendMessageToJest = (name: string, payload: unknown) => void;

type TestFramework = (
  globalConfig: unknown,
  config: unknown,
  environment: TestEnvironment,
  runtime: unknown,
  path: string,
  sendMessageToJest: SendMessageToJest | undefined,
  ...rest: unknown[]
) => Promise<unknown>;

/** From this version on, `test.concurrent` runs block by block. */
const CONCURRENT_BY_BLOCK = {major: 30, minor: 2};

/** The follower of the file that runs next. The framework's next call takes it. */
let next: CircusFile | null = null;
/** The result of the framework's latest call, until somebody takes it. */
let run: Promise<unknown> | null = null;
/** By path of a framework: whether it is circus and can be followed. */
const wrapped = new Map<string, boolean>();
const lateErrors = new LateErrors();

/** @returns whether a file that runs in this framework can be followed: it is circus */
export function canFollow(testRunner: string): boolean {
  let known = wrapped.get(testRunner);
  if (known === undefined) {
    try {
      known = wrap(testRunner);
    } catch {
      known = false; // jest-runner will report the error
    }
    wrapped.set(testRunner, known);
  }
  return known;
}

/** Sets the follower of the next file that the framework runs; null: nobody follows that file. */
export function expectFile(file: CircusFile | null): void {
  next = file;
  run = null;
}

/**
 * Takes the result of the framework's latest call. Must be called only after the file has ended: if somebody awaits the
 * promise earlier, V8 cuts off the asynchronous stacks of the file's failures.
 */
export function takeRun(): Promise<unknown> | null {
  const taken = run;
  run = null;
  return taken;
}

/**
 * Puts a handler before the environment's own handler of circus's events. `pass` calls the environment's handler.
 *
 * @returns false: the environment does not allow the change, and is unchanged
 */
export function handleEvents(
  environment: TestEnvironment,
  handler: (event: Circus.Event, state: Circus.State, pass: () => void | Promise<void>) => void | Promise<void>,
): boolean {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the environment below
  const {handleTestEvent} = environment;
  const passOn: TestEnvironment['handleTestEvent'] = (event, state) => {
    try {
      const handled = handleTestEvent?.call(environment, event, state);
      // Return a new promise: if two functions await the same promise, V8 ends asynchronous stacks there.
      return handled instanceof Promise ? handled.catch(rethrow) : handled;
    } catch (error) {
      return rethrow(error);
    }
  };
  const value: TestEnvironment['handleTestEvent'] = (event, state) => {
    if (event.name === 'error') lateErrors.explain(event.error);
    return handler(event, state, () => passOn(event, state));
  };
  const attributes = {value, configurable: true, enumerable: true, writable: true};
  return Reflect.defineProperty(environment, 'handleTestEvent', attributes);
}

function rethrow(error: unknown): never {
  throw withoutOurCalls(error);
}

/** Returns all console entries of the environment's file; null: the console keeps no entries. */
export function consoleOf({global: {console}}: TestEnvironment): (() => readonly unknown[] | undefined | null) | null {
  return typeof console?.getBuffer === 'function' ? () => console.getBuffer?.() : null;
}

/** @param expect the `expect` of the file's realm */
export function snapshotStateOf(expect: unknown): unknown {
  return (expect as {getState?(): {snapshotState?: unknown}} | null)?.getState?.().snapshotState;
}

function wrap(testRunner: string): boolean {
  const {name, version} = packageOf(testRunner);
  if (name !== 'jest-circus') return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const concurrentFileWide =
    major < CONCURRENT_BY_BLOCK.major || (major === CONCURRENT_BY_BLOCK.major && minor < CONCURRENT_BY_BLOCK.minor);
  const loaded = require(testRunner) as TestFramework | {readonly default: TestFramework};
  if (!probe('circusEntry', loaded)) return false;
  const framework = typeof loaded === 'function' ? loaded : loaded.default;
  // Not async: V8 would add an async function to the stacks of failures.
  const ours: TestFramework = (globalConfig, config, environment, runtime, path, sendMessageToJest, ...rest) => {
    const file = next;
    next = null;
    lateErrors.fileBegins(path);
    if (file === null) {
      return (run = framework(globalConfig, config, environment, runtime, path, sendMessageToJest, ...rest));
    }
    file.attach(environment, {concurrentFileWide});
    const send = sendMessageToJest && safeSend(sendMessageToJest, file);
    return (run = framework(globalConfig, config, environment, runtime, path, send, ...rest));
  };
  const cached = require.cache[require.resolve(testRunner)];
  if (cached === undefined) return false;
  cached.exports = {__esModule: true, default: ours};
  return true;
}

/** If a message could not be sent or copied, circus would give up the whole file. */
function safeSend(sendMessageToJest: SendMessageToJest, file: CircusFile): SendMessageToJest {
  return (name, payload) => {
    if (name === 'test-case-result') cutDeep(payload);
    file.told(name, payload);
    try {
      sendMessageToJest(name, payload);
    } catch {
      sendReduced(sendMessageToJest, name, payload);
    }
  };
}

function cutDeep(payload: unknown): void {
  try {
    const [, result] = payload as [path: string, result: AssertionResult];
    cutDeepDetails(result);
  } catch {
    // For example, a revoked proxy. Circus handles it as under the stock runner.
  }
}

function sendReduced(sendMessageToJest: SendMessageToJest, name: string, payload: unknown): void {
  try {
    sendMessageToJest(name, sendable(payload));
  } catch (error) {
    throw withoutOurCalls(error);
  }
}

function packageOf(file: string): {name: string; version: string} {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return JSON.parse(readText(path)) as {name: string; version: string};
  }
  return {name: '', version: ''};
}

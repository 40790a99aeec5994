/**
 * The module `jest-runner-xdist/fixtures/setup`, for `setupFiles` under Jest's own runner. It puts a function into the
 * realm of a test file that fetches the values of the shared fixtures at their first use. Under our runner it does
 * nothing.
 */
import type * as ChildProcess from 'node:child_process';
import type {FileFixtures} from '../core/wire/workerMessages';
import type * as Handover from './handover';
import type {HandedOver, Held} from './handover';

/** The part of Jest's `jest` object that we use. */
interface JestObject {
  requireActual<Module>(name: string): Module;
  unmock(name: string): unknown;
}

/** The part of expect's state that we use. */
interface ExpectState {
  readonly state?: {readonly testPath?: unknown};
}

type Realm = typeof globalThis & {[name: symbol]: unknown};

const {XDIST_FIXTURES_SOCKET: socketPath, XDIST_RUN_ID: runId} = process.env;
if (socketPath !== undefined && runId === undefined) install(socketPath);

function install(socketPath: string): void {
  // Not the global `jest`, which does not exist with `injectGlobals: false`.
  const {jest} = require('@jest/globals') as {readonly jest: JestObject};
  for (const own of ['./fixtures', './handover']) jest.unmock(own); // for `automock`
  const {FIXTURES} = jest.requireActual<typeof Handover>('./handover');
  // Taken now, before tests and their imports can replace these functions.
  const {spawnSync} = jest.requireActual<typeof ChildProcess>('node:child_process');
  const {execPath} = process;
  // Without NODE_OPTIONS, which are for the user's code: --require, --inspect with its port.
  const {NODE_OPTIONS: _, ...env} = process.env;
  const worker = env.JEST_WORKER_ID ?? '1';

  const fetch: Held = () => {
    const testPath = currentTestPath();
    if (testPath === null) return null;
    // Synchronous, because `sharedFixture` has no `await`. So another process has to fetch the values.
    const {stdout, error} = spawnSync(execPath, [`${__dirname}/../stock/client.js`, socketPath, testPath, worker], {
      env,
      encoding: 'utf8',
      maxBuffer: Infinity,
      stdio: ['ignore', 'pipe', 'inherit'],
      windowsHide: true,
    });
    return stdout || withoutHost(testPath, error?.message);
  };
  Object.defineProperty(globalThis, FIXTURES, {value: fetch, writable: true, configurable: true});
}

/** The path of the test file. `expect` knows it after `setupFiles`, as soon as the test framework is loaded. */
function currentTestPath(): string | null {
  const {state} = ((globalThis as Realm)[Symbol.for('$$jest-matchers-object')] ?? {}) as ExpectState;
  return typeof state?.testPath === 'string' ? state.testPath : null;
}

function withoutHost(testPath: string, why = 'it is gone'): string {
  const message = `jest-runner-xdist: the process that looks after all shared fixtures cannot be asked: ${why}.`;
  const fixtures: FileFixtures = {declared: [], failure: {message, stack: ''}};
  return JSON.stringify({testPath, fixtures} satisfies HandedOver);
}

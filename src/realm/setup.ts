/**
 * For `setupFiles` under Jest's own runner: `jest-runner-xdist/fixtures/setup`. Puts into the realm of a test file what
 * fetches the values of its shared fixtures when they are first asked for; until then it costs nothing. Under our
 * runner it does nothing.
 */
import type * as ChildProcess from 'node:child_process';
import type {FileFixtures} from '../core/wire/workerMessages';
import type * as Handover from './handover';
import type {HandedOver, Held} from './handover';

/** What of Jest's `jest` is used. */
interface JestObject {
  requireActual<Module>(name: string): Module;
  unmock(name: string): unknown;
}

/** What of expect's own state is used. */
interface ExpectState {
  readonly state?: {readonly testPath?: unknown};
}

type Realm = typeof globalThis & {[name: symbol]: unknown};

const {XDIST_FIXTURES_SOCKET: socketPath, XDIST_RUN_ID: runId} = process.env;
if (socketPath !== undefined && runId === undefined) install(socketPath);

function install(socketPath: string): void {
  // Not the global one, which there is not with `injectGlobals: false`.
  const {jest} = require('@jest/globals') as {readonly jest: JestObject};
  for (const own of ['./fixtures', './handover']) jest.unmock(own); // for `automock`
  const {FIXTURES} = jest.requireActual<typeof Handover>('./handover');
  // As they are before tests, and what these import, put others in their places.
  const {spawnSync} = jest.requireActual<typeof ChildProcess>('node:child_process');
  const {execPath} = process;
  // What is meant for the user's code: --require, --inspect with its port.
  const {NODE_OPTIONS: _, ...env} = process.env;
  const worker = env.JEST_WORKER_ID ?? '1';

  const fetch: Held = () => {
    const testPath = currentTestPath();
    if (testPath === null) return null;
    // Asked for without `await`, so nothing of this process can: the very Jest whose children we could ask may wait for us.
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

/** Known to `expect` once the test framework is there: after `setupFiles`, before all else. */
function currentTestPath(): string | null {
  const {state} = ((globalThis as Realm)[Symbol.for('$$jest-matchers-object')] ?? {}) as ExpectState;
  return typeof state?.testPath === 'string' ? state.testPath : null;
}

function withoutHost(testPath: string, why = 'it is gone'): string {
  const message = `jest-runner-xdist: the process that looks after all shared fixtures cannot be asked: ${why}.`;
  const fixtures: FileFixtures = {declared: [], failure: {message, stack: ''}};
  return JSON.stringify({testPath, fixtures} satisfies HandedOver);
}

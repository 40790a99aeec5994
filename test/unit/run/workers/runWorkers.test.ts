import type {Socket} from 'node:net';
import {RunWorkers} from '../../../../src/run/workers/runWorkers';
import type {WorkerHost} from '../../../../src/run/workers/workerHost';

/** A worker that remembers what was asked of it. */
function worker(slot: number, generation: number, fields: Partial<WorkerHost> = {}) {
  const asked: unknown[] = [];
  const host = {
    slot,
    generation,
    ended: false,
    gone: Promise.resolve(),
    rssBytes: null,
    status: {pid: slot, name: '', ms: 0},
    attach: (_socket: Socket, pid: number) => asked.push({attach: pid}),
    hearWatchdog: ({type}: {type: string}) => asked.push(type),
    loseWatchdog: () => asked.push('watchdog gone'),
    breakOff: ({message}: Error) => asked.push({broken: message}),
    kill: () => asked.push('kill'),
    terminate: (signal: string) => asked.push(signal),
    ...fields,
  } as unknown as WorkerHost;
  return {host, asked};
}

const hello = (slot: number, generation: number) => ({token: '', slot, generation, pid: 4711});
const ALIVE = {type: 'alive', phase: 1, name: '', ms: 0, limitMs: null, debugged: false, rss: 1} as const;
const unguarded = {guard: <Args extends unknown[]>(_doing: string, act: (...args: Args) => void) => act};

describe('what arrives at the server', () => {
  function hearing() {
    const workers = new RunWorkers();
    const listener = workers.hearing(unguarded);
    const destroyed = jest.fn();
    const socket = {destroy: destroyed} as unknown as Socket;
    const all = (slot: number, generation: number) => {
      listener.onWorker(hello(slot, generation), socket);
      listener.onWatchdog(hello(slot, generation), ALIVE);
      listener.onWatchdogGone(hello(slot, generation));
      listener.onBroken(hello(slot, generation), new Error('oh'));
    };
    return {workers, all, destroyed};
  }
  const ALL = [{attach: 4711}, 'alive', 'watchdog gone', {broken: 'oh'}];

  test('reaches the worker that it comes from', () => {
    const {workers, all, destroyed} = hearing();
    const [one, two] = [worker(1, 1), worker(2, 5)];
    for (const {host} of [one, two]) workers.started(host);
    all(2, 5);
    expect([one.asked, two.asked, destroyed.mock.calls]).toEqual([[], ALL, []]);
  });

  test('of a process that was replaced reaches nobody', () => {
    const {workers, all, destroyed} = hearing();
    const [old, young] = [worker(1, 1), worker(1, 2)];
    workers.started(old.host);
    workers.started(young.host);
    all(1, 1);
    expect([old.asked, young.asked, destroyed.mock.calls.length]).toEqual([[], [], 1]);
  });
});

test('a worker that was started ahead serves a slot, and is not heard at this server', () => {
  const workers = new RunWorkers();
  const {host, asked} = worker(1, 1);
  workers.serves(host);
  workers.hearing(unguarded).onWatchdogGone(hello(1, 1));
  expect([workers.in(1) === host, workers.in(2), asked]).toEqual([true, null, []]);
});

test('workers that have ended have no status and take no memory', () => {
  const workers = new RunWorkers();
  workers.serves(worker(1, 1, {rssBytes: 5}).host);
  workers.serves(worker(2, 1, {rssBytes: 7, ended: true}).host);
  workers.serves(worker(3, 1).host);
  expect([[...workers.statuses.keys()], workers.bytes]).toEqual([
    [1, 3],
    [5, null],
  ]);
});

test('the last workers of all slots are signalled, even those that are ending', () => {
  const workers = new RunWorkers();
  const [replaced, one, two] = [worker(1, 1), worker(1, 2), worker(2, 1, {ended: true})];
  for (const {host} of [replaced, one, two]) workers.serves(host);
  workers.terminate('SIGTERM');
  workers.kill();
  expect([replaced.asked, one.asked, two.asked]).toEqual([[], ['SIGTERM', 'kill'], ['SIGTERM', 'kill']]);
});

test('workers are gone when those that were replaced are, too', async () => {
  const workers = new RunWorkers();
  let end!: () => void;
  const gone = new Promise<void>(resolve => (end = resolve));
  workers.serves(worker(1, 1, {gone}).host);
  workers.serves(worker(1, 2).host);
  let all = false;
  const waited = workers.gone().then(() => (all = true));
  await new Promise(resolve => setImmediate(resolve));
  expect(all).toBe(false);
  end();
  await waited;
});

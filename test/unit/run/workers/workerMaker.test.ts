import type {WorkerSetup} from '../../../../src/core/wire/workerMessages';
import {RunWorkers} from '../../../../src/run/workers/runWorkers';
import type {FurtherSetup, WorkerHost, WorkerHostOptions, WorkerListener} from '../../../../src/run/workers/workerHost';
import {WorkerMaker, type WorkerMakerOptions} from '../../../../src/run/workers/workerMaker';
import type {SharedOutput} from '../../../../src/run/workers/workerOutput';

const COMPILE_CACHE = {runtime: '/runtime', core: '/core', folder: null, fillsNodesOwn: true};
const LISTENER = {} as WorkerListener;

/** What makes the workers of a run of two nodes, and the setups that new processes were given. */
function maker(options: Partial<WorkerMakerOptions> = {}) {
  const setups: WorkerSetup[] = [];
  const starts: [slot: number, node: number][] = [];
  class Worker {
    readonly getStdout = () => null;
    readonly getStderr = () => null;
    readonly serve = (setup: WorkerSetup) => {
      setups.push(setup);
      return new Promise<void>(() => undefined);
    };
  }
  const output = {} as SharedOutput;
  const workers = new RunWorkers();
  const made = new WorkerMaker({
    workers,
    server: {
      filesFor: (slot, generation) => ({
        socketPath: '/s',
        exitRecordPath: `/nowhere/${slot}.${generation}.exit`,
        journalPath: `/nowhere/${slot}.${generation}.journal`,
        departurePath: `/nowhere/${slot}.${generation}.departure`,
      }),
    },
    ahead: null,
    startOf: (slot, node) => {
      starts.push([slot, node]);
      return {
        workerPath: '/main.js',
        execPath: `/node${node}`,
        execArgv: null,
        environment: {JEST_WORKER_ID: String(slot)},
        gracefulExitTimeout: undefined,
      };
    },
    shared: {runId: 'r1', hardTimeoutMs: 0, compileCache: COMPILE_CACHE} as FurtherSetup,
    nodeCount: 2,
    jestWorker: () => ({Worker}) as unknown as WorkerHostOptions['jestWorker'],
    threads: true,
    stdout: output,
    stderr: output,
    ...options,
  });
  return {maker: made, workers, setups, starts};
}

test('a new worker is told who it is, and serves its slot', () => {
  const {maker: one, workers, setups, starts} = maker();
  const host = one.make(3, 2, 1, LISTENER);
  expect(setups).toMatchObject([{runId: 'r1', slot: 3, generation: 2, exitRecordPath: '/nowhere/3.2.exit'}]);
  expect(workers.in(3)).toBe(host);
  expect(starts).toEqual([[3, 1]]);
});

test("the first worker of each node fills Node's own cache, and no other does", () => {
  const {maker: one, setups} = maker();
  for (const slot of [1, 2, 3]) one.make(slot, 1, (slot - 1) % 2, LISTENER);
  expect(setups.map(({compileCache}) => compileCache?.fillsNodesOwn)).toEqual([true, true, false]);
});

test('a worker that was started ahead is taken in the place of a new one', () => {
  const early = {slot: 1, gone: Promise.resolve()} as unknown as WorkerHost;
  const asked: unknown[] = [];
  const {
    maker: one,
    workers,
    setups,
  } = maker({
    ahead: {
      loaded: () => undefined,
      take: (slot, {execPath}) => {
        asked.push([slot, execPath]);
        return slot === 1 ? early : null;
      },
    },
  });
  expect(one.make(1, 1, 0, LISTENER)).toBe(early);
  expect(workers.in(1)).toBe(early);
  one.make(2, 1, 1, LISTENER);
  expect(asked).toEqual([
    [1, '/node0'],
    [2, '/node1'],
  ]);
  expect(setups.map(({slot}) => slot)).toEqual([2]);
});

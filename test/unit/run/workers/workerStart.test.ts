import {workerStart, type WorkerStartOptions} from '../../../../src/run/workers/workerStart';

const OPTIONS: WorkerStartOptions = {
  runId: 'r1',
  workerCount: 3,
  colours: false,
  gracefulExitTimeout: undefined,
  threads: false,
  environment: {PATH: '/bin', XDIST_NODE: 'around'},
};

const NODE = {name: 'old', version: 'v20.1.0', execPath: '/old/node', execArgv: ['--flag'], env: {A: '1', PATH: null}};

test("a worker is started as Jest's own process, with Jest's environment, and what its run and slot add to it", () => {
  const {environment, ...start} = workerStart(2, undefined, OPTIONS);
  expect(start).toMatchObject({execPath: process.execPath, execArgv: process.execArgv, gracefulExitTimeout: undefined});
  expect(environment).toEqual({
    PATH: '/bin',
    JEST_WORKER_ID: '2',
    XDIST_WORKER: 'w2',
    XDIST_WORKER_COUNT: '3',
    XDIST_RUN_ID: 'r1',
  });
});

test('colours are forced where Jest prints some', () => {
  expect(workerStart(1, undefined, {...OPTIONS, colours: true}).environment.FORCE_COLOR).toBe('1');
});

test("a worker on a node is started as that says, and knows the node's name", () => {
  const {execPath, execArgv, environment} = workerStart(2, NODE, OPTIONS);
  expect([execPath, execArgv]).toEqual(['/old/node', ['--flag']]);
  expect(environment).toMatchObject({A: '1', XDIST_NODE: 'old', JEST_WORKER_ID: '2'});
  expect(environment).not.toHaveProperty('PATH');
});

test('a worker starts with a larger young generation, unless the user has decided on its size', () => {
  const flagsWith = (more: Partial<WorkerStartOptions>, node?: typeof NODE) =>
    workerStart(1, node, {...OPTIONS, ...more}).hiddenFlags;
  expect(flagsWith({})).toEqual(['--min-semi-space-size=16']);
  expect(flagsWith({environment: {NODE_OPTIONS: '--max-semi-space-size=4'}})).toEqual([]);
  expect(flagsWith({}, {...NODE, execPath: process.execPath, execArgv: ['--min_semi_space_size=1']})).toEqual([]);
});

test("no flag is added for a thread, or for a node's own program", () => {
  expect(workerStart(1, undefined, {...OPTIONS, threads: true}).hiddenFlags).toEqual([]);
  expect(workerStart(1, NODE, OPTIONS).hiddenFlags).toEqual([]);
});

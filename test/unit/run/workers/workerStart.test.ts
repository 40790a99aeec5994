import {workerStart, type WorkerStartOptions} from '../../../../src/run/workers/workerStart';

const OPTIONS: WorkerStartOptions = {
  runId: 'r1',
  workerCount: 3,
  colours: false,
  gracefulExitTimeout: undefined,
  environment: {PATH: '/bin', XDIST_NODE: 'around'},
};

const NODE = {name: 'old', version: 'v20.1.0', execPath: '/old/node', execArgv: ['--flag'], env: {A: '1', PATH: null}};

test("a worker is started as Jest's own process, with Jest's environment, and what its run and slot add to it", () => {
  const {environment, ...start} = workerStart(2, undefined, OPTIONS);
  expect(start).toMatchObject({execPath: process.execPath, execArgv: null, gracefulExitTimeout: undefined});
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

import {fixedAtStart} from '../../../../../src/run/workers/ahead/processStart';
import type {WorkerStart} from '../../../../../src/run/workers/workerStart';

const START: WorkerStart = {
  workerPath: '/main.js',
  execPath: '/node',
  execArgv: null,
  environment: {PATH: '/bin', TZ: 'UTC'},
  gracefulExitTimeout: undefined,
};

afterEach(() => jest.restoreAllMocks());

const withVariables = (variables: WorkerStart['environment']): WorkerStart => ({
  ...START,
  environment: {...START.environment, ...variables},
});

/** Whether a process that was started in one way can be one that was started in the other. */
const same = (one: WorkerStart, other: WorkerStart) => fixedAtStart(one) === fixedAtStart(other);

test.each<[string, WorkerStart]>([
  ['Node', {...START, execPath: '/another/node'}],
  ['flags of Node', {...START, execArgv: ['--expose-gc']}],
  ['module of ours', {...START, workerPath: '/another/main.js'}],
  ['grace', {...START, gracefulExitTimeout: 1000}],
  ['of the nodes', withVariables({XDIST_NODE: 'old'})],
])('a process has another %s', (_what, other) => {
  expect(same(START, other)).toBe(false);
  expect(same(other, {...other})).toBe(true);
});

test.each(
  [
    ['NODE_PATH', 'NODE_OPTIONS', 'UV_THREADPOOL_SIZE', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'MALLOC_ARENA_MAX'],
    ['SSL_CERT_FILE', 'OPENSSL_CONF', 'ICU_TIMEZONE_FILES_DIR', 'TZ', 'LANG', 'LANGUAGE', 'LC_ALL', 'HOME', 'TMPDIR'],
    ['CI', 'TERM', 'COLORTERM', 'FORCE_COLOR', 'NO_COLOR', 'no_color', 'JEST_COLORS'],
  ].flat(),
)('a process reads %s when it starts', name => {
  const [one, other] = [withVariables({[name]: 'one'}), withVariables({[name]: 'other'})];
  const {[name]: _none, ...without} = START.environment;
  const none = {...START, environment: without};
  expect([same(one, other), same(none, one)]).toEqual([false, false]);
  expect([same(one, {...one}), same(none, {...none})]).toEqual([true, true]);
});

test.each<[string, WorkerStart['environment']]>([
  ["the user's own", {RUN: '2'}],
  ['of the run', {XDIST_RUN_ID: 'r2', XDIST_WORKER_COUNT: '4'}],
  ['of Jest', {JEST_WORKER_ID: '1'}],
  ['that only look as if', {MY_TZ: 'UTC', TZ_: 'UTC', CITY: 'Ulm', MY_NODE_OPTIONS: '--expose-gc'}],
])('other variables it can be given later: %s', (_whose, variables) => {
  expect(same(START, withVariables(variables))).toBe(true);
});

test('the order of variables is no difference', () => {
  const [environment, turned] = [
    {TZ: 'UTC', LANG: 'C'},
    {LANG: 'C', TZ: 'UTC'},
  ];
  expect(same({...START, environment}, {...START, environment: turned})).toBe(true);
});

test('without flags of its own it has those of this process', () => {
  jest.replaceProperty(process, 'execArgv', ['--expose-gc']);
  expect(same(START, {...START, execArgv: ['--expose-gc']})).toBe(true);
  expect(same(START, {...START, execArgv: []})).toBe(false);
});

test('a process stays in the directory in which it was started', () => {
  const before = fixedAtStart(START);
  jest.spyOn(process, 'cwd').mockReturnValue('/elsewhere');
  expect(fixedAtStart(START)).not.toBe(before);
});

import type {Config} from '@jest/types';
import type {RunOptions} from '../../../../../src/run/runOptions';
import {mayStartAhead} from '../../../../../src/run/workers/ahead/mayStartAhead';
import {jestTest} from '../../jestTests';

const environmentAround = {...process.env};

afterEach(() => {
  jest.restoreAllMocks();
  process.env = {...environmentAround};
});

describe('whether workers are started ahead', () => {
  interface Run {
    readonly watch?: boolean;
    readonly restartWorkers?: string;
    readonly globalConfig?: Partial<Config.GlobalConfig>;
    readonly detectLeaks?: boolean;
  }

  function mayStart({watch = true, restartWorkers = 'never', globalConfig, detectLeaks}: Run = {}) {
    const [plain, test] = [jestTest('/a.test.js'), jestTest('/b.test.js', 'd')];
    Object.assign(test.context.config, {detectLeaks: detectLeaks ?? false});
    const options = {
      watcher: {isWatchMode: () => watch},
      globalConfig: {workerThreads: false, logHeapUsage: false, collectCoverage: false, ...globalConfig},
      options: {restartWorkers},
      tests: [plain, test],
    } as unknown as RunOptions;
    return mayStartAhead(options);
  }

  beforeEach(() => {
    for (const name of ['NODE_V8_COVERAGE', 'NODE_OPTIONS']) delete process.env[name];
    jest.replaceProperty(process, 'execArgv', []);
  });

  test('they are in watch mode', () => {
    expect(mayStart()).toBe(true);
  });

  test.each<[string, Run]>([
    ['the run is the only one', {watch: false}],
    ['new ones are asked for with each file', {restartWorkers: 'file'}],
    ['leaks are looked for', {detectLeaks: true}],
    ['they are threads', {globalConfig: {workerThreads: true}}],
    ["the heap's use is told", {globalConfig: {logHeapUsage: true}}],
    ['V8 collects coverage', {globalConfig: {collectCoverage: true, coverageProvider: 'v8'}}],
  ])('not where %s', (_where, run) => {
    expect(mayStart(run)).toBe(false);
  });

  test.each<[string, Run]>([
    ['Babel collects coverage', {globalConfig: {collectCoverage: true, coverageProvider: 'babel'}}],
    ['V8 would collect coverage', {globalConfig: {collectCoverage: false, coverageProvider: 'v8'}}],
  ])('they are where %s', (_where, run) => {
    expect(mayStart(run)).toBe(true);
  });

  test.each([
    ['NODE_V8_COVERAGE', '/folder'],
    ['NODE_OPTIONS', '--no-warnings --cpu-prof'],
  ])('not where the environment has %s=%s', (name, value) => {
    process.env[name] = value;
    expect(mayStart()).toBe(false);
  });

  test.each(
    [
      ['--inspect-brk', '--cpu-prof', '--heap-prof', '--heapsnapshot-signal=SIGUSR2', '--prof', '--perf-basic-prof'],
      [
        '--trace-gc',
        '--report-on-signal',
        '--diagnostic-dir=/folder',
        '--test-coverage-lines=80',
        '--experimental-test-coverage',
      ],
    ].flat(),
  )('not where Node was started with %s', flag => {
    process.execArgv = ['--no-warnings', flag];
    expect(mayStart()).toBe(false);
  });

  test('other flags of Node say nothing of the process from its start to its end', () => {
    process.execArgv = ['--experimental-vm-modules', '--max-old-space-size=4096'];
    expect(mayStart()).toBe(true);
  });
});

/** A run inside the Jest process: the stock runner's own, with our names in the environment and our memory. */
import {relative} from 'node:path';
import type {Test, TestResult} from '@jest/test-result';
import type {FileError} from '../core/deaths';
import {InBandWatch} from '../worker/inBandWatch';
import type {PhaseLimits} from '../worker/phases';
import type {Reports} from './reports';
import type {RunningJest} from './runningJest';
import {tellStatusOnSignal} from './status';

type StockRunner = InstanceType<ReturnType<RunningJest['stockRunner']>>;
type StockArguments = ConstructorParameters<ReturnType<RunningJest['stockRunner']>>;

export interface InBandOptions {
  readonly jest: RunningJest;
  readonly stockArguments: StockArguments;
  readonly tests: readonly Test[];
  readonly watcher: Parameters<StockRunner['runTests']>[1];
  readonly reports: Reports;
  readonly runId: string;
  /** What may take how long; null: nobody watches. */
  readonly limits: PhaseLimits | null;
  readonly hardTimeoutOf: (test: Test) => number | null;
  /** Called as a file begins; what it returns, when the file has ended or the process is about to. */
  readonly onStart: (test: Test) => () => void;
  readonly onEnd: (test: Test, ms: number, result: TestResult | null) => void;
}

export async function runInBand(options: InBandOptions): Promise<void> {
  const {jest, reports, tests, watcher} = options;
  const Runner = jest.stockRunner();
  const runner = new Runner(...options.stockArguments);
  let file = {startedAt: 0, end: () => {}};
  const watch = options.limits === null ? null : new InBandWatch(options.limits);

  runner.on('test-file-start', ([test]) => {
    const {cwd, testRunner} = test.context.config;
    watch?.fileBegins(relative(cwd, test.path), testRunner, options.hardTimeoutOf(test));
    file = {startedAt: performance.now(), end: options.onStart(test)};
    return reports.fileStarted(test);
  });
  const end = (test: Test, result: TestResult | null) => {
    watch?.fileEnds();
    file.end();
    options.onEnd(test, performance.now() - file.startedAt, result);
  };
  runner.on('test-file-success', ([test, result]) => {
    end(test, result);
    return reports.fileSucceeded(test, result);
  });
  runner.on('test-file-failure', ([test, error]) => {
    // The stock runner reports this too for a file that an interruption kept from beginning.
    if (!watcher.isInterrupted()) end(test, null);
    return reports.fileFailed(test, error as FileError);
  });
  runner.on('test-case-start', data => reports.jestEvent('test-case-start', data));
  runner.on('test-case-result', data => reports.jestEvent('test-case-result', data));

  const stopTelling = tellStatusOnSignal(
    () => new Map(watch === null ? [] : [[1, {pid: process.pid, ...watch.status}]]),
    text => process.stderr.write(text),
  );
  const restore = setEnvironment({XDIST_WORKER: 'w1', XDIST_WORKER_COUNT: '1', XDIST_RUN_ID: options.runId});
  try {
    await runner.runTests([...tests], watcher, {serial: true});
  } finally {
    watch?.stop();
    stopTelling();
    restore();
  }
}

function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** A run in band: Jest's own runner executes the files. We set our environment variables and record durations. */
import {relative} from 'node:path';
import type {Test, TestResult} from '@jest/test-result';
import {NO_FLEET} from '../core/rules/fleetVariables';
import type {FileError} from '../core/texts/deaths';
import {CompileCache} from '../worker/compile/compileCache';
import type {CutTests, FileCut} from '../core/wire/fileCut';
import type {FileProfile} from '../core/wire/fileProfile';
import type {CompileCacheOrder, FileFixtures, FixtureFailure, UnitOutcome} from '../core/wire/workerMessages';
import type * as CutFileModule from '../worker/circus/cutFile';
import {expectFollowed} from '../worker/circus/failingFile';
import {withFixtures} from '../worker/circus/fixtureDelivery';
import {InBandWatch} from '../worker/guard/inBandWatch';
import {FileProfiler} from '../worker/profile/fileProfiler';
import {knowsRuntime, missingCapabilities} from '../worker/jestProbes';
import type {PhaseLimits} from '../worker/guard/phases';
import {expectFile, type CircusFile} from '../worker/circus/testFramework';
import type {Faults} from './faults';
import type {FixturesInBand} from './fixtures/fixturesInBand';
import type {Reports} from './files/reports';
import {isTestsExit} from './inBandExit';
import type {RunningJest} from './jest/runningJest';
import type {CutFiles} from './shard/cutFiles';
import {showWorkers} from './liveRun';
import {warn} from './warn';
import {tellStatusOnSignal} from './workers/status';

type StockRunner = InstanceType<ReturnType<RunningJest['stockRunner']>>;
type StockArguments = ConstructorParameters<ReturnType<RunningJest['stockRunner']>>;

export interface InBandOptions {
  readonly jest: RunningJest;
  readonly stockArguments: StockArguments;
  readonly tests: readonly Test[];
  readonly watcher: Parameters<StockRunner['runTests']>[1];
  readonly reports: Reports;
  readonly runId: string;
  /** The time limits of phases; null: no watchdog runs. */
  readonly limits: PhaseLimits | null;
  /** What the user can do if a test ends Jest's process. */
  readonly remedy: string;
  readonly hardTimeoutOf: (test: Test) => number | null;
  readonly faults: Pick<Faults, 'first' | 'guard'>;
  readonly cuts: Pick<CutFiles, 'cutOf' | 'found'>;
  readonly compileCache: CompileCacheOrder | null;
  /** null: no file declares a fixture. */
  readonly fixtures: FixturesInBand | null;
  /** Called when a file begins. The returned function is called when the file or the process ends. */
  readonly onStart: (test: Test) => () => void;
  /** @param profile where the file's time went; null: unknown */
  readonly onEnd: (test: Test, ms: number, result: TestResult | null, profile: FileProfile | null) => void;
}

export async function runInBand(options: InBandOptions): Promise<void> {
  const {jest, reports, tests, watcher, faults} = options;
  const compileCache = CompileCache.start(options.compileCache, knowsRuntime);
  const Runner = jest.stockRunner();
  const runner = new Runner(...options.stockArguments);
  let file: {readonly test: Test; readonly startedAt: number; readonly end: () => void} | null = null;
  const {limits, remedy} = options;
  const profiler = limits === null ? null : new FileProfiler(jest.modules.runtime);
  const watch =
    limits === null || profiler === null ? null : new InBandWatch(limits, remedy, jest.modules.core, profiler);
  const {handed, sharing} = handOn(tests, options.fixtures);
  const jestsOwn = (test: Test) => sharing.get(test)?.test ?? test;

  let followed: CircusFile | null = null;
  // Guarded, because the stock runner would treat an error here as an error of this file or of the next one.
  const prepare = faults.guard('a file began in band', (test: Test) => {
    followed = null;
    compileCache?.fileBegins(test.path);
    followed = watch?.fileBegins(relative(test.context.config.cwd, test.path), options.hardTimeoutOf(test)) ?? null;
    file = {test, startedAt: performance.now(), end: options.onStart(test)};
    // Without a watchdog, nobody follows the tests.
    profiler?.fileBegins(test.path, test.context.config);
  });
  /** @throws the failure of the file, if we must follow it and cannot follow this framework */
  const begin = (test: Test, failure: FixtureFailure | null) => {
    prepare(test);
    const cut = options.cuts.cutOf(test);
    const follower = cut === null ? followed : followCut(cut, followed, found => options.cuts.found(test, found));
    if (follower !== null || failure !== null) expectFollowed(test.context.config.testRunner, follower, failure);
  };
  const end = faults.guard('a file ended in band', (test: Test, result: TestResult | null) => {
    if (file === null) return; // the file never began, because of its fixtures
    const profile = profiler?.fileEnds(result !== null) ?? null;
    watch?.fileEnds();
    expectFile(null);
    file.end();
    options.onEnd(test, performance.now() - file.startedAt, result, profile);
    file = null;
  });
  /** @throws if a fault has ended the run */
  const refuseAfterFault = () => {
    if (faults.first !== null) throw Object.assign(new Error(faults.first.message), {stack: faults.first.stack});
  };
  const report = (test: Test, outcome: UnitOutcome) =>
    outcome.type === 'result' ? reports.fileSucceeded(test, outcome.result) : reports.fileFailed(test, outcome.error);
  runner.on('test-file-start', ([test]) => {
    const shared = sharing.get(test);
    if (shared === undefined) {
      let refusal: {readonly error: unknown} | null = null;
      try {
        if (faults.first === null) begin(test, null);
      } catch (error) {
        refusal = {error};
      }
      return reports.fileStarted(test).then(() => {
        refuseAfterFault();
        if (refusal !== null) throw refusal.error;
      });
    }
    // The stock runner awaits this before it reads the test's config.
    return reports
      .fileStarted(shared.test)
      .then(shared.setUp)
      .then(fixtures => {
        if (watcher.isInterrupted()) throw new Error('The run was interrupted before this file began.');
        test.context = {...test.context, config: withFixtures(test.context.config, test.path, fixtures)};
        refuseAfterFault();
        begin(shared.test, fixtures.failure);
        refuseAfterFault();
      });
  });
  runner.on('test-file-success', ([test, result]) => {
    const own = jestsOwn(test);
    end(own, result);
    if (own === test || options.fixtures === null) return reports.fileSucceeded(own, result);
    return options.fixtures.ended(own, {type: 'result', result}).then(outcome => report(own, outcome));
  });
  runner.on('test-file-failure', ([test, error]) => {
    // The stock runner also reports a failure for a file that did not begin because of an interruption.
    const own = jestsOwn(test);
    if (!watcher.isInterrupted()) end(own, null);
    if (own === test || options.fixtures === null) return reports.fileFailed(own, error as FileError);
    return options.fixtures
      .ended(own, {type: 'error', error: error as FileError})
      .then(outcome => report(own, outcome));
  });
  const tellOfTest = (name: 'test-case-start' | 'test-case-result') =>
    runner.on(name, data => reports.jestEvent(file?.test ?? null, name, data));
  tellOfTest('test-case-start');
  tellOfTest('test-case-result');

  const tellOfExit = () => {
    if (file === null || watch?.endsProcess === true) return;
    if (isTestsExit(String(new Error().stack), jest.modules.testWorker)) warn(options.remedy);
  };
  // In watch mode, Jest's own keys end the process, too.
  if (!watcher.isWatchMode()) process.on('exit', tellOfExit);
  const statuses = () => new Map(watch === null ? [] : [[1, {pid: process.pid, ...watch.status}]]);
  showWorkers({statuses, whyIdle: () => null});
  const stopTelling = tellStatusOnSignal(statuses, text => process.stderr.write(text));
  const restore = setEnvironment({
    XDIST_WORKER: 'w1',
    XDIST_WORKER_COUNT: '1',
    XDIST_RUN_ID: options.runId,
    XDIST_NODE: undefined, // if a test has started this Jest, that test's Jest may have nodes
    XDIST_RECORDING: undefined, // a Jest that a test starts would write to the same recording
    ...NO_FLEET,
  });
  try {
    await runner.runTests(handed, watcher, {serial: true});
  } finally {
    faults.guard('the run in band ended', () => {
      process.off('exit', tellOfExit);
      watch?.stop();
      jest.capabilities.lacks(missingCapabilities());
      stopTelling();
      restore();
      compileCache?.save();
    })();
  }
}

/** Loaded only for a shard that has a part of a file. */
function followCut(cut: FileCut, file: CircusFile | null, onCut: (tests: CutTests) => void): CircusFile {
  const {CutFile} = require('../worker/circus/cutFile') as typeof CutFileModule;
  return new CutFile({cut, file, onCut});
}

/** The copy of a Test that the stock runner gets if the file declares fixtures. */
interface SharingTest {
  /** Jest's original. */
  readonly test: Test;
  readonly setUp: () => Promise<FileFixtures>;
}

/** Copies the tests of files that declare fixtures, because such a copy gets its own config. Keeps the other tests. */
function handOn(tests: readonly Test[], fixtures: FixturesInBand | null) {
  const sharing = new Map<Test, SharingTest>();
  const handed = tests.map(test => {
    const setUp = fixtures?.setUpFor(test) ?? null;
    if (setUp === null) return test;
    const copy = {...test};
    sharing.set(copy, {test, setUp});
    return copy;
  });
  return {handed, sharing};
}

/** @returns a function that restores the previous values */
function setEnvironment(variables: Readonly<Record<string, string | undefined>>): () => void {
  const set = (values: typeof variables) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  const before = Object.fromEntries(Object.keys(variables).map(name => [name, process.env[name]]));
  set(variables);
  return () => set(before);
}

/** One run, from Jest's call of `runTests` to its return. Connects the parts; each part has its own file. */
import {randomUUID} from 'node:crypto';
import type {RunFixtures} from '../core/plan/runFixtures';
import {withoutFleet} from '../core/rules/fleetVariables';
import {mayHaveSeveral} from '../core/rules/workerCount';
import type {FileError} from '../core/texts/deaths';
import {describeInBandEnd, type WhyInBand} from '../core/texts/inBandEnd';
import {describeMissing} from '../core/texts/missingCapabilities';
import {Arriving} from './arriving';
import {cacheDirectoryOf} from './cache/cacheDirectory';
import {compileCacheOf} from './cache/compileCaching';
import {failRun} from './exitCode';
import {Faults} from './faults';
import {canMerge} from './files/mergeTools';
import {reporterErrors} from './files/reporterErrors';
import {Reports} from './files/reports';
import type {FixturesInBand} from './fixtures/fixturesInBand';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import {CostsOfThisRun} from './past/costsOfThisRun';
import {PastRuns} from './past/pastRuns';
import {adviseAtEnd} from './endAdvice';
import {startRecorder, type Recorder} from './recording/recorder';
import {recordingFolder} from './recording/recordingPlace';
import {TimingsFile} from './past/timings';
import type {RunOptions} from './runOptions';
import {readRunRules, type RunRules} from './runRules';
import {currentShard} from './shard/currentShard';
import {CutFiles} from './shard/cutFiles';
import {findCuts} from './shard/fileCuts';
import {findSplittable, type Splittable} from './splittable';
import {userAsksForInBand} from './userAsksForInBand';
import {warn} from './warn';
import type {RunNode} from './workers/nodes';

/**
 * @param given records a larger run of which this one is a part: whoever gives it records what Jest is told, and the end.
 *   null: this run is recorded
 */
export async function run(runOptions: RunOptions, given: Recorder | null = null): Promise<void> {
  const {jest, globalConfig, options, watcher, arrivals = null} = runOptions;
  if (runOptions.tests.length === 0 || watcher.isInterrupted()) return;
  const inBand = arrivals === null && mustRunInBand(runOptions);
  const nodes = inBand ? [] : await startableNodes(runOptions);
  if (inBand && options.nodes.length > 0) {
    warn(
      `this run is in band, on the Node of Jest's own process (${process.version}), and ignores "nodes", which needs ` +
        'workers. To use them, run without -i and --detectOpenHandles.',
    );
  }

  const runId = given?.runId ?? newRunId();
  const timings = new TimingsFile({
    path: options.timings,
    rootDir: globalConfig.rootDir,
    cacheDirectory: cacheDirectoryOf(runOptions.tests),
    runId,
    readOnly: currentShard() !== null,
    inPlace: arrivals?.timings ?? null,
    warn,
  });
  timings.load();
  const costs = new CostsOfThisRun(!watcher.isWatchMode());
  const saveTimings = () => {
    timings.recordCosts(costs);
    timings.save();
  };

  const recorder = given ?? startRecorder(runOptions, runId);
  /** null: what this run tells is not what Jest is told. */
  const toldTo = given === null ? recorder : null;
  let tellReporterError = reporterErrors(globalConfig.rootDir, watcher);
  const faults = new Faults({
    jestVersion: jest.version,
    recording: () => recorder.path,
    warn,
    onFirst: () => failRun(watcher),
  });
  const arriving = arrivals === null ? null : new Arriving(arrivals, faults);
  let leave: () => void | Promise<void> = saveTimings;
  let conclude = async () => {};
  const reports = new Reports({
    emitter: arriving ?? runOptions.emitter,
    bail: globalConfig.bail,
    beforeBail: async () => {
      try {
        await leave();
      } catch (error) {
        faults.report('the run was ended, as Jest bails', error);
      }
    },
    onFailure: (error, test) => tellReporterError(error, test),
    ownPart: (test, result) => cutFiles.ended(test, result),
    onTold: (name, payload, test) => {
      if (name === 'test-file-start') costs.fileBegins();
      toldTo?.told(name, payload, test);
    },
    ...(arriving !== null && {onEnded: test => arriving.ended(test)}),
  });

  const allRules = readRunRules(runOptions.tests, {jest, globalConfig, options, reports: arriving ?? reports});
  const {rulesOf} = allRules;
  const {cuts, leftOut} =
    arriving?.cuts ??
    findCuts(allRules.tests, {
      shard: currentShard(),
      globalConfig,
      dist: options.dist,
      rulesOf,
      canMerge: () => canMerge(jest, globalConfig),
      warn,
    });
  const tests = allRules.tests.filter(test => !leftOut.has(test));
  const rules: RunRules = {...allRules, tests};
  for (const test of leftOut) {
    reports.fileLeftOut(test);
    toldTo?.leftOut(test);
  }
  const cutFiles = new CutFiles(cuts, {
    cut: (...listed) => {
      toldTo?.cut(...listed);
      arriving?.cut(...listed);
    },
    leftOut: test => toldTo?.leftOut(test),
  });
  const past = new PastRuns(timings, globalConfig, test => cutFiles.cutOf(test));
  const splittable = findSplittable(tests, {
    globalConfig,
    dist: options.dist,
    severalWorkers: mayHaveSeveral(options, globalConfig.maxWorkers),
    canMerge: () => canMerge(jest, globalConfig),
    rulesOf,
  });
  const sharedFixtures = startSharedFixtures(runOptions, rules, runId, {faults, costs});
  let toldMissing = false;
  const tellMissing = () => {
    const text = toldMissing ? null : describeMissing(jest.version, jest.capabilities.missing);
    toldMissing = true;
    if (text !== null) warn(text);
  };
  let ranOverWorkers = false;
  // All files have results by then, so a failed teardown fails the whole run.
  const endFixtures = async () => {
    if (await endSharedFixtures(sharedFixtures)) return;
    failRun(watcher);
    recorder.failsOutside();
  };
  leave = async () => {
    await endFixtures();
    saveTimings();
    tellMissing(); // Jest exits after this, so there is no later chance
  };
  try {
    const asJest = inBand || mayRunInBand(runOptions, rules, past, splittable) || !jest.capabilities.has('workers');
    if (arriving === null && asJest) {
      // In band, Jest processes one file at a time. The stock runner makes a reporter's error a failure of the file.
      await reports.drained();
      tellReporterError = () => undefined;
      const why = whyInBand(runOptions);
      recorder.begin(why);
      costs.workers = 1;
      // Loaded only if needed, like parallelRun below: the other one would delay the first test.
      const {runInBand} = require('./inBand') as typeof import('./inBand');
      await runInBand({
        jest,
        stockArguments: [globalConfig, runOptions.context],
        tests,
        watcher,
        reports,
        runId,
        // --detectOpenHandles would report our watchdog thread as one of the tests' handles.
        limits: globalConfig.detectOpenHandles ? null : {slowMs: options.slowTimeout, hardMs: options.hardTimeout},
        remedy: describeInBandEnd(why),
        hardTimeoutOf: test => rulesOf(test).hardTimeoutMs,
        faults,
        cuts: cutFiles,
        compileCache: compileCacheOf(tests, {jest, globalConfig, options}),
        fixtures: sharedFixtures && deliveredInBand(sharedFixtures, rules.fixtures),
        onStart: test => timings.markInBand(past.key(test)),
        onEnd: (test, ms, result, profile) => {
          past.note(test, {ms, result, profiles: profile === null ? [] : [profile]});
          recorder.share({test, unit: null, slot: null, node: null, result, profile});
        },
      });
    } else if (tests.length > 0 || arriving !== null) {
      recorder.begin(
        null,
        rules.fixtures.fixtures.map(({title}) => title),
      );
      ranOverWorkers = true;
      const {startParallelRun} = require('./parallelRun') as typeof import('./parallelRun');
      const parallel = await startParallelRun(runOptions, {
        ...rules,
        arriving,
        splittable,
        cuts: cutFiles,
        past,
        reports,
        runId,
        sharedFixtures,
        faults,
        nodes,
        recorder,
      });
      costs.workers = parallel.workers;
      const finish = leave;
      leave = async () => {
        await parallel.stop();
        await finish();
      };
      conclude = () => parallel.conclude();
      // Save the timings while the workers exit.
      void parallel.unitsEnded.then(saveTimings);
      await parallel.finished.catch((error: unknown) => faults.report('the run was ended', error));
    }
  } finally {
    await endFixtures().catch((error: unknown) => faults.report('the shared fixtures were taken down', error));
    // Files fail because of a fault only here: this code depends on no state that the fault may have corrupted.
    for (const test of faults.first === null ? [] : (arriving?.here ?? runOptions.tests)) {
      if (!reports.hasEnded(test)) reports.fileRefused(test, faults.first as FileError);
    }
    await reports.drained();
    await conclude();
    saveTimings();
    tellMissing();
    const isEarly = watcher.isInterrupted();
    recorder.endsBy(faults.first !== null ? 'fault' : isEarly ? 'ended-early' : null);
    toldTo?.end();
    // The floor of a part of a run says nothing of the run.
    if (given === null && ranOverWorkers && !isEarly && faults.first === null && !watcher.isWatchMode()) {
      adviseAtEnd({
        recording: recorder.path,
        folder: recordingFolder(cacheDirectoryOf(runOptions.tests), globalConfig.rootDir),
        ms: recorder.now(),
        warn,
      });
    }
  }
}

export function newRunId(): string {
  return randomUUID().slice(0, 8);
}

/** @returns null if no file declares a fixture; then none of the fixture code is loaded */
function startSharedFixtures(
  {jest, globalConfig, options, arrivals}: RunOptions,
  {tests, fixtures}: RunRules,
  runId: string,
  {faults, costs}: {readonly faults: Faults; readonly costs: CostsOfThisRun},
): SharedFixtures | null {
  if (fixtures.fixtures.length === 0) return null;
  const {SharedFixtures} = require('./fixtures/sharedFixtures') as typeof import('./fixtures/sharedFixtures');
  return SharedFixtures.start({
    jest,
    globalConfig,
    tests,
    fixtures,
    staysUp: arrivals != null,
    runId,
    timeoutMs: options.fixtureTimeout,
    onFault: (doing, error) => void faults.report(doing, error),
    onUp: (title, ms) => costs.fixtureUp(title, ms),
  });
}

function deliveredInBand(sharedFixtures: SharedFixtures, fixtures: RunFixtures): FixturesInBand {
  const {fixturesInBand} = require('./fixtures/fixturesInBand') as typeof import('./fixtures/fixturesInBand');
  return fixturesInBand(sharedFixtures, fixtures);
}

/** Tears down the remaining fixtures, and prints why teardowns failed. @returns whether all passed */
async function endSharedFixtures(sharedFixtures: SharedFixtures | null): Promise<boolean> {
  const failures = (await sharedFixtures?.close()) ?? [];
  for (const {message, stack} of failures) warn(stack.includes(message) ? stack : `${message}\n${stack}`);
  return failures.length === 0;
}

/** Jest considers a file slow from this duration (ms) on, and does not choose to run it in band. */
const SLOW_FILE_MS = 1000;

/** Whether the user asked for no workers, or for something that workers cannot do. */
function mustRunInBand({serial, globalConfig, options}: RunOptions): boolean {
  const {detectOpenHandles, maxWorkers} = globalConfig;
  if (!serial) return false;
  if (globalConfig.runInBand || detectOpenHandles) return true;
  if (maxWorkers > 1) return false;
  // A single worker is useless unless it runs another Node.
  const needed = options.nodes.length > 0 || mayHaveSeveral(options, maxWorkers);
  return !needed || userAsksForInBand(globalConfig);
}

function whyInBand({globalConfig}: RunOptions): WhyInBand {
  if (globalConfig.detectOpenHandles || userAsksForInBand(globalConfig)) return 'asked';
  return globalConfig.maxWorkers > 1 ? 'guess' : 'one-worker';
}

/** Whether the runner follows Jest's guess that the run needs no workers, because its files are few and quick. */
function mayRunInBand(
  {serial, options, globalConfig}: RunOptions,
  {tests, rulesOf}: RunRules,
  past: PastRuns,
  splittable: Splittable,
): boolean {
  if (!serial || options.nodes.length > 0) return false;
  if (options.inBand === 'never' || options.restartWorkers === 'file') return false;
  // Jest's guess looks at each file alone, but many quick files that wait take long together. With `-w 1` Jest makes no
  // guess at all.
  if (options.slots !== null && mayHaveSeveral(options, globalConfig.maxWorkers) && tests.length > 1) {
    const all = tests.reduce((sum, test) => sum + (past.of(test)?.ms ?? Infinity), 0);
    if (all >= SLOW_FILE_MS) return false;
  }
  // Jest always chooses in band for a single file, however long it takes. A file that may be split gains from workers.
  return !tests.some(test => {
    if (rulesOf(test).restartWorker) return true;
    const last = past.of(test);
    return last?.end === 'died' || (splittable.has(test) && (last?.ms ?? Infinity) >= SLOW_FILE_MS);
  });
}

/**
 * The nodes of a run over workers.
 *
 * @throws {NodesError} if one cannot be started
 */
async function startableNodes({options, globalConfig}: RunOptions): Promise<readonly RunNode[]> {
  if (options.nodes.length === 0) return [];
  const {prepareNodes} = require('./workers/nodes') as typeof import('./workers/nodes');
  const {rootDir, workerThreads} = globalConfig;
  return prepareNodes(options.nodes, {
    rootDir,
    environment: withoutFleet(process.env),
    threads: workerThreads === true,
  });
}

/** A run over workers: makes the plan, opens the line to the workers, and lets dispatch go. */
import {statSync} from 'node:fs';
import {availableParallelism, totalmem} from 'node:os';
import {join, relative} from 'node:path';
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import {constraintsOf, resourcesOf} from '../core/constraints';
import {describeDeath} from '../core/deaths';
import {describeLingering} from '../core/lingering';
import type {MergeTools} from '../core/merge';
import type {Dist} from '../core/options';
import {planUnits} from '../core/plan';
import type {WorkerSetup} from '../core/protocol';
import {plannedFixtures} from '../core/runFixtures';
import {slotsOf, type SchedulePlan} from '../core/scheduleState';
import type {Grouping, SlotNumber} from '../core/units';
import {slowLine} from '../core/watching';
import {mergeCoverage, mergeV8Coverage} from './coverage';
import {DeadSessions} from './deadSessions';
import {Dispatch, type LingeringWorker} from './dispatch';
import {openEventLog} from './eventLog';
import {OpenFiles} from './openFiles';
import type {PastRuns} from './pastRuns';
import {Recycling} from './recycling';
import type {Reports} from './reports';
import type {RunOptions} from './run';
import type {RunningJest} from './runningJest';
import type {RunRules} from './runRules';
import type {SharedFixtures} from './sharedFixtures';
import {saveSnapshots} from './snapshotFile';
import type {Splittable} from './splittable';
import {tellStatusOnSignal} from './status';
import {warn} from './warn';
import {WaysOut} from './waysOut';
import {WorkerHost} from './workerHost';
import {SharedOutput} from './workerOutput';
import {LEADS_A_GROUP} from './workerProcess';
import {WorkerServer} from './workerServer';

export interface ParallelRun {
  /** Resolves when every unit has ended; workers are still on their way out then. Never, in a run that is stopped. */
  readonly unitsEnded: Promise<void>;
  /** Resolves when no worker is left. */
  readonly finished: Promise<void>;
  /** Ends the run early; resolves when no worker is left. */
  stop(): Promise<void>;
  /** To be called when Jest has been told everything: a result that it is told later it would drop. */
  conclude(): Promise<void>;
}

export interface ParallelRunOptions extends RunRules {
  readonly splittable: Splittable;
  readonly past: PastRuns;
  readonly reports: Reports;
  readonly runId: string;
  /** null: no file declares one. */
  readonly sharedFixtures: SharedFixtures | null;
}

export async function startParallelRun(
  runOptions: RunOptions,
  parallelOptions: ParallelRunOptions,
): Promise<ParallelRun> {
  const {tests, rulesOf, past, reports, runId, sharedFixtures} = parallelOptions;
  const {jest, globalConfig, watcher} = runOptions;
  const testOfPath = new Map(tests.map(test => [`${test.context.config.id}\0${test.path}`, test]));
  const plan = makePlan(runOptions, parallelOptions);
  const unitTests = plan.units.map(({file}) => testOfPath.get(`${file.configId}\0${file.path}`) as Test);
  const testOf = (unit: number) => unitTests[unit] as Test;
  const shown = (path: string) => relative(globalConfig.rootDir, path);

  const hosts = new Map<SlotNumber, WorkerHost>();
  const leaving = new Set<Promise<unknown>>();
  const server = await WorkerServer.listen({
    onWorker: ({slot, generation, pid}, socket) => {
      const host = hosts.get(slot);
      if (host?.generation !== generation) socket.destroy();
      else host.attach(socket, pid);
    },
    onWatchdog: ({slot, generation}, message) => {
      const host = hosts.get(slot);
      if (host?.generation === generation) host.hearWatchdog(message);
    },
    onWatchdogGone: ({slot, generation}) => {
      const host = hosts.get(slot);
      if (host?.generation === generation) host.loseWatchdog();
    },
  });
  const stdout = new SharedOutput(process.stdout);
  const stderr = new SharedOutput(process.stderr);
  const log = openEventLog(process.env.XDIST_LOG);
  const workerCount = slotsOf(plan);
  const shared = sharedSetup(runOptions, tests, runId, workerCount, server.socketPath);
  const recycling = new Recycling({limitBytes: shared.heapLimitBytes, pathOf: unit => shown(testOf(unit).path), warn});
  const colours = jest.usesColours() ? {FORCE_COLOR: '1'} : {};

  const dispatch = new Dispatch({
    plan,
    runId,
    testOf,
    reports,
    openFiles: new OpenFiles({
      testOf,
      pastOf: test => past.of(test),
      mergeTools: test => mergeTools(test, jest, globalConfig),
      warn,
    }),
    log,
    now: () => performance.now(),
    fixtures: sharedFixtures,
    deadSessions: new DeadSessions({
      testOf,
      globalConfig,
      messageUtil: () => jest.messageUtil(),
      resume: runOptions.options.onCrash === 'resume',
    }),
    hardTimeoutOf: unit => rulesOf(testOf(unit)).hardTimeoutMs,
    onUnitEnd: (unit, ms, outcome, died) => {
      if (outcome !== null) past.note(testOf(unit), ms, outcome.type === 'result' ? outcome.result : null);
      if (died) past.noteDeath(testOf(unit));
    },
    onLateException: (culprit, running, death) =>
      warn(
        `an exception that ${culprit} left behind (a timer or a promise that outlived its tests) ended the worker ` +
          `while it ran ${running}, which is run again.${death.kind === 'exit' ? `\n${death.uncaught}` : ''}`,
      ),
    onSlow: (slot, name, ms) => void process.stderr.write(`${slowLine(name, ms, `w${slot}`)}\n`),
    onLostJoiner: (path, slot, death) =>
      warn(
        `worker w${slot} died while it loaded ${path}, to take some of its tests: ${describeDeath(death)}. ` +
          'The workers that have the file open run them all.',
      ),
    startWorker: (slot, generation, listener) => {
      const host = new WorkerHost({
        setup: {
          ...shared,
          slot,
          generation,
          exitRecordPath: server.exitRecordPath(slot, generation),
          journalPath: server.journalPath(slot, generation),
          leftOpenPath: server.leftOpenPath(slot, generation),
        },
        jestWorker: jest.jestWorker(),
        workerPath: join(__dirname, '..', 'worker', 'main.js'),
        threads: globalConfig.workerThreads === true,
        environment: {
          ...process.env,
          JEST_WORKER_ID: String(slot),
          XDIST_WORKER: `w${slot}`,
          XDIST_WORKER_COUNT: String(workerCount),
          XDIST_RUN_ID: runId,
          ...colours,
        },
        gracefulExitTimeout: globalConfig.workerGracefulExitTimeout,
        stdout,
        stderr,
        listener: recycling.hearing(slot, listener),
      });
      // A slot's host is replaced by the next: one of an older generation has nothing left to say.
      const before = hosts.get(slot);
      if (before !== undefined) leaving.add(before.gone);
      hosts.set(slot, host);
      return host;
    },
  });

  const unsubscribe = watcher.on('change', ({interrupted}) => {
    if (interrupted) void dispatch.stop('interrupted');
  });
  const sayWhatLingers = ({slot, lastFile}: LingeringWorker) => {
    const host = hosts.get(slot);
    const leftOpen = host?.leftOpen() ?? null;
    return describeLingering({
      slot,
      pid: host?.pid ?? null,
      leftOpen: leftOpen && leftOpen.map(open => ({...open, paths: open.paths.map(shown)})),
      lastFile: lastFile && shown(lastFile),
    });
  };
  const waysOut = new WaysOut({
    killWorkers: () => {
      for (const host of hosts.values()) host.kill();
    },
    atOnce: watcher.isWatchMode(),
    interrupt: signal => {
      warn(`${signal}: the workers are ended, and Jest's summary follows. Another signal ends Jest at once.`);
      dispatch.interrupt(signal);
      for (const host of hosts.values()) host.terminate(signal);
    },
  });
  const stopTelling = tellStatusOnSignal(
    () => new Map([...hosts].filter(([, {ended}]) => !ended).map(([slot, {status}]) => [slot, status])),
    text => process.stderr.write(text),
  );
  const running = dispatch.run();
  if (watcher.isInterrupted()) void dispatch.stop('interrupted'); // while we were getting ready
  const finished = running.then(async () => {
    await Promise.all([...leaving, ...[...hosts.values()].map(({gone}) => gone)]);
    waysOut.close();
    unsubscribe();
    stopTelling();
    recycling.end();
    if (dispatch.lingering.length > 0) warnOfForcedExit(jest, dispatch.lingering.flatMap(sayWhatLingers));
    server.close();
    stdout.close();
    stderr.close();
    log.close();
  });
  return {
    unitsEnded: dispatch.unitsEnded,
    finished,
    stop: async () => {
      void dispatch.stop('bail');
      await finished;
    },
    conclude: async () => {
      // Then the summary says so, and no other runner of this run begins.
      if (waysOut.signal !== null) await watcher.setState({interrupted: true});
    },
  };
}

/** The running Jest's own ways of merging what several workers have made of one file. */
function mergeTools(
  {context: {config}}: Test,
  jest: RunningJest,
  {updateSnapshot, expand}: Config.GlobalConfig,
): MergeTools {
  const {snapshotFormat, rootDir, slowTestThreshold, prettierPath} = config;
  return {
    mergeCoverage: all => mergeCoverage(all, jest.istanbulCoverage()),
    mergeV8Coverage: all => mergeV8Coverage(all, jest.bcoeCoverage()),
    saveSnapshots: changes =>
      saveSnapshots(changes, {updateSnapshot, expand, snapshotFormat, rootDir, prettierPath}, jest.snapshotState()),
    slowTestThresholdS: slowTestThreshold,
  };
}

const GROUPINGS: Readonly<Partial<Record<Dist, Grouping>>> = {loadscope: 'scope', loadgroup: 'named'};

function makePlan(
  {jest, globalConfig, options}: RunOptions,
  {tests, rulesOf, fixtures, splittable, past}: ParallelRunOptions,
): SchedulePlan {
  // A worker for each file has no use for a share.
  const evenShares = options.dist === 'worksteal' && options.restartWorkers !== 'file';
  const keepsOrder = globalConfig.testSequencer !== jest.defaultSequencer;
  const inputs = tests.map(test => {
    const last = past.of(test);
    return {
      file: {configId: test.context.config.id, path: test.path},
      lastMs: last?.ms ?? test.duration ?? null,
      failedLastTime: last !== null && last.end !== 'passed',
      size: () => sizeOf(test.path),
      split: splittable.get(test) ?? null,
      constraints: constraintsOf(rulesOf(test), fixtures.neededBy(test)),
      node: null,
    };
  });
  const resources = resourcesOf(
    inputs.map(({constraints}) => constraints),
    options.resources,
  );
  return {
    units: planUnits(inputs, {
      resources,
      keepOrder: keepsOrder,
      shares: evenShares ? globalConfig.maxWorkers : 1,
      inTurn: false,
    }),
    keepsOrder,
    fixtures: plannedFixtures(fixtures),
    resources,
    grouping: GROUPINGS[options.dist] ?? 'none',
    evenShares,
    slots: globalConfig.maxWorkers,
    nodes: 1,
    watermark: options.watermark,
    maxScheduleChunk: options.maxScheduleChunk,
    maxWorkerRestarts: options.maxWorkerRestarts,
    freshWorkerPerUnit: options.restartWorkers === 'file',
    startsAtOnce: availableParallelism(),
    prefetch: true,
  };
}

/** jest-worker's own, of Jest 29 the only one. */
const DEFAULT_GRACE_MS = 500;

function sharedSetup(
  {jest, globalConfig, context, options}: RunOptions,
  tests: readonly Test[],
  runId: string,
  workerCount: number,
  socketPath: string,
): Omit<WorkerSetup, 'slot' | 'generation' | 'exitRecordPath' | 'journalPath' | 'leftOpenPath'> {
  const contexts = new Map(tests.map(test => [test.context.config.id, test.context]));
  const {changedFiles, sourcesRelatedToTestsInChangedFiles} = context;
  return {
    workerCount,
    runId,
    socketPath,
    ownsGroup: LEADS_A_GROUP && globalConfig.workerThreads !== true,
    slowTimeoutMs: options.slowTimeout,
    hardTimeoutMs: options.hardTimeout,
    heapLimitBytes: heapLimit(globalConfig.workerIdleMemoryLimit, jest.version),
    graceMs: globalConfig.workerGracefulExitTimeout ?? DEFAULT_GRACE_MS,
    modules: jest.modules,
    globalConfig,
    // Sets do not survive JSON; testWorker expects lists and makes sets of them again.
    context: {
      ...context,
      changedFiles: changedFiles && [...changedFiles],
      sourcesRelatedToTestsInChangedFiles: sourcesRelatedToTestsInChangedFiles && [
        ...sourcesRelatedToTestsInChangedFiles,
      ],
    },
    serializableResolvers: [...contexts.values()].map(({config, moduleMap}) => ({
      config,
      serializableModuleMap: moduleMap.toJSON(),
    })),
  };
}

/** jest-worker's own reading of `workerIdleMemoryLimit`: up to 1 a share of the machine's memory, else bytes. */
function heapLimit(limit: unknown, jestVersion: string): number | null {
  if (typeof limit !== 'number') return null;
  // Jest 30 restarts a worker after each file at 0; for Jest 29 it is no limit.
  if (limit === 0) return jestVersion.startsWith('29.') ? null : 0;
  return Math.floor(limit <= 1 ? limit * totalmem() : limit);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** The stock runner's words, which people have searched for; and what it does not know. */
function warnOfForcedExit(jest: RunningJest, lines: readonly string[]): void {
  const known =
    'A worker process has failed to exit gracefully and has been force exited. ' +
    'This is likely caused by tests leaking due to improper teardown. ' +
    'Try running with --detectOpenHandles to find leaks. ' +
    'Active timers can also cause this, ensure that .unref() was called on them.';
  console.error(jest.yellow([known, ...lines].join('\n')));
}

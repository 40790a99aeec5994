/** A run over workers, from its plan to its end. Each part has its own file. */
import {MODES} from '../core/plan/dist';
import type {NodeId, SlotNumber, Unit} from '../core/plan/units';
import {snapshotUseOf} from '../core/results/snapshotUse';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import {slotsOf, type SchedulePlan} from '../core/schedule';
import {cacheDirectoryOf} from './cache/cacheDirectory';
import {Dispatch} from './dispatch';
import {EarlyEnd} from './earlyEnd';
import {DeadSlices} from './files/deadSlices';
import {FileParts} from './files/fileParts';
import {FileReports} from './files/fileReports';
import {mergeTools, nodeMergeTools} from './files/mergeTools';
import {NodeResults} from './files/nodeResults';
import {removeObsolete} from './files/obsoleteSnapshots';
import type {JestCapabilities} from './jest/jestCapabilities';
import {machineLoad, sampleLoad} from './machine/growingRun';
import {Notices} from './notices';
import {PlannedTests} from './plannedTests';
import {showWorkers} from './liveRun';
import type {ParallelRunOptions} from './parallelRunOptions';
import type {RunOptions} from './runOptions';
import {makePlan} from './runPlan';
import {heard, print, warn} from './warn';
import type {AheadWorkers} from './workers/ahead/aheadWorkers';
import {NodeUse} from './workers/nodeUse';
import {Recycling} from './workers/recycling';
import {RunWorkers} from './workers/runWorkers';
import {tellStatusOnSignal} from './workers/status';
import type {WorkerListener} from './workers/workerHost';
import {WorkerMaker} from './workers/workerMaker';
import {SharedOutput} from './workers/workerOutput';
import {WorkerServer} from './workers/workerServer';
import {sharedSetup} from './workers/workerSetup';
import {workerStart} from './workers/workerStart';

export interface ParallelRun {
  /** How many workers there are at most. */
  readonly workers: number;
  /** Resolves when every unit has ended; workers may still be exiting. Never resolves if the run is stopped. */
  readonly unitsEnded: Promise<void>;
  /** Resolves when no worker is left. */
  readonly finished: Promise<void>;
  /** Ends the run early; resolves when no worker is left. */
  stop(): Promise<void>;
  /** Call this when Jest has all reports: it interrupts Jest's run, and Jest drops later reports. */
  conclude(): Promise<void>;
}

export async function startParallelRun(
  runOptions: RunOptions,
  parallelOptions: ParallelRunOptions,
): Promise<ParallelRun> {
  const {tests, rulesOf, past, reports, runId, sharedFixtures, nodes, faults, recorder, cuts, arriving} =
    parallelOptions;
  const {jest, globalConfig, watcher, options} = runOptions;

  // What runs.
  const machine = options.slots === 'auto' ? machineLoad() : null;
  const runPlan = makePlan(runOptions, parallelOptions, machine);
  const {plan} = runPlan;
  const workerCount = slotsOf(plan);
  const planned = new PlannedTests(runPlan, nodes);
  recorder.planned(runPlan.tests);
  const testOf = (unit: number) => planned.of(unit);
  const nodeNameOf = (unit: number) => planned.nodeNameOf(unit);

  // Who runs it.
  const workers = new RunWorkers();
  const server = await WorkerServer.listen(workers.hearing(faults), cacheDirectoryOf(tests));
  const ahead = aheadFor(runOptions);
  const {stdout, stderr} = ahead ?? {
    stdout: new SharedOutput(process.stdout),
    stderr: new SharedOutput(process.stderr),
  };
  const shared = sharedSetup(runOptions, tests, runId, workerCount, server.token, ahead !== null);
  const startOptions = {
    runId,
    workerCount,
    colours: jest.usesColours(),
    gracefulExitTimeout: globalConfig.workerGracefulExitTimeout,
    environment: process.env,
  };
  const startOf = (slot: SlotNumber, node: NodeId) => workerStart(slot, nodes[node], startOptions);
  const maker = new WorkerMaker({
    workers,
    server,
    ahead,
    startOf,
    shared,
    nodeCount: plan.nodes,
    jestWorker: () => jest.jestWorker(),
    threads: globalConfig.workerThreads === true,
    stdout,
    stderr,
  });

  // What the user is told.
  const notices = new Notices({
    rootDir: globalConfig.rootDir,
    workers,
    warn,
    print,
    warnAsStock: text => {
      console.error(jest.yellow(text));
      heard(text);
    },
  });
  const nodeUse = new NodeUse(nodes, plan.units);
  const recycling = new Recycling({
    limitBytes: shared.heapLimitBytes,
    pathOf: unit => notices.shown(testOf(unit).path),
    warn,
  });

  // The loop.
  const dispatch = new Dispatch({
    plan,
    testOf,
    reports: new FileReports({
      reports,
      testOf,
      fixtures: sharedFixtures,
      bail: globalConfig.bail,
      onFault: (doing, error) => faults.report(doing, error),
      nodes: !MODES[options.dist].each
        ? null
        : new NodeResults({
            nodes: nodes.map(({name}) => name),
            nodeOf: unit => nodeNameOf(unit) ?? '',
            testOf,
            mergeTools: test => nodeMergeTools(test, jest, globalConfig, nodes.length),
            removeObsolete: (test, outcome) => removeObsolete(outcome, test, jest, globalConfig),
            warn,
          }),
    }),
    pastOf: unit => past.of(testOf(unit), nodeNameOf(unit)) ?? past.of(testOf(unit)),
    files: new FileParts({
      testOf,
      mergeTools: unit => mergeTools(testOf(unit), jest, globalConfig, snapshotUseOf(plan.units[unit] as Unit)),
      deadSlices: new DeadSlices({
        globalConfig,
        messageUtil: () => jest.messageUtil(),
        noRestBecause: noRestBecause(plan, options),
      }),
      warn,
    }),
    log: recorder,
    onFault: (doing, error) => void faults.report(doing, error),
    now: recorder.now,
    fixtures: sharedFixtures,
    cuts,
    arriving,
    hardTimeoutOf: unit => rulesOf(testOf(unit)).hardTimeoutMs,
    onUnitEnd: (unit, end, died) => {
      const [test, node] = [testOf(unit), nodeNameOf(unit)];
      if (end !== null) {
        const {ms, outcome, profiles} = end;
        const result = outcome.type === 'result' ? outcome.result : null;
        const record = past.note(test, {ms, result, profiles}, node);
        arriving?.noted(test, record, node);
      }
      if (!died) return;
      const record = past.noteDeath(test, node);
      arriving?.noted(test, record, node);
    },
    onShare: (unit, {slot, result, profile}) => {
      nodeUse.ran(unit, slot, result);
      arriving?.shared(testOf(unit), slot);
      const node = nodeNameOf(unit);
      if (slot !== null) recorder.share({test: testOf(unit), unit, slot, node, result, profile});
    },
    onDeath: report => recorder.death(report),
    onLeftBehind: (slot, culprit, running, death) => notices.leftBehind(slot, culprit, running, death),
    onSlow: (slot, name, ms) => notices.slow(slot, name, ms),
    onLostJoiner: (path, slot, death) => notices.lostJoiner(path, slot, death),
    startWorker: (slot, generation, node, listener) => {
      const listening = hearingWhatLacks(jest.capabilities, nodeUse.hearing(slot, node, listener));
      const up = () => {
        recorder.process(slot, generation, workers.in(slot)?.pid ?? null);
        listening.up();
      };
      const message: WorkerListener['message'] = said => {
        listening.message(said);
        if (said.type === 'unit-started') arriving?.started(testOf(said.unit));
      };
      return maker.make(slot, generation, node, recycling.hearing(slot, {...listening, up, message}));
    },
  });

  // What ends it early, and what accompanies it.
  const earlyEnd = EarlyEnd.watch({
    dispatch: arriving === null ? dispatch : untold(dispatch),
    workers,
    watcher,
    faults,
    notices,
  });
  showWorkers({statuses: () => workers.statuses, whyIdle: slot => dispatch.whyIdle(slot)});
  const endStatus = tellStatusOnSignal(
    () => workers.statuses,
    text => process.stderr.write(text),
  );
  await ahead?.begin({
    runId,
    slots: workerCount,
    startOf: slot => startOf(slot, (slot - 1) % plan.nodes),
    setupOf: slot => maker.setupOf(slot),
    jestWorker: jest.jestWorker(),
    spareFolder: cacheDirectoryOf(tests),
    record: (slot, pid, state) => recorder.ahead(slot, pid, state),
  });
  const running = dispatch.run();
  const endSampling =
    machine === null
      ? () => {}
      : sampleLoad(
          machine,
          () => workers.bytes,
          load => dispatch.sampled(load),
        );
  void dispatch.unitsEnded.then(endSampling);
  earlyEnd.begun();

  // Its end.
  const finished = running.then(async () => {
    await workers.gone();
    endSampling();
    earlyEnd.close();
    endStatus();
    recycling.end();
    notices.forcedExits(dispatch.forcedExits);
    server.close();
    if (ahead === null) {
      stdout.close();
      stderr.close();
    } else {
      ahead.runEnded();
    }
  });
  arriving?.open({...runPlan, dispatch, finished}, reports);
  const tellConclusion = () =>
    notices.concluded(() => [...(dispatch.slots === null ? [] : [dispatch.slots]), ...nodeUse.lines()]);
  return {
    workers: workerCount,
    unitsEnded: dispatch.unitsEnded,
    finished,
    stop: async () => {
      void dispatch.stop('bail');
      await finished;
      tellConclusion(); // Jest may end its process without a call of `conclude`
    },
    conclude: async () => {
      tellConclusion();
      await earlyEnd.tellJest();
    },
  };
}

/** A run whose files come from elsewhere reports no file that a signal has interrupted: the file can run elsewhere. */
function untold(dispatch: Dispatch): Pick<Dispatch, 'stop' | 'interrupt' | 'halt'> {
  return {
    stop: reason => dispatch.stop(reason),
    halt: () => dispatch.halt(),
    interrupt: () => void dispatch.stop('interrupted'),
  };
}

/** Why the rest of a file does not run after its worker died; null: it runs. */
function noRestBecause({resumes}: SchedulePlan, {onCrash}: ResolvedOptions): string | null {
  if (resumes) return null;
  return onCrash === 'fail-file'
    ? "onCrash is 'fail-file'"
    : 'this version of Jest is not known well enough to resume it';
}

/** Collects the private parts of Jest that workers report as missing. */
function hearingWhatLacks(capabilities: JestCapabilities, listener: WorkerListener): WorkerListener {
  return {
    ...listener,
    message: message => {
      if (message.type === 'unit-done') capabilities.lacks(message.jestLacks ?? []);
      listener.message(message);
    },
    lost: death => {
      capabilities.has('workerDeaths'); // the text about this death depends on it
      listener.lost(death);
    },
  };
}

/** @returns null if no worker starts ahead of a run; then none of that code is loaded */
function aheadFor(runOptions: RunOptions): AheadWorkers | null {
  if (!runOptions.watcher.isWatchMode()) return null;
  const {mayStartAhead} = require('./workers/ahead/mayStartAhead') as typeof import('./workers/ahead/mayStartAhead');
  if (!mayStartAhead(runOptions)) return null;
  const {aheadWorkers} = require('./workers/ahead/aheadWorkers') as typeof import('./workers/ahead/aheadWorkers');
  return aheadWorkers();
}

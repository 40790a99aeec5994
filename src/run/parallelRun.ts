/** A run over workers: makes the plan, opens the line to the workers, and lets dispatch go. */
import {join, relative} from 'node:path';
import type {Test} from '@jest/test-result';
import {describeDeath, describeLeftBehind} from '../core/texts/deaths';
import {MODES} from '../core/plan/dist';
import type {NodeId, SlotNumber, Unit} from '../core/plan/units';
import {snapshotUseOf} from '../core/results/snapshotUse';
import {type LoadSample, slotsOf} from '../core/schedule';
import {describeLingering} from '../core/texts/forcedExits';
import {NodeSummary} from '../core/texts/nodeSummary';
import type {Departure, Hello} from '../core/wire/workerMessages';
import {slowLine} from '../core/wire/watchdogMessages';
import {cacheDirectoryOf} from './cache/cacheDirectory';
import {DeadSessions} from './files/deadSessions';
import {Dispatch, type LingeringWorker} from './dispatch';
import {openEventLog} from './eventLog';
import type {Faults} from './faults';
import {FileReports} from './files/fileReports';
import {mergeTools, nodeMergeTools} from './files/mergeTools';
import {NodeResults} from './files/nodeResults';
import {removeObsolete} from './files/obsoleteSnapshots';
import {OpenFiles} from './files/openFiles';
import type {RunningJest} from './jest/runningJest';
import type {MachineLoad} from './machine/machineLoad';
import type {ParallelRunOptions, RunOptions} from './runOptions';
import {makePlan} from './runPlan';
import {warn} from './warn';
import type {AheadWorkers} from './workers/ahead/aheadWorkers';
import {nodeEnvironment} from './workers/nodes';
import {Recycling} from './workers/recycling';
import {tellStatusOnSignal} from './workers/status';
import {WaysOut} from './workers/waysOut';
import {WorkerHost} from './workers/workerHost';
import {SharedOutput} from './workers/workerOutput';
import {WorkerServer, type WorkerServerListener} from './workers/workerServer';
import {sharedSetup} from './workers/workerSetup';

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

export async function startParallelRun(
  runOptions: RunOptions,
  parallelOptions: ParallelRunOptions,
): Promise<ParallelRun> {
  const {tests, rulesOf, past, reports, runId, sharedFixtures, nodes, faults} = parallelOptions;
  const {jest, globalConfig, watcher, options} = runOptions;
  const testOfPath = new Map(tests.map(test => [`${test.context.config.id}\0${test.path}`, test]));
  const machine = options.slots === 'auto' ? machineLoad() : null;
  const plan = makePlan(runOptions, parallelOptions, machine);
  const unitTests = plan.units.map(({file}) => testOfPath.get(`${file.configId}\0${file.path}`) as Test);
  const testOf = (unit: number) => unitTests[unit] as Test;
  /** The name of the node that a unit is for; null: it may run on any. */
  const nodeNameOf = (unit: number) => {
    const node = plan.units[unit]?.node ?? null;
    return node === null ? null : (nodes[node]?.name ?? null);
  };
  const summary = nodes.length === 0 ? null : new NodeSummary(nodes);
  const nodeInSlot = new Map<SlotNumber, NodeId>();
  const shown = (path: string) => relative(globalConfig.rootDir, path);

  const hosts = new Map<SlotNumber, WorkerHost>();
  const leaving = new Set<Promise<unknown>>();
  const started = new Map<SlotNumber, WorkerHost>();
  const server = await WorkerServer.listen(hearing(started, faults), cacheDirectoryOf(tests));
  const ahead = aheadFor(runOptions);
  const stdout = ahead?.stdout ?? new SharedOutput(process.stdout);
  const stderr = ahead?.stderr ?? new SharedOutput(process.stderr);
  const log = openEventLog(process.env.XDIST_LOG, warn);
  const workerCount = slotsOf(plan);
  const shared = sharedSetup(runOptions, tests, runId, workerCount, server.token, ahead !== null);
  const recycling = new Recycling({limitBytes: shared.heapLimitBytes, pathOf: unit => shown(testOf(unit).path), warn});
  const colours = jest.usesColours() ? {FORCE_COLOR: '1'} : {};

  const startOf = (slot: SlotNumber, nodeId: NodeId) => {
    const node = nodes[nodeId];
    // A Jest around, inside of a test of which this one runs, may have nodes. (A thread would have `undefined` as text.)
    const {XDIST_NODE: _nodeAround, ...inherited} = process.env;
    const environment = {
      ...inherited,
      JEST_WORKER_ID: String(slot),
      XDIST_WORKER: `w${slot}`,
      XDIST_WORKER_COUNT: String(workerCount),
      XDIST_RUN_ID: runId,
      ...colours,
    };
    return {
      workerPath: join(__dirname, '..', 'worker', 'main.js'),
      execPath: node?.execPath ?? process.execPath,
      execArgv: node?.execArgv ?? null,
      environment: node === undefined ? environment : nodeEnvironment(node, environment),
      gracefulExitTimeout: globalConfig.workerGracefulExitTimeout,
    };
  };

  const setupOf = (slot: SlotNumber) => ({
    ...shared,
    // One of each node fills it: they may be different Nodes.
    compileCache: shared.compileCache && {
      ...shared.compileCache,
      fillsNodesOwn: shared.compileCache.fillsNodesOwn && slot <= plan.nodes,
    },
  });

  const dispatch = new Dispatch({
    plan,
    runId,
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
    openFiles: new OpenFiles({
      testOf,
      pastOf: unit => past.of(testOf(unit), nodeNameOf(unit)) ?? past.of(testOf(unit)),
      mergeTools: unit => mergeTools(testOf(unit), jest, globalConfig, snapshotUseOf(plan.units[unit] as Unit)),
      warn,
    }),
    log,
    onFault: (doing, error) => void faults.report(doing, error),
    now: () => performance.now(),
    fixtures: sharedFixtures,
    deadSessions: new DeadSessions({
      testOf,
      globalConfig,
      messageUtil: () => jest.messageUtil(),
      resume: options.onCrash === 'resume',
    }),
    hardTimeoutOf: unit => rulesOf(testOf(unit)).hardTimeoutMs,
    onUnitEnd: (unit, ms, outcome, died) => {
      const [test, node] = [testOf(unit), nodeNameOf(unit)];
      if (outcome !== null) past.note(test, ms, outcome.type === 'result' ? outcome.result : null, node);
      if (died) past.noteDeath(test, node);
    },
    onShare: (unit, slot, result) => {
      const node = plan.units[unit]?.node ?? (slot === null ? undefined : nodeInSlot.get(slot));
      if (node !== undefined) summary?.ran(node, result);
    },
    onLeftBehind: (slot, culprit, running, death) => warn(describeLeftBehind(culprit, running, death, slot)),
    onSlow: (slot, name, ms) => void process.stderr.write(`${slowLine(name, ms, `w${slot}`)}\n`),
    onLostJoiner: (path, slot, death) =>
      warn(
        `worker w${slot} died while it loaded ${path}, to take some of its tests: ${describeDeath(death)}. ` +
          'The workers that have the file open run them all.',
      ),
    startWorker: (slot, generation, nodeId, listener) => {
      nodeInSlot.set(slot, nodeId);
      summary?.started(nodeId);
      const start = startOf(slot, nodeId);
      const heard = recycling.hearing(slot, {
        ...listener,
        lost: death => {
          summary?.died(nodeId);
          listener.lost(death);
        },
      });
      const startNew = () => {
        const host = new WorkerHost({
          ...start,
          setup: {...setupOf(slot), slot, generation, ...server.filesFor(slot, generation)},
          jestWorker: jest.jestWorker(),
          threads: globalConfig.workerThreads === true,
          stdout,
          stderr,
          listener: heard,
          onAhead: news => {
            if (news.type === 'loaded') ahead?.loaded(news.modules);
          },
        });
        started.set(slot, host);
        return host;
      };
      const host = ahead?.take(slot, start, heard) ?? startNew();
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
  const sayWhatLingers = ({slot, files}: LingeringWorker) => {
    const host = hosts.get(slot);
    const departure = host?.departure ?? null;
    return describeLingering({
      slot,
      pid: host?.pid ?? null,
      departure: departure && shownDeparture(departure, shown),
      files: files.map(shown),
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
  await ahead?.begin({
    runId,
    slots: workerCount,
    startOf: slot => startOf(slot, (slot - 1) % plan.nodes),
    setupOf,
    jestWorker: jest.jestWorker(),
    spareFolder: cacheDirectoryOf(tests),
  });
  faults.whenFound(() => dispatch.halt());
  const running = dispatch.run();
  const stopSampling = machine === null ? () => {} : sampleLoad(machine, hosts, load => dispatch.sampled(load));
  void dispatch.unitsEnded.then(stopSampling);
  if (watcher.isInterrupted()) void dispatch.stop('interrupted'); // while we were getting ready
  const finished = running.then(async () => {
    await Promise.all([...leaving, ...[...hosts.values()].map(({gone}) => gone)]);
    stopSampling();
    waysOut.close();
    unsubscribe();
    stopTelling();
    recycling.end();
    const lingering = dispatch.lingering.flatMap(sayWhatLingers);
    if (lingering.length > 0) warnOfForcedExit(jest, lingering);
    server.close();
    if (ahead === null) {
      stdout.close();
      stderr.close();
    } else {
      ahead.runEnded();
    }
    log.close();
  });
  let told = false;
  const tellInTheEnd = () => {
    const slots = dispatch.slots;
    if (!told) for (const line of [...(slots === null ? [] : [slots]), ...(summary?.lines() ?? [])]) warn(line);
    told = true;
  };
  return {
    unitsEnded: dispatch.unitsEnded,
    finished,
    stop: async () => {
      void dispatch.stop('bail');
      await finished;
      tellInTheEnd(); // Jest may leave without asking for the conclusion
    },
    conclude: async () => {
      tellInTheEnd();
      // Then the summary says so, and no other runner of this run begins.
      if (waysOut.signal !== null) await watcher.setState({interrupted: true});
    },
  };
}

/** Loaded only where it is asked for. */
function machineLoad(): MachineLoad {
  const {MachineLoad} = require('./machine/machineLoad') as typeof import('./machine/machineLoad');
  return MachineLoad.ofThisMachine();
}

/** @returns what ends it */
function sampleLoad(
  machine: MachineLoad,
  hosts: ReadonlyMap<SlotNumber, WorkerHost>,
  onSample: (load: LoadSample) => void,
): () => void {
  const {LoadSampler} = require('./machine/loadSampler') as typeof import('./machine/loadSampler');
  const workerBytes = () => [...hosts.values()].flatMap(({ended, rssBytes}) => (ended ? [] : [rssBytes]));
  const sampler = new LoadSampler({machine, workerBytes, onSample});
  sampler.start();
  return () => sampler.stop();
}

/** Brings what arrives to those whom it is for. */
function hearing(started: ReadonlyMap<SlotNumber, WorkerHost>, faults: Faults): WorkerServerListener {
  const hostOf = ({slot, generation}: Pick<Hello, 'slot' | 'generation'>) => {
    const host = started.get(slot);
    return host?.generation === generation ? host : null;
  };
  return {
    onWorker: faults.guard('a worker came up', (hello, socket) => {
      const host = hostOf(hello);
      if (host === null) socket.destroy();
      else host.attach(socket, hello.pid);
    }),
    onWatchdog: faults.guard('a watchdog said something', (hello, message) => hostOf(hello)?.hearWatchdog(message)),
    onWatchdogGone: faults.guard('a watchdog went', hello => hostOf(hello)?.loseWatchdog()),
    onBroken: faults.guard('a worker was ended', (hello, error) => hostOf(hello)?.breakOff(error)),
  };
}

/** null: no workers are started ahead of a run. Loaded in watch mode alone. */
function aheadFor(runOptions: RunOptions): AheadWorkers | null {
  if (!runOptions.watcher.isWatchMode()) return null;
  const {mayStartAhead} = require('./workers/ahead/mayStartAhead') as typeof import('./workers/ahead/mayStartAhead');
  if (!mayStartAhead(runOptions)) return null;
  const {aheadWorkers} = require('./workers/ahead/aheadWorkers') as typeof import('./workers/ahead/aheadWorkers');
  return aheadWorkers();
}

function shownDeparture(departure: Departure, shown: (path: string) => string): Departure {
  if (departure.at === 'saving') return departure;
  const addons = departure.addons.map(shown);
  if (departure.at === 'exiting') return {...departure, addons};
  const leftOpen = departure.leftOpen.map(open => ({...open, paths: open.paths.map(shown)}));
  return {...departure, leftOpen, addons};
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

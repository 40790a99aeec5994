/** This machine's part of a fleet's run, from the plan to the end. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Test} from '@jest/test-result';
import {openJobs} from '../core/fleet/entry';
import {Pull} from '../core/fleet/pull';
import {MODES} from '../core/plan/dist';
import type {Timings} from '../core/plan/durations';
import type {RepoPaths} from '../recording/repoPaths';
import type {Arrivals, OpenRun} from '../run/arrivals';
import {failRun} from '../run/exitCode';
import {coverageTools} from '../run/files/mergeTools';
import {reporterErrors} from '../run/files/reporterErrors';
import {Reports} from '../run/files/reports';
import {readPragmas} from '../run/jest/filePragmas';
import {tellFleet} from '../run/liveRun';
import {startRecorder, type Recorder} from '../run/recording/recorder';
import {newRunId, run} from '../run/run';
import type {RunOptions} from '../run/runOptions';
import {rulesReader} from '../run/runRules';
import {warn} from '../run/warn';
import {AcceptedResults} from './acceptedResults';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {FleetRecord} from './fleetRecord';
import {FleetTests} from './fleetTests';
import {JobStories} from './jobStories';
import {durationsAt, type JoinedRun} from './joinRun';
import {MachineJobs} from './machineJobs';
import type {OwnFile} from './ownFiles';
import {hasRound} from './planning';
import type {Presence} from './presence';
import {Pulse} from './pulse';
import {encodeDurations, RunDurations} from './results/durations';
import {LiveReplay} from './results/liveReplay';
import {ResultWriter} from './results/resultWriter';
import {ResultStore} from './resultStore';

export interface FleetRunOptions {
  readonly fleet: FleetConnection;
  readonly presence: Presence;
  readonly pulseMs: number;
  readonly joined: JoinedRun;
  readonly files: readonly OwnFile[];
  readonly paths: RepoPaths;
  /** What earlier runs took. */
  readonly timings: Timings;
}

/** For so many pulses the server may say that more jobs are completed than were heard of. */
const PULSES_TO_HEAR = 10;

/** After so many pulses, a machine asks for all others. */
const PULSES_TO_COUNT = 5;

export class FleetRun {
  readonly #run: RunOptions;
  readonly #options: FleetRunOptions;
  readonly #tests: FleetTests;
  readonly #jobs: MachineJobs;
  readonly #pull: Pull;
  readonly #reports: Reports;
  readonly #replay: LiveReplay;
  readonly #durations: RunDurations;
  readonly #accepted: AcceptedResults;
  readonly #writer: ResultWriter;
  /** Of all that this machine's Jest is told, and of what this machine's workers do. */
  readonly #recorder: Recorder;
  readonly #record: FleetRecord;
  readonly #failed = new Deferred();
  #open: OpenRun | null = null;
  #running = Promise.resolve();
  #unheard = 0;
  /** How many machines take part, with this one. */
  #machines = 1;
  #beats = 0;
  #left: Promise<void> | null = null;

  constructor(runOptions: RunOptions, options: FleetRunOptions) {
    this.#run = runOptions;
    this.#options = options;
    const {fleet, joined, files, paths} = options;
    const {plan, queue, completions} = joined;
    const {jest, globalConfig} = runOptions;
    this.#tests = new FleetTests(
      plan,
      files.map(({test}) => test),
      this.#rulesOfCuts(),
    );
    this.#recorder = startRecorder({...runOptions, tests: this.#tests.files}, newRunId(), this.#tests.parts);
    this.#record = new FleetRecord({
      fleet,
      plan,
      presence: options.presence,
      tests: this.#tests,
      recorder: this.#recorder,
    });
    this.#pull = new Pull(workersOf(runOptions));
    const results = new ResultStore(fleet);
    this.#writer = new ResultWriter({
      paths,
      placeOf: test => this.#tests.of(test)?.file ?? -1,
      putSource: line => results.putSource(line),
    });
    const serial = new Set(files.filter(({input}) => input.serial).map(({test}) => test));
    this.#jobs = new MachineJobs({
      fleet,
      plan,
      queue,
      tests: this.#tests,
      pull: this.#pull,
      stories: new JobStories(fleet, plan.id),
      results,
      writer: this.#writer,
      isSerial: test => serial.has(test),
      onFailure: error => this.#failed.reject(error),
    });
    completions.onAvailable = () => {
      this.#pull.available();
      this.#jobs.pull();
    };
    const onListenerError = reporterErrors(globalConfig.rootDir, runOptions.watcher);
    this.#reports = new Reports({
      emitter: runOptions.emitter,
      bail: globalConfig.bail,
      beforeBail: async () => {
        await this.#leave();
        await this.#open?.stop();
        await this.#running;
        this.#record.end(workersOf(runOptions));
      },
      onTold: (...told) => this.#recorder.told(...told),
      onFailure: onListenerError,
    });
    this.#replay = new LiveReplay({
      tests: this.#tests.files,
      cuts: plan.cuts,
      reports: this.#reports,
      paths,
      maps: mapsFolder(),
      toolsOf: test => ({
        ...coverageTools(jest),
        slowTestThresholdS: test.context.config.slowTestThreshold,
      }),
    });
    this.#durations = new RunDurations(plan.collection);
    this.#accepted = new AcceptedResults({
      fleet,
      plan,
      completions,
      results,
      replay: this.#replay,
      durations: this.#durations,
      onCompleted: job => this.#jobs.completed(job),
      beforeTold: async (...accepted) => {
        await this.#record.add(...accepted);
        this.#show();
      },
    });
  }

  /** Resolves when Jest has been told all that there is. If this machine cannot go on, the run fails here. */
  async run(): Promise<void> {
    const {fleet, pulseMs} = this.#options;
    await this.#say('working');
    const signals = hearSignals(() => void this.#leave());
    const pulse = new Pulse(
      pulseMs,
      () => this.#beat(),
      error => this.#failed.reject(error),
    );
    this.#running = run(
      {
        ...this.#run,
        emitter: SILENT,
        globalConfig: Object.freeze({...this.#run.globalConfig, bail: 0}),
        tests: this.#tests.all,
        arrivals: this.#arrivals(),
      },
      this.#recorder,
    );
    try {
      await Promise.race([this.#accepted.tellAll(), this.#failed.promise, fleet.ended, this.#endedEarly()]);
    } catch (error) {
      await this.#endWithout(error);
    }
    pulse.stop();
    this.#jobs.close();
    this.#open?.noMore();
    await this.#running;
    signals.close();
    // With --bail, Jest ends its process in the last report.
    await this.#reports.drained();
    if (this.#left !== null) await this.#left;
    else await this.#conclude();
    this.#record.end(workersOf(this.#run));
    this.#recorder.end();
  }

  /** Resolves when this machine's part ends before the run of the fleet: by a signal, or because Jest ends its run. */
  async #endedEarly(): Promise<void> {
    await this.#running;
    if (this.#left === null && !this.#run.watcher.isInterrupted()) {
      throw new FleetError('its workers have ended before the run of the fleet.');
    }
    this.#accepted.stop();
    void this.#leave();
  }

  #arrivals(): Arrivals {
    const {timings} = this.#options;
    return {
      timings,
      cuts: this.#tests.cuts,
      open: open => {
        this.#open = open;
        this.#jobs.open(open);
      },
      started: test => this.#jobs.started(test),
      told: (test, name, payload) => this.#writer.told(test, name, payload),
      cut: (test, tests, unchecked) => this.#writer.cut(test, tests, unchecked),
      ended: (test, record, slot) => this.#jobs.ended(test, record, slot),
    };
  }

  /** What this machine does about once in a second. */
  async #beat(): Promise<void> {
    const {presence, joined} = this.#options;
    const [others] = await Promise.all([presence.othersAreOutOfWork(), this.#jobs.renew(), this.#checkServer()]);
    this.#jobs.giveBack(others);
    const idle = this.#pull.hungryWorkers();
    // A message that a job waits may have been lost.
    this.#pull.available();
    this.#jobs.pull();
    if (idle > 0 && joined.completions.count < openJobs(joined.plan)) await presence.tellHunger(idle);
    if (this.#left === null) await this.#say('working');
    if (this.#beats++ % PULSES_TO_COUNT === 0) await this.#countRest();
    this.#show();
  }

  /** For whoever looks on. */
  #show(): void {
    tellFleet({machines: this.#machines, jobs: this.#record.jobs, waiting: this.#jobs.status.waiting});
  }

  #say(state: 'working' | 'left'): Promise<void> {
    const {presence, joined} = this.#options;
    return presence.say({...this.#jobs.status, plan: joined.plan.id, workers: workersOf(this.#run), state});
  }

  /** How much work is left for each worker of the fleet: nobody should hold more than a part of it. */
  async #countRest(): Promise<void> {
    const {presence, joined} = this.#options;
    const {plan, completions} = joined;
    const all = await presence.all();
    this.#record.heard(all);
    const others = presence.othersOf(all);
    this.#machines = 1 + others.length;
    const workers = others.reduce((sum, other) => sum + other.workers, workersOf(this.#run));
    const kept = new Set(plan.kept.map(({job}) => job));
    const left = plan.jobs.filter(({id}) => !completions.has(id) && !kept.has(id));
    const known = left.flatMap(({expectedMs}) => expectedMs ?? []);
    const knownMs = known.reduce((sum, ms) => sum + ms, 0);
    // An unknown job is taken to be as long as the others.
    if (known.length > 0) this.#pull.setRest((knownMs * left.length) / known.length / workers);
  }

  /** @throws {FleetError} if the server has lost what belongs to the run */
  async #checkServer(): Promise<void> {
    const {fleet, joined} = this.#options;
    const {plan, queue, completions} = joined;
    const [has, counts] = await Promise.all([hasRound(fleet, plan.round), queue.counts()]);
    const known = counts.waiting + counts.taken + counts.completed;
    if (!has || known < openJobs(plan)) {
      throw new FleetError(
        "the fleet's server has lost jobs of the run. Was it restarted without its data, or did somebody delete them?",
      );
    }
    this.#unheard = counts.completed > completions.count ? this.#unheard + 1 : 0;
    if (this.#unheard > PULSES_TO_HEAR) {
      throw new FleetError("the fleet's server has completed jobs, and does not tell which.");
    }
  }

  /** Leaves the run, which goes on without this machine. */
  #leave(): Promise<void> {
    this.#left ??= Promise.all([this.#jobs.leave(), this.#say('left')]).then(
      () => undefined,
      () => undefined, // the server is away: the leases end
    );
    return this.#left;
  }

  /** Jest is told what was not run, and why. */
  async #endWithout(error: unknown): Promise<void> {
    const message = reasonOf(error);
    warn(`this machine leaves the run of the fleet: ${message}`);
    failRun(this.#run.watcher);
    this.#recorder.failsOutside();
    this.#accepted.stop();
    await this.#leave();
    await this.#open?.stop();
    await this.#reports.drained();
    for (const place of this.#replay.missing()) {
      const text = `This machine has no result of the file. It has left the run of the fleet: ${message}`;
      this.#reports.fileRefused(this.#tests.files[place] as Test, {message: text, stack: text, type: 'Error'});
    }
  }

  /** Jest has all results. */
  async #conclude(): Promise<void> {
    const {fleet, joined, timings} = this.#options;
    const {completions, plan} = joined;
    await this.#say('left');
    // One machine stores the durations: who ended the last job.
    const last = openJobs(plan) === 0 ? null : await completions.at(openJobs(plan) - 1, fleet.ended);
    if (last === null || last.job !== this.#jobs.lastCompleted) return;
    const learnt = this.#durations.timings(timings, fleet.clock.now());
    await fleet.series.put(durationsAt(fleet.names.durations), encodeDurations(learnt));
  }

  #rulesOfCuts() {
    const {jest, globalConfig, options} = this.#run;
    const {grouping} = MODES[options.dist];
    const rules = rulesReader({jest, rootDir: globalConfig.rootDir, options});
    return ({path}: Test) => {
      const {canSplit} = rules(path, readPragmas(path, jest.docblock()).pragmas);
      return {granularity: canSplit ?? 'tests', grouping} as const;
    };
  }
}

/** Our own errors begin with our name. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^jest-runner-xdist: /, '');
}

const SILENT: RunOptions['emitter'] = {on: () => () => undefined, emit: () => Promise.resolve()};

/** How many workers this machine has. */
export function workersOf({globalConfig, options}: RunOptions): number {
  return typeof options.slots === 'number' ? options.slots : globalConfig.maxWorkers;
}

/** Jest reads the source maps in it after the run. */
function mapsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xdist-fleet-'));
  process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The run has listeners of its own, which end it. */
function hearSignals(onSignal: () => void): {close(): void} {
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return {
    close: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

class Deferred {
  reject: (error: unknown) => void = () => undefined;
  readonly promise = new Promise<never>((_, reject) => (this.reject = reject));

  constructor() {
    this.promise.catch(() => undefined);
  }
}

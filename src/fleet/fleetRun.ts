/** This machine's part of a fleet's run, from the plan to the end. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Test} from '@jest/test-result';
import {jobsOfRound, openJobs} from '../core/fleet/entry';
import {Pull} from '../core/fleet/pull';
import {MODES} from '../core/plan/dist';
import type {Timings} from '../core/plan/durations';
import type {RepoPaths} from '../recording/repoPaths';
import type {Arrivals, OpenRun} from '../run/arrivals';
import {failRun} from '../run/exitCode';
import {coverageTools} from '../run/files/mergeTools';
import {reporterErrors} from '../run/files/reporterErrors';
import {Reports} from '../run/files/reports';
import {tellFleet} from '../run/liveRun';
import {startRecorder, type Recorder} from '../run/recording/recorder';
import {newRunId, run} from '../run/run';
import type {RunOptions} from '../run/runOptions';
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
import type {Presence} from './presence';
import {Pulse} from './pulse';
import {encodeDurations, RunDurations} from './results/durations';
import {LiveReplay} from './results/liveReplay';
import {ResultWriter} from './results/resultWriter';
import {ResultStore} from './resultStore';
import {ServerCheck} from './serverCheck';

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

/** After so many pulses, a machine looks how much work is left. */
const PULSES_TO_COUNT = 5;

/**
 * All others are asked for less often if there are many: else the bytes that the server sends would grow with the square
 * of their number. With each pulse, a machine receives the status of so many others at most, on average.
 */
const STATUSES_PER_PULSE = 10;

/** How long (ms) a machine whose Jest has all results tries to say good-bye. */
const GOODBYE_MS = 5_000;

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
  readonly #check: ServerCheck;
  readonly #failed = new Deferred();
  #open: OpenRun | null = null;
  /** How the run of this machine must end. It may not be open by then. */
  #end: 'no-more' | 'stop' | null = null;
  #running = Promise.resolve();
  /** How many machines take part, with this one. */
  #machines = 1;
  #beats = 0;
  /** How many workers the others had when they were asked for; at which beat that was, and when it is due again. */
  #workersOfOthers = 0;
  #askedAt = 0;
  #askAt = 0;
  #left: Promise<void> | null = null;

  constructor(runOptions: RunOptions, options: FleetRunOptions) {
    this.#run = runOptions;
    this.#options = options;
    const {fleet, joined, files, paths, pulseMs} = options;
    const {plan, queue, completions} = joined;
    const {jest, globalConfig} = runOptions;
    this.#tests = new FleetTests(plan, files, MODES[runOptions.options.dist].grouping);
    this.#recorder = startRecorder({...runOptions, tests: this.#tests.files}, newRunId(), this.#tests.parts);
    this.#record = new FleetRecord({
      fleet,
      plan,
      presence: options.presence,
      tests: this.#tests,
      recorder: this.#recorder,
    });
    this.#pull = new Pull(workersOf(runOptions));
    this.#check = new ServerCheck(fleet, joined, Math.ceil(fleet.leaseMs / pulseMs));
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
        this.#endRun('stop');
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
    this.#endRun('no-more');
    await this.#running;
    signals.close();
    // With --bail, Jest ends its process in the last report.
    await this.#reports.drained();
    await (this.#left ?? this.#conclude());
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
        if (this.#end !== null) tellEnd(open, this.#end);
      },
      started: test => this.#jobs.started(test),
      told: (test, name, payload) => this.#writer.told(test, name, payload),
      cut: (test, tests, unchecked) => this.#writer.cut(test, tests, unchecked),
      ended: (...end) => this.#jobs.ended(...end),
    };
  }

  /** Ends the run of this machine, also if it is not open so far. `#running` resolves then. */
  #endRun(how: 'no-more' | 'stop'): void {
    if (this.#end === 'stop') return;
    this.#end = how;
    if (this.#open !== null) tellEnd(this.#open, how);
  }

  /** What this machine does about once in a second. */
  async #beat(): Promise<void> {
    const {presence, joined} = this.#options;
    const [others] = await Promise.all([presence.othersAreOutOfWork(), this.#jobs.renew(), this.#check.check()]);
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
    if (this.#beats >= this.#askAt) {
      const all = await presence.all();
      this.#record.heard(all);
      const others = presence.othersOf(all);
      this.#machines = 1 + others.length;
      this.#workersOfOthers = others.reduce((sum, other) => sum + other.workers, 0);
      // Until the run has opened, this machine asks for no job.
      const here = others.filter(other => other.plan === plan.id);
      if (this.#open !== null) this.#check.checkClaims([this.#jobs.status, ...here], this.#beats - this.#askedAt);
      this.#askedAt = this.#beats;
      this.#askAt = this.#beats + others.length / STATUSES_PER_PULSE;
    }
    const workers = this.#workersOfOthers + workersOf(this.#run);
    const left = jobsOfRound(plan).filter(({id}) => !completions.has(id));
    const known = left.flatMap(({expectedMs}) => expectedMs ?? []);
    const knownMs = known.reduce((sum, ms) => sum + ms, 0);
    // An unknown job is taken to be as long as the others.
    if (known.length > 0) this.#pull.setRest((knownMs * left.length) / known.length / workers);
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
    this.#endRun('stop');
    await this.#running;
    await this.#reports.drained();
    for (const place of this.#replay.missing()) {
      const text = `This machine has no result of the file. It has left the run of the fleet: ${message}`;
      this.#reports.fileRefused(this.#tests.files[place] as Test, {message: text, stack: text, type: 'Error'});
    }
  }

  /** Jest has all results, so whatever happens to the server now does not change the run. */
  async #conclude(): Promise<void> {
    const late = sleep(GOODBYE_MS, undefined, {ref: false}).then(() => {
      throw new FleetError('the server did not answer');
    });
    try {
      await Promise.race([this.#sayGoodBye(), late]);
    } catch (error) {
      warn(`the durations of this run may not be on the fleet's server: ${reasonOf(error)}`);
    }
  }

  async #sayGoodBye(): Promise<void> {
    const {fleet, joined, timings} = this.#options;
    const {completions, plan} = joined;
    await this.#say('left');
    // One machine stores the durations: who ended the last job.
    const last = openJobs(plan) === 0 ? null : await completions.at(openJobs(plan) - 1, fleet.ended);
    if (last === null || last.job !== this.#jobs.lastCompleted) return;
    const learnt = this.#durations.timings(timings, fleet.clock.now());
    await fleet.series.put(durationsAt(fleet.names.durations), encodeDurations(learnt));
  }
}

function tellEnd(open: OpenRun, how: 'no-more' | 'stop'): void {
  if (how === 'stop') void open.stop();
  else open.noMore();
}

/** Our own errors begin with our name. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^jest-runner-xdist: /, '');
}

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

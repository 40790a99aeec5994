/** This machine's part of a fleet's run, from the plan to the end. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
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
import {startRecorder, type Recorder} from '../run/recording/recorder';
import {newRunId, run} from '../run/run';
import type {RunOptions} from '../run/runOptions';
import {warn} from '../run/warn';
import {AcceptedResults} from './acceptedResults';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {FleetRecord} from './fleetRecord';
import {FleetTests} from './fleetTests';
import {GOODBYE_MS, hearSignals} from './goodBye';
import {Heartbeat} from './heartbeat';
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
  /** How many workers this machine has. */
  readonly workers: number;
  readonly paths: RepoPaths;
  /** What earlier runs took. */
  readonly timings: Timings;
}

export class FleetRun {
  readonly #run: RunOptions;
  readonly #options: FleetRunOptions;
  readonly #tests: FleetTests;
  readonly #jobs: MachineJobs;
  readonly #heartbeat: Heartbeat;
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
  /** How the run of this machine must end. It may not be open by then. */
  #end: 'no-more' | 'stop' | null = null;
  #running = Promise.resolve();
  #left: Promise<void> | null = null;

  constructor(runOptions: RunOptions, options: FleetRunOptions) {
    this.#run = runOptions;
    this.#options = options;
    const {fleet, presence, joined, files, workers, paths, pulseMs} = options;
    const {plan, queue, completions} = joined;
    const {jest, globalConfig} = runOptions;
    this.#tests = new FleetTests(plan, files, MODES[runOptions.options.dist].grouping);
    this.#recorder = startRecorder({...runOptions, tests: this.#tests.files}, newRunId(), this.#tests.parts);
    this.#record = new FleetRecord({
      fleet,
      plan,
      presence,
      tests: this.#tests,
      recorder: this.#recorder,
    });
    const pull = new Pull(workers);
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
      pull,
      stories: new JobStories(fleet, plan.id),
      results,
      writer: this.#writer,
      isSerial: test => serial.has(test),
      onFailure: error => this.#failed.reject(error),
    });
    completions.onAvailable = () => {
      pull.available();
      this.#jobs.pull();
    };
    this.#heartbeat = new Heartbeat({
      presence,
      joined,
      jobs: this.#jobs,
      pull,
      check: new ServerCheck(fleet, joined, Math.ceil(fleet.leaseMs / pulseMs)),
      record: this.#record,
      workers,
      isOpen: () => this.#open !== null,
      hasLeft: () => this.#left !== null,
    });
    const onListenerError = reporterErrors(globalConfig.rootDir, runOptions.watcher);
    this.#reports = new Reports({
      emitter: runOptions.emitter,
      bail: globalConfig.bail,
      beforeBail: async () => {
        await this.#leave();
        this.#endRun('stop');
        await this.#running;
        this.#record.end(workers);
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
        this.#heartbeat.show();
      },
    });
  }

  /** Resolves when Jest has been told all that there is. If this machine cannot go on, the run fails here. */
  async run(): Promise<void> {
    const {fleet, pulseMs} = this.#options;
    await this.#heartbeat.say('working');
    const signals = hearSignals(() => void this.#leave());
    const pulse = new Pulse(
      pulseMs,
      () => this.#heartbeat.beat(),
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
    this.#record.end(this.#options.workers);
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
      gaveBack: tests => this.#jobs.gaveBack(tests),
      busy: workers => this.#jobs.busy(workers),
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

  /** Leaves the run, which goes on without this machine. */
  #leave(): Promise<void> {
    this.#left ??= Promise.all([this.#jobs.leave(), this.#heartbeat.say('left')]).then(
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
    await this.#heartbeat.say('left');
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

/** Jest reads the source maps in it after the run. */
function mapsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xdist-fleet-'));
  process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

class Deferred {
  reject: (error: unknown) => void = () => undefined;
  readonly promise = new Promise<never>((_, reject) => (this.reject = reject));

  constructor() {
    this.promise.catch(() => undefined);
  }
}

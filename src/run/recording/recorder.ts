/** Records one run: turns what happens into the lines of a recording. */
import {cpus, freemem} from 'node:os';
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {SlotNumber} from '../../core/plan/units';
import type {DeathReport, FileError} from '../../core/texts/deaths';
import type {CutTests} from '../../core/wire/fileCut';
import type {FileProfile} from '../../core/wire/fileProfile';
import type {
  AheadState,
  ElsewhereLine,
  EndLine,
  FileLine,
  FleetLine,
  Level,
  RecordedTest,
  RecordingLine,
  ShardLine,
} from '../../recording/lines';
import {RecordingFile} from '../../recording/recordingFile';
import {RepoPaths} from '../../recording/repoPaths';
import {cacheDirectoryOf} from '../cache/cacheDirectory';
import {checkoutPaths} from '../checkoutPaths';
import {tellBegun, tellEnded, tellScheduled} from '../liveRun';
import type {RunOptions} from '../runOptions';
import {currentShard, type CurrentShard} from '../shard/currentShard';
import type {ScheduleLog, ScheduleLogLine} from '../scheduleLog';
import {warn, hearWarnings} from '../warn';
import {noteRecording} from './latestRecording';
import {makeRoom, pathOfFull, recordingFolder} from './recordingPlace';
import {firstLines} from './runLine';
import {SchedulePaths} from './schedulePaths';
import type {ToldLines} from './toldLines';

/** How often (ms) the load of the machine is recorded. */
const LOAD_EVERY_MS = 2000;

/** One worker's share of a file. */
export interface Share {
  readonly test: Test;
  /** null: the run is in band. */
  readonly unit: number | null;
  /** null: the run is in band. */
  readonly slot: SlotNumber | null;
  /** null: all workers are alike. */
  readonly node: string | null;
  /** null: the file has no result. */
  readonly result: TestResult | null;
  readonly profile: FileProfile | null;
}

/** Hundredths of a millisecond keep a recording small. */
export function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Why a run has ended; null: its files have all ended, and say how. */
type EndsBy = 'ended-early' | 'fault' | null;

/** The last run's recorder. In watch mode, it records the states of the workers that wait for the next run. */
let last: Recorder | null = null;

/** @param parts the tests that stand for parts of files, with the run's tests of these files */
export function startRecorder(run: RunOptions, runId: string, parts: ReadonlyMap<Test, Test> = new Map()): Recorder {
  last?.close();
  noteRecording(null);
  last = new Recorder(run, runId, parts);
  return last;
}

export class Recorder implements ScheduleLog {
  readonly #startedAt = Date.now();
  readonly #began = performance.now();
  readonly #run: RunOptions;
  readonly #runId: string;
  readonly #level: Level;
  readonly #file: RecordingFile | null;
  readonly #paths: RepoPaths;
  readonly #schedulePaths: SchedulePaths;
  /** null: a default recording. */
  readonly #told: ToldLines | null;
  readonly #indexes = new Map<Test, number>();
  /** By unit of the plan. */
  #plannedTests: readonly Test[] = [];
  /** The lines that came before the first line; null: that line is written. */
  #early: RecordingLine[] | null = [];
  #fixtures: readonly string[] = [];
  #hasFailed = false;
  #failedOutside = false;
  #how: EndsBy = null;
  #ended = false;
  #stopHearing: () => void = () => undefined;
  #loadTimer: NodeJS.Timeout | undefined;

  constructor(run: RunOptions, runId: string, parts: ReadonlyMap<Test, Test>) {
    this.#run = run;
    this.#runId = runId;
    const {recording} = run.options;
    this.#level = recording?.path == null ? 'default' : 'full';
    this.#file = recording === null ? null : this.#open(recording);
    this.#paths = this.#file === null ? new RepoPaths('') : checkoutPaths(run);
    this.#schedulePaths = new SchedulePaths(this.#paths);
    this.#told = this.#level === 'full' ? this.#toldLines() : null;
    if (this.#file === null) return;
    for (const [index, test] of run.tests.entries()) this.#indexes.set(test, index);
    for (const [part, test] of parts) this.#indexes.set(part, this.#indexes.get(test) ?? 0);
    this.#stopHearing = hearWarnings(text => this.#append({type: 'warning', at: this.now(), text}));
    process.on('exit', this.#endEarly);
  }

  /** The time of a line: ms since the run began. */
  readonly now = (): number => hundredths(performance.now() - this.#began);

  get runId(): string {
    return this.#runId;
  }

  /** Where the recording is; null: there is none. */
  get path(): string | null {
    return this.#file?.path ?? null;
  }

  /**
   * Writes the first lines.
   *
   * @param inBand why the run is in band; null: it is over workers
   * @param fixtures the titles of the run's shared fixtures
   */
  begin(inBand: string | null, fixtures: readonly string[] = []): void {
    this.#fixtures = fixtures;
    const early = this.#early ?? [];
    this.#early = null;
    tellBegun({inBand: inBand !== null, slowMs: this.#run.options.slowTimeout, now: this.now});
    if (this.#file === null) return;
    const {run, files} = firstLines({
      run: this.#run,
      runId: this.#runId,
      level: this.#level,
      startedAt: this.#startedAt,
      beforeMs: this.#began,
      paths: this.#paths,
      inBand,
    });
    const shard = currentShard();
    for (const line of [run, files, ...(shard === null ? [] : [shardLine(shard)]), ...early]) this.#append(line);
    // A shard that is killed at once can be named then.
    if (this.#level === 'full') this.#file.flush();
    this.#recordLoad();
  }

  /** Call this before the plan is written. @param tests Jest's test of each unit */
  planned(tests: readonly Test[]): void {
    this.#plannedTests = tests;
  }

  write(line: ScheduleLogLine): void {
    tellScheduled(line);
    if (this.#file === null) return;
    if (line.type === 'plan') {
      const plan = this.#schedulePaths.plan(line.plan);
      const files = this.#plannedTests.map(test => this.#indexes.get(test) ?? 0);
      this.#append({
        ...line,
        plan,
        files,
        nodes: this.#run.options.nodes.map(({name}) => name),
        fixtures: this.#fixtures,
      });
    } else if (line.type === 'event') {
      this.#append({...line, event: this.#schedulePaths.event(line.event)});
    } else if (line.type === 'command') {
      this.#append({...line, command: this.#schedulePaths.command(line.command)});
    } else {
      this.#append(line);
    }
  }

  /** A worker's process is up. */
  process(slot: SlotNumber, generation: number, pid: number | null): void {
    if (pid !== null) this.#append({type: 'process', at: this.now(), slot, generation, pid});
  }

  /** The state of a worker that watch mode started ahead, also after the end of the run. Tests read it at once. */
  ahead(slot: SlotNumber, pid: number | null, state: AheadState): void {
    this.#append({type: 'ahead', at: this.now(), slot, pid, state});
    this.#file?.flush();
  }

  share({test, unit, slot, node, result, profile}: Share): void {
    const file = this.#indexes.get(test);
    if (this.#file === null || file === undefined) return;
    const tests = (result?.testResults ?? []).map(one => this.#recordedTest(one));
    const recorded = profile === null ? null : this.#recordedProfile(profile);
    this.#append({type: 'share', at: this.now(), file, unit, slot, node, tests, profile: recorded});
  }

  death({slot, generation, pid, death, stderr}: DeathReport): void {
    if (this.#file === null) return;
    const recorded = this.#schedulePaths.death(death);
    this.#append({type: 'death', at: this.now(), slot, generation, pid, death: recorded, stderr});
  }

  /** An event that Jest is told. @param file null: unknown */
  told(name: string, payload: unknown, file: Test | null): void {
    if (this.#file === null) return;
    try {
      this.#told?.add(this.now(), name, payload, file);
    } catch (error) {
      this.#warn(this.#file.path, error as Error);
      this.#file.close(); // it has no end then, so nobody takes it for the whole run
      return;
    }
    if (name === 'test-file-success') {
      const [test, result] = payload as [Test, TestResult];
      this.#fileEnded(test, result, null);
    } else if (name === 'test-file-failure') {
      const [test, error] = payload as [Test, FileError | undefined];
      this.#fileEnded(test, null, error?.message ?? '');
    }
  }

  /** This shard's part of a file has ended. @param unchecked the keys of snapshots that no test has asked for */
  cut(test: Test, {names, own, loadEntries}: CutTests, unchecked: readonly string[]): void {
    const file = this.#indexes.get(test);
    if (file !== undefined) this.#append({type: 'cut', at: this.now(), file, names, own, loadEntries, unchecked});
  }

  /** This shard runs no test of a file, and other shards do. Jest is not told of its end. */
  leftOut(test: Test): void {
    const file = this.#indexes.get(test);
    if (file === undefined) return;
    this.#append({type: 'file', at: this.now(), file, status: 'skipped', tests: NO_TESTS, error: null});
  }

  /** Another machine of the fleet has ended a file, or a part of one. @param test the run's test of the file */
  elsewhere(test: Test, ended: Omit<ElsewhereLine, 'type' | 'at' | 'file'>): void {
    const file = this.#indexes.get(test);
    if (file !== undefined) this.#append({type: 'elsewhere', at: this.now(), file, ...ended});
  }

  fleet(fleet: Omit<FleetLine, 'type' | 'at'>): void {
    this.#append({type: 'fleet', at: this.now(), ...fleet});
  }

  /** The run fails by something that is not the result of a file. */
  failsOutside(): void {
    this.#failedOutside = true;
  }

  /** How this machine's part of the run has ended. If the run has more parts, its end follows. */
  endsBy(how: EndsBy): void {
    this.#how ??= how;
  }

  /** The run is over. */
  end(): void {
    tellEnded();
    if (this.#file === null || this.#ended) return;
    this.#ended = true;
    if (this.#early !== null) this.begin(null);
    const failedOutside = this.#failedOutside;
    const failed = this.#hasFailed || failedOutside;
    const verdict: EndLine['verdict'] = this.#how ?? (failed ? 'failed' : 'passed');
    this.#append({type: 'end', at: this.now(), verdict, failedOutside});
    clearInterval(this.#loadTimer);
    this.#stopHearing();
    process.off('exit', this.#endEarly);
    this.#file.flush();
    noteRecording(this.#file.path);
    // In watch mode, the states of the workers for the next run follow.
    if (!this.#run.watcher.isWatchMode()) this.#file.close();
  }

  /** The next run begins. */
  close(): void {
    this.#file?.close();
  }

  /** Jest ends its process: by `--bail`, or because the user or a test asked for it. */
  readonly #endEarly = () => {
    this.endsBy('ended-early');
    this.end();
  };

  /** Loaded only for a full recording: with the checks of what a reader is told, it takes some 10 ms. */
  #toldLines(): ToldLines {
    const {ToldLines} = require('./toldLines') as typeof import('./toldLines');
    return new ToldLines(this.#paths, this.#run.tests, line => this.#append(line));
  }

  #open({path, keep}: {readonly path: string | null; readonly keep: number}): RecordingFile | null {
    const {globalConfig, tests, watcher} = this.#run;
    const {rootDir} = globalConfig;
    const place = {keep, startedAt: this.#startedAt, runId: this.#runId};
    try {
      const found =
        path === null
          ? makeRoom(recordingFolder(cacheDirectoryOf(tests), rootDir), place)
          : pathOfFull(path, rootDir, watcher.isWatchMode());
      return found === null ? null : new RecordingFile(found, error => this.#warn(found, error));
    } catch (error) {
      this.#warn(path ?? 'the recording', error as Error);
      return null;
    }
  }

  #warn(path: string, error: Error): void {
    warn(`the recording ${path} could not be written: ${error.message}`);
  }

  #append(line: RecordingLine): void {
    if (this.#early === null) this.#file?.append(line);
    else this.#early.push(line);
  }

  #fileEnded(test: Test, result: TestResult | null, error: string | null): void {
    const file = this.#indexes.get(test);
    if (file === undefined) return;
    const line = fileLine(this.now(), file, result, error);
    if (line.status === 'failed') this.#hasFailed = true;
    this.#append(line);
  }

  #recordedProfile(profile: FileProfile): FileProfile {
    const sources = profile.sources.map(source => ({
      ...source,
      name: this.#paths.toRecorded(source.name) ?? source.name,
    }));
    return {...profile, sources};
  }

  #recordedTest({ancestorTitles, title, status, duration, startAt}: AssertionResult): RecordedTest {
    return {
      titles: [...ancestorTitles, title],
      status,
      ms: duration ?? null,
      at: typeof startAt === 'number' ? startAt - this.#startedAt : null,
    };
  }

  #recordLoad(): void {
    let before = {at: this.now(), ...idleTime()};
    const sample = () => {
      const now = {at: this.now(), ...idleTime()};
      const idle = (now.idleMs - before.idleMs) / ((now.at - before.at) * Math.max(1, now.cores));
      before = now;
      // The counters of some containers go backwards, or are those of the host.
      const busy = Number.isFinite(idle) ? Math.min(1, Math.max(0, 1 - idle)) : 0;
      this.#append({type: 'load', at: now.at, busy: Math.round(busy * 1000) / 1000, freeBytes: freemem()});
    };
    this.#loadTimer = setInterval(sample, LOAD_EVERY_MS).unref();
  }
}

function shardLine({planned: _planned, ...recorded}: CurrentShard): ShardLine {
  return {type: 'shard', ...recorded};
}

/** @param error why the file has no result */
function fileLine(at: number, file: number, result: TestResult | null, error: string | null): FileLine {
  if (result === null) {
    return {type: 'file', at, file, status: 'failed', tests: NO_TESTS, error: (error ?? '').split('\n')[0] ?? ''};
  }
  const {numFailingTests: failed, numPassingTests: passed, numPendingTests: pending, numTodoTests: todo} = result;
  const exec = result.testExecError;
  const isEmpty = result.testResults.length === 0 && !result.skipped;
  return {
    type: 'file',
    at,
    file,
    status: failed > 0 || exec != null || isEmpty ? 'failed' : result.skipped ? 'skipped' : 'passed',
    tests: {passed, failed, pending, todo},
    error: exec == null ? null : (exec.message.split('\n')[0] ?? ''),
  };
}

const NO_TESTS: FileLine['tests'] = {passed: 0, failed: 0, pending: 0, todo: 0};

/** How long all cores together have been idle since the machine has started. Node reads all of them at each call. */
function idleTime(): {readonly idleMs: number; readonly cores: number} {
  const cores = cpus();
  return {idleMs: cores.reduce((sum, {times}) => sum + times.idle, 0), cores: cores.length};
}

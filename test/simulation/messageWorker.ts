/**
 * Simulates a worker as the real dispatch sees it. The worker gets wire messages, answers with wire messages after
 * delays, and leaves a journal when it dies. It runs no tests, but waits for as long as each would take.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import type {Death, DeathReport} from '../../src/core/texts/deaths';
import type {JournalRecord} from '../../src/core/wire/journal';
import type {FromWorker, ToWorker, UnitOrder} from '../../src/core/wire/workerMessages';
import type {DispatchWorker} from '../../src/run/dispatch';
import type {WorkerListener} from '../../src/run/workers/workerHost';
import {passedTest, testResult} from '../unit/run/jestTests';

/** A test file; all times in ms. */
export interface SimulatedFile {
  readonly loadMs: number;
  /** The duration of each test. */
  readonly testMs: readonly number[];
  /** What kills its worker: while the file is loaded, or the test at this place runs. null: nothing. */
  readonly killer: {readonly at: 'load' | number; times: number} | null;
  /** Its place in the joiners' lists: a joiner finds other tests. */
  readonly differs: boolean;
}

export interface Surroundings {
  readonly files: readonly SimulatedFile[];
  /** The latency of a message, in ms. */
  readonly latencyMs: number;
  readonly startMs: number;
}

export const nameOf = (unit: number, place: number) => `unit ${unit} test ${place}`;

/** What a worker is at. */
interface Current {
  readonly order: UnitOrder;
  readonly file: SimulatedFile;
  /** The places of the tests that are left to it, by group. */
  groups: readonly number[];
  /** Groups that it was given, and has not begun. */
  readonly ahead: number[];
  readonly ran: number[];
  last: boolean;
  waits: boolean;
}

export class MessageWorker implements DispatchWorker {
  readonly pid = 1;
  readonly #in: Surroundings;
  readonly #name: {readonly slot: number; readonly generation: number};
  readonly #listener: WorkerListener;
  readonly #queue: UnitOrder[] = [];
  readonly #discarded = new Set<number>();
  #current: Current | null = null;
  #journal: JournalRecord[] = [];
  #gone = false;
  #closing = false;

  constructor(surroundings: Surroundings, slot: number, generation: number, listener: WorkerListener) {
    this.#in = surroundings;
    this.#name = {slot, generation};
    this.#listener = listener;
    this.#after(surroundings.startMs, () => listener.up());
  }

  tell(message: ToWorker): void {
    this.#after(this.#in.latencyMs, () => this.#hear(message));
  }

  close(): void {
    this.#closing = true;
    setTimeout(() => {
      if (this.#gone) return;
      this.#gone = true;
      this.#listener.closed(false);
    }, this.#in.latencyMs);
  }

  evidence(death: Death): Promise<DeathReport> {
    return Promise.resolve({death, ...this.#name, pid: 1, stderr: ''});
  }

  readJournal(): string {
    return this.#journal.map(record => `${JSON.stringify(record)}\n`).join('');
  }

  kill(): void {
    if (this.#gone) return;
    this.#gone = true;
    setTimeout(() => this.#listener.lost({kind: 'signal', signal: 'SIGKILL'}), this.#in.latencyMs);
  }

  #hear(message: ToWorker): void {
    switch (message.type) {
      case 'give':
        this.#queue.push(...message.units);
        this.#begin();
        return;
      case 'take-back': {
        const returned = this.#queue.filter(({id, split}) => message.units.includes(id) && split?.collected == null);
        for (const order of returned) this.#queue.splice(this.#queue.indexOf(order), 1);
        this.#say({type: 'units-returned', asked: message.units, units: returned.map(({id}) => id)});
        return;
      }
      case 'give-tests': {
        const current = this.#current;
        if (current?.order.id !== message.unit) return;
        current.ahead.push(...message.groups);
        current.last ||= message.last;
        if (current.waits) this.#walk(current);
        return;
      }
      case 'discard': {
        const waiting = this.#queue.find(({id}) => id === message.unit);
        if (waiting !== undefined) {
          this.#queue.splice(this.#queue.indexOf(waiting), 1);
          this.#end(waiting, {type: 'result', result: testResult({})}, null);
          return;
        }
        this.#discarded.add(message.unit);
        const current = this.#current;
        if (current?.waits === true && current.order.id === message.unit) this.#walk(current);
        return;
      }
      case 'close':
      case 'run':
        throw new Error(`dispatch sends no "${message.type}" itself`);
    }
  }

  #begin(): void {
    if (this.#current !== null) return;
    const order = this.#queue.shift();
    if (order === undefined) return;
    const file = this.#in.files[order.id]!;
    const current: Current = {order, file, groups: [], ahead: [], ran: [], last: false, waits: false};
    this.#current = current;
    this.#journal = [{type: 'unit', unit: order.id, at: 0}];
    this.#say({type: 'unit-started', unit: order.id});
    this.#after(file.loadMs, () => {
      if (this.#dies(file, 'load')) return;
      this.#open(current);
    });
  }

  #open(current: Current): void {
    const {order, file} = current;
    const {split} = order;
    const joins = split?.collected != null;
    const listing = joins && file.differs ? 'other' : 'f00';
    const leaveOut = new Set(split?.resumes?.leaveOut);
    current.groups = [...file.testMs.keys()].filter(place => !leaveOut.has(place));
    const tests = file.testMs.map((_, place) => ({
      titles: [nameOf(order.id, place)],
      mode: 'run' as const,
      early: false,
    }));
    this.#journal.push({type: 'opened', listing, tests, ms: file.loadMs, console: [], snapshots: null});
    if (split === null) {
      current.ahead.push(...current.groups.keys());
      current.last = true;
      return this.#walk(current);
    }
    const listed = file.testMs.map((_, place) => {
      const group = current.groups.indexOf(place);
      return {name: nameOf(order.id, place), group: group === -1 ? null : group};
    });
    const same = listing === split.collected;
    this.#say({
      type: 'unit-opened',
      unit: order.id,
      ms: file.loadMs,
      fingerprint: listing,
      tests: joins && same ? null : listed,
    });
    if (this.#discarded.has(order.id)) this.#finish(current);
    else current.waits = true;
  }

  #walk(current: Current): void {
    const {order, file} = current;
    current.waits = false;
    const group = this.#discarded.has(order.id) ? undefined : current.ahead.shift();
    if (group === undefined) {
      if (current.last || this.#discarded.has(order.id)) return this.#finish(current);
      this.#say({type: 'tests-progress', unit: order.id, done: [], running: null});
      current.waits = true;
      return;
    }
    const place = current.groups[group]!;
    if (order.split !== null) this.#say({type: 'tests-progress', unit: order.id, done: [], running: group});
    this.#journal.push({type: 'test', place, at: 0, rss: 0});
    current.ran.push(place);
    const ms = file.testMs[place]!;
    this.#after(ms, () => {
      if (this.#dies(file, place)) return;
      const result = passedTest(nameOf(order.id, place));
      this.#journal.push({type: 'ended', place, willRetry: false, result, console: [], snapshots: null});
      if (order.split !== null) {
        this.#say({type: 'tests-progress', unit: order.id, done: [[group, ms]], running: null});
      }
      this.#walk(current);
    });
  }

  #finish({order, ran}: Current): void {
    const testResults = ran.map((place): AssertionResult => passedTest(nameOf(order.id, place)));
    const result: TestResult = {...testResult({}), numPassingTests: ran.length, testResults};
    const slice = {tests: ran, ran, console: [], loadMs: 1, snapshot: null};
    this.#end(order, {type: 'result', result}, order.split === null ? null : slice);
  }

  #end(order: UnitOrder, outcome: Extract<FromWorker, {type: 'unit-done'}>['outcome'], slice: SliceOf): void {
    this.#discarded.delete(order.id);
    if (this.#current?.order === order) this.#current = null;
    this.#say({type: 'unit-done', unit: order.id, ms: 1, retiring: false, outcome, slice, profile: null});
    this.#begin();
  }

  #dies({killer}: SimulatedFile, at: 'load' | number): boolean {
    if (killer === null || killer.at !== at || killer.times === 0) return false;
    killer.times--;
    this.kill();
    return true;
  }

  /** A message arrives even if the worker has died since it sent the message. */
  #say(message: FromWorker): void {
    setTimeout(() => {
      if (!this.#closing) this.#listener.message(message);
    }, this.#in.latencyMs);
  }

  /** Runs the callback after a delay, unless the worker has died by then. */
  #after(ms: number, run: () => void): void {
    setTimeout(() => {
      if (!this.#gone && !this.#closing) run();
    }, ms);
  }
}

type SliceOf = Extract<FromWorker, {type: 'unit-done'}>['slice'];

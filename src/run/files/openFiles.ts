/**
 * The files of a run whose tests are being given out: what is in them, and what has come of it in each
 * worker so far.
 */
import type {Test} from '@jest/test-result';
import {describeMismatch, describeRefusal} from '../../core/texts/collectionDiff';
import type {FileError} from '../../core/texts/deaths';
import type {FileRecord} from '../../core/plan/durations';
import {mergeSlices, type MergeTools, type SliceResult} from '../../core/results/merge';
import type {CollectedTest, FromWorker, UnitOutcome} from '../../core/wire/workerMessages';
import type {SlotNumber} from '../../core/plan/units';

type Opened = Extract<FromWorker, {type: 'unit-opened'}>;
type Done = Extract<FromWorker, {type: 'unit-done'}>;

interface OpenFile {
  readonly tests: readonly CollectedTest[];
  readonly fingerprint: string;
  indivisible: boolean;
  /** Whether another worker began it, and died. */
  readonly resumed: boolean;
  /** In the order in which the workers opened it. */
  readonly sessions: {readonly slot: SlotNumber; done: Done | null}[];
}

/** What a file's sessions have delivered. */
export interface ClosedFile {
  readonly slices: readonly SliceResult[];
  /** Because of which one of them has delivered nothing. */
  readonly error: FileError | null;
  /** All of the file's. */
  readonly tests: readonly Pick<CollectedTest, 'name'>[];
}

/** How a file ended. `ms`: what its tests took, in however many workers; null: unknown. */
export interface FileEnd {
  readonly outcome: UnitOutcome;
  readonly ms: number | null;
}

export interface OpenFilesOptions {
  readonly testOf: (unit: number) => Test;
  readonly pastOf: (unit: number) => FileRecord | null;
  readonly mergeTools: (unit: number) => MergeTools;
  readonly warn: (text: string) => void;
}

/** What a test takes at the most (ms) that is not in the record of its file: those below 1 ms are not. */
const UNRECORDED_MS = 1;

export class OpenFiles {
  readonly #options: OpenFilesOptions;
  readonly #files = new Map<number, OpenFile>();
  /** By unit and event: the tests that Jest has been told of since the file began. A list: it is looked into only if the file begins anew. */
  readonly #told = new Map<number, Map<string, string[]>>();
  /** The same from before it began anew: Jest is not told of them again. */
  readonly #toldBefore = new Map<number, Map<string, Set<string>>>();

  constructor(options: OpenFilesOptions) {
    this.#options = options;
  }

  /** What names the tests that the file's first worker has found. */
  fingerprint(unit: number): string | null {
    return this.#files.get(unit)?.fingerprint ?? null;
  }

  /**
   * A worker has opened a file. Other tests than the first worker's are worth a warning.
   *
   * @param resumed whether it goes on with what a worker has begun that died
   * @returns what each group of its tests is expected to take, in ms; null: they are other tests
   */
  opened(slot: SlotNumber, {unit, ms, tests, fingerprint}: Opened, resumed = false): (number | null)[] | null {
    const known = this.#files.get(unit);
    if (known === undefined) {
      if (tests === null) return null; // the file was given up meanwhile
      this.#files.set(unit, {tests, fingerprint, indivisible: false, resumed, sessions: [{slot, done: null}]});
      return costsOf(tests, this.#options.pastOf(unit), ms);
    }
    const [first] = known.sessions;
    if (tests !== null && first !== undefined) {
      const {path} = this.#options.testOf(unit);
      this.#options.warn(describeMismatch(path, {slot: first.slot, tests: known.tests}, {slot, tests}));
      return null;
    }
    known.sessions.push({slot, done: null});
    return [];
  }

  /** A worker has found why a file's tests cannot be shared. One such warning is enough. */
  indivisible(unit: number, reason: string): void {
    const file = this.#files.get(unit);
    if (file === undefined || file.indivisible) return;
    file.indivisible = true;
    this.#options.warn(`${this.#options.testOf(unit).path} runs whole, on one worker: ${reason}`);
  }

  /** A worker has ended its tests of a file; or could not load it. */
  ended(slot: SlotNumber, done: Done): void {
    const file = this.#files.get(done.unit);
    if (file === undefined) return;
    const session = file.sessions.find(open => open.slot === slot && open.done === null);
    if (session !== undefined) session.done = done;
    else if (done.outcome.type === 'error') {
      const {path} = this.#options.testOf(done.unit);
      this.#options.warn(describeRefusal(path, file.sessions[0]?.slot ?? 0, slot, done.outcome.error.message));
    }
  }

  /** The worker of one of the file's sessions has died: it will not end. */
  lost(slot: SlotNumber, unit: number): void {
    const sessions = this.#files.get(unit)?.sessions ?? [];
    const at = sessions.findIndex(open => open.slot === slot && open.done === null);
    if (at >= 0) sessions.splice(at, 1);
  }

  /** Places of the tests whose results sessions of the file have delivered. */
  reported(unit: number): number[] {
    return (this.#files.get(unit)?.sessions ?? []).flatMap(({done}) => done?.slice?.tests ?? []);
  }

  /** No session of the file is left: what they have delivered. */
  close(unit: number): ClosedFile {
    const file = this.#files.get(unit);
    this.#files.delete(unit);
    const slices: SliceResult[] = [];
    let error: FileError | null = null;
    for (const {slot, done} of file?.sessions ?? []) {
      if (done?.outcome.type === 'error') error ??= done.outcome.error;
      // One that was opened too late for any test has ended without a share.
      if (done?.outcome.type === 'result' && done.slice !== null) {
        const apart = file?.resumed === true ? 'resumed' : 'split';
        slices.push({slot, result: done.outcome.result, slice: done.slice, apart});
      }
    }
    return {slices, error, tests: file?.tests ?? []};
  }

  /** Makes one result of a file's sessions. */
  merge(unit: number, {slices, error, tests}: ClosedFile): FileEnd {
    if (error !== null) return {outcome: {type: 'error', error}, ms: null};
    try {
      const result = mergeSlices(slices, tests, this.#options.mergeTools(unit));
      return {outcome: {type: 'result', result}, ms: result.perfStats.runtime};
    } catch (thrown) {
      const {message, stack = ''} = thrown as Error;
      return {outcome: {type: 'error', error: {message, stack, type: 'Error'}}, ms: null};
    }
  }

  /** The file has ended. */
  forget(unit: number): void {
    this.#files.delete(unit);
    this.#told.delete(unit);
    this.#toldBefore.delete(unit);
  }

  /** The file begins anew. */
  drop(unit: number): void {
    this.#files.delete(unit);
    const before = this.#toldBefore.get(unit) ?? new Map<string, Set<string>>();
    for (const [name, tests] of this.#told.get(unit) ?? []) {
      before.set(name, new Set([...(before.get(name) ?? []), ...tests]));
    }
    this.#toldBefore.set(unit, before);
    this.#told.delete(unit);
  }

  /** Names of the tests of the unit that Jest was told of in events of this name. */
  told(unit: number, name: string): Set<string> {
    return new Set([...(this.#toldBefore.get(unit)?.get(name) ?? []), ...(this.#told.get(unit)?.get(name) ?? [])]);
  }

  /** Whether Jest is to hear of an event of one of the unit's tests: not if it has, before the file began anew. */
  isNews(unit: number, name: string, payload: unknown): boolean {
    const fullName = Array.isArray(payload) ? (payload[1] as {fullName?: unknown} | undefined)?.fullName : undefined;
    if (typeof fullName !== 'string') return true;
    if (this.#toldBefore.get(unit)?.get(name)?.has(fullName) === true) return false;
    let told = this.#told.get(unit);
    if (told === undefined) this.#told.set(unit, (told = new Map<string, string[]>()));
    const tests = told.get(name);
    if (tests === undefined) told.set(name, [fullName]);
    else tests.push(fullName);
    return true;
  }
}

/**
 * @param past null: the file has never run
 * @param loadMs what it took to load the file
 */
export function costsOf(tests: readonly CollectedTest[], past: FileRecord | null, loadMs: number): (number | null)[] {
  const groups: Set<string>[] = [];
  for (const {name, group} of tests) {
    if (group !== null) (groups[group] ??= new Set()).add(name);
  }
  const unrecorded = unrecordedMs(tests, past, loadMs);
  return groups.map(names => {
    let sum = 0;
    for (const name of names) {
      const ms = past !== null && Object.hasOwn(past.tests, name) ? past.tests[name] : unrecorded;
      if (ms == null) return null;
      sum += ms;
    }
    return sum;
  });
}

/** What a test of which there is no record is taken for, in ms; null: it may be anything, the file never ran in full. */
function unrecordedMs(tests: readonly CollectedTest[], past: FileRecord | null, loadMs: number): number | null {
  if (past?.ms == null) return null;
  const recorded = Object.values(past.tests).reduce((sum, ms) => sum + ms, 0);
  const count = tests.filter(({name, group}) => group !== null && !Object.hasOwn(past.tests, name)).length;
  return count === 0 ? 0 : Math.min(UNRECORDED_MS, Math.max(0, past.ms - recorded - loadMs) / count);
}

/**
 * What the tests of a file do to its snapshots, watched on jest-snapshot's own SnapshotState. Where a
 * file's tests are shared, or were begun by a worker that has died, nothing is written here: Jest writes a
 * whole .snap file at a file's end, and two workers with the same file would write over each other. What
 * would have been written is then handed to the parent, which does it once, for all.
 */
import type {SnapshotActivity} from '../../core/wire/journal';
import type {SnapshotChanges, WhenTakenBack} from '../../core/wire/workerMessages';
import {probe} from '../jestProbes';
import {withoutOurCalls} from './ownCalls';

/** What of jest-snapshot's SnapshotState is used: private, and the same from 29.7 to 30.5. */
interface SnapshotState {
  _snapshotPath: string;
  _snapshotData: Record<string, string>;
  _dirty: boolean;
  _uncheckedKeys: Set<string>;
  _inlineSnapshots: readonly object[];
  readonly added: number;
  readonly matched: number;
  readonly unmatched: number;
  readonly updated: number;
  match(...args: unknown[]): unknown;
  fail(...args: unknown[]): unknown;
  /** From 30.5 on, with a test: takes back what its last try did. */
  clear(...args: unknown[]): void;
  save(): {deleted: boolean; saved: boolean};
  removeUncheckedKeys(): void;
}

export interface CaptureOptions {
  /** What a test's last try did is taken back now: when that would be in a run of the whole file. */
  readonly when: (test: unknown) => WhenTakenBack;
  /** The file has ended: this is what Jest would have written now. */
  readonly onSave: (changes: SnapshotChanges) => void;
}

export class SnapshotWatch {
  #state: SnapshotState | null;
  readonly #before: Readonly<Record<string, string>>;
  /** Keys that were asked for since the last `takeActivity`. */
  #touched = new Set<string>();

  private constructor(state: SnapshotState, onMatch: (writesInline: boolean) => void) {
    this.#state = state;
    this.#before = {...state._snapshotData};
    const touch = (key: unknown) => {
      if (typeof key === 'string') this.#touched.add(key);
    };
    const match = state.match.bind(state);
    state.match = (...args) => {
      const result = withoutUs(() => match(...args));
      touch((result as {key?: unknown} | undefined)?.key);
      onMatch(state._inlineSnapshots.length > 0);
      return result;
    };
    const fail = state.fail.bind(state);
    state.fail = (...args) => {
      const key = fail(...args);
      touch(key);
      return key;
    };
  }

  /**
   * @param onMatch something was compared with a snapshot. `writesInline`: Jest is to write it into a source file.
   * @returns null: this jest-snapshot is not one that we know, and was left alone
   */
  static of(state: unknown, onMatch: (writesInline: boolean) => void): SnapshotWatch | null {
    return probe('snapshotState', state) ? new SnapshotWatch(state as SnapshotState, onMatch) : null;
  }

  /** The file of the snapshots, and their keys as they were. */
  get file(): {path: string; keys: string[]} | null {
    return this.#state && {path: this.#state._snapshotPath, keys: Object.keys(this.#before)};
  }

  /** What the tests have done to the snapshots since the last call; null: nothing. */
  takeActivity(): SnapshotActivity | null {
    const state = this.#state;
    if (state === null || this.#touched.size === 0) return null;
    const written: Record<string, string | null> = {};
    const checked: string[] = [];
    for (const key of this.#touched) {
      const now = Object.hasOwn(state._snapshotData, key) ? (state._snapshotData[key] ?? null) : null;
      if (now !== this.#before[key]) written[key] = now;
      if (Object.hasOwn(this.#before, key) && !state._uncheckedKeys.has(key)) checked.push(key);
    }
    this.#touched = new Set();
    const {added, matched, unmatched, updated} = state;
    const counts = {added, matched, unmatched, updated};
    return {written, checked, dirty: state._dirty, inline: Array.from(state._inlineSnapshots, plain), counts};
  }

  /** Keeps the state from removing what no test has asked for. */
  keepObsolete(): void {
    if (this.#state !== null) this.#state.removeUncheckedKeys = () => undefined;
  }

  /** Keeps the state from writing. */
  capture({when, onSave}: CaptureOptions): void {
    const state = this.#state;
    if (state === null) return;
    const before = this.#before;
    this.keepObsolete();
    const takenBack = new Map<string, WhenTakenBack>();
    const clear = state.clear.bind(state);
    state.clear = (...args) => {
      const {size} = state._uncheckedKeys;
      clear(...args);
      for (const key of [...state._uncheckedKeys].slice(size)) {
        takenBack.delete(key);
        takenBack.set(key, when(args[0]));
      }
    };
    state.save = () => {
      const written = Object.entries(state._snapshotData).filter(
        ([key, snapshot]) => !Object.hasOwn(before, key) || before[key] !== snapshot,
      );
      onSave({
        path: state._snapshotPath,
        written: Object.fromEntries(written),
        dirty: state._dirty,
        unchecked: [...state._uncheckedKeys],
        takenBack: Object.fromEntries([...takenBack].filter(([key]) => state._uncheckedKeys.has(key))),
        inline: Array.from(state._inlineSnapshots, plain),
      });
      return {deleted: false, saved: false};
    };
  }

  /** Nothing of the state is held any more: a leak detector may be looking. */
  release(): void {
    this.#state = null;
  }
}

/** Calls what may call a serializer of the user's. */
function withoutUs<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withoutOurCalls(error);
  }
}

/** What jest-snapshot needs to write an inline snapshot, of this realm: as the list is that it goes into, by Array.from. */
function plain(snapshot: object): unknown {
  return JSON.parse(JSON.stringify(snapshot)) as unknown;
}

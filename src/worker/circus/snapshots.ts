/**
 * Watches what a file's tests do to its snapshots, on jest-snapshot's own SnapshotState. If several workers share the
 * file, or a worker with the file has died, this worker writes no snapshots: Jest writes a whole .snap file at the end
 * of a test file, so workers would overwrite each other's snapshots. Instead, the parent gets the changes of all
 * workers and writes once.
 */
import type {SnapshotActivity} from '../../core/wire/journal';
import type {SnapshotChanges, WhenTakenBack} from '../../core/wire/workerMessages';
import {probe} from '../jestProbes';
import {withoutOurCalls} from './ownCalls';

/** The part of jest-snapshot's SnapshotState that we use. It is private, and the same from 29.7 to 30.5. */
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
  /** Takes back what a test's last try did. From 30.5 on, the argument is the test. */
  clear(...args: unknown[]): void;
  save(): {deleted: boolean; saved: boolean};
  removeUncheckedKeys(): void;
}

export interface CaptureOptions {
  /** Jest takes back a test's last try now. Returns when Jest would do so in a run of the whole file. */
  readonly when: (test: unknown) => WhenTakenBack;
  /** The file has ended. `changes`: what Jest would have written now. */
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
   * @param onMatch called after a comparison with a snapshot. `writesInline`: Jest will write into a source file.
   * @returns null: this jest-snapshot is unknown, and unchanged
   */
  static of(state: unknown, onMatch: (writesInline: boolean) => void): SnapshotWatch | null {
    return probe('snapshotState', state) ? new SnapshotWatch(state as SnapshotState, onMatch) : null;
  }

  /** The snapshot file, and the keys in it before the tests ran. */
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

  /** Prevents the state from removing snapshots that no test has asked for. */
  keepObsolete(): void {
    if (this.#state !== null) this.#state.removeUncheckedKeys = () => undefined;
  }

  /** Prevents the state from writing. */
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

  /** Drops the reference to the state, because Jest's leak detector may be looking for it. */
  release(): void {
    this.#state = null;
  }
}

/** Calls a function that may call the user's snapshot serializers. */
function withoutUs<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withoutOurCalls(error);
  }
}

/**
 * A copy in this realm of what jest-snapshot needs to write an inline snapshot. Array.from makes a list of this realm.
 */
function plain(snapshot: object): unknown {
  return JSON.parse(JSON.stringify(snapshot)) as unknown;
}

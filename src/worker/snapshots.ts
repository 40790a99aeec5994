/**
 * What the tests of a slice do to their file's snapshots. Jest writes a whole .snap file at a file's
 * end; two workers with the same file would write over each other. So nothing is written here: what
 * would have been is handed to the parent, which does it once, for all.
 */
import type {SnapshotChanges} from '../core/protocol';

/** What of jest-snapshot's SnapshotState is used: private, and the same from 29.7 to 30.5. */
interface SnapshotState {
  _snapshotPath: string;
  _snapshotData: Record<string, string>;
  _dirty: boolean;
  _uncheckedKeys: Set<string>;
  _inlineSnapshots: readonly unknown[];
  match(...args: unknown[]): unknown;
  save(): {deleted: boolean; saved: boolean};
  removeUncheckedKeys(): void;
}

export interface SnapshotListener {
  /** Something was compared with a snapshot. `writesInline`: Jest is to write it into a source file. */
  onMatch(writesInline: boolean): void;
  /** The file has ended: this is what Jest would have written now. */
  onSave(changes: SnapshotChanges): void;
}

/**
 * Keeps a file's SnapshotState from writing. Nothing of it is held once it was to be saved: a leak
 * detector may be looking.
 *
 * @returns false: this jest-snapshot is not one that we know, and was left alone
 */
export function captureSnapshots(state: unknown, listener: SnapshotListener): boolean {
  if (!isSnapshotState(state)) return false;
  const before = {...state._snapshotData};
  const match = state.match.bind(state);
  state.match = (...args) => {
    const result = match(...args);
    listener.onMatch(state._inlineSnapshots.length > 0);
    return result;
  };
  state.removeUncheckedKeys = () => undefined;
  state.save = () => {
    const written = Object.entries(state._snapshotData).filter(
      ([key, snapshot]) => !Object.hasOwn(before, key) || before[key] !== snapshot,
    );
    listener.onSave({
      path: state._snapshotPath,
      written: Object.fromEntries(written),
      dirty: state._dirty,
      unchecked: [...state._uncheckedKeys],
    });
    return {deleted: false, saved: false};
  };
  return true;
}

function isSnapshotState(value: unknown): value is SnapshotState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Partial<SnapshotState>;
  return (
    typeof state._snapshotPath === 'string' &&
    typeof state._snapshotData === 'object' &&
    typeof state._dirty === 'boolean' &&
    // Of the test file's realm: not an instance of our Set.
    typeof state._uncheckedKeys?.has === 'function' &&
    Array.isArray(state._inlineSnapshots) &&
    typeof state.match === 'function' &&
    typeof state.save === 'function' &&
    typeof state.removeUncheckedKeys === 'function'
  );
}

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
  save(): {deleted: boolean; saved: boolean};
  removeUncheckedKeys(): void;
}

/** @returns null: this jest-snapshot is not one that we know */
export function captureSnapshots(state: unknown): (() => SnapshotChanges) | null {
  if (!isSnapshotState(state)) return null;
  const before = {...state._snapshotData};
  state.removeUncheckedKeys = () => undefined;
  state.save = () => ({deleted: false, saved: false});
  return () => ({
    path: state._snapshotPath,
    written: Object.fromEntries(
      Object.entries(state._snapshotData).filter(
        ([key, snapshot]) => !Object.hasOwn(before, key) || before[key] !== snapshot,
      ),
    ),
    dirty: state._dirty,
    unchecked: [...state._uncheckedKeys],
  });
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
    typeof state.save === 'function' &&
    typeof state.removeUncheckedKeys === 'function'
  );
}

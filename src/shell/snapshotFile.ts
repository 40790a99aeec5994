/**
 * The snapshots of a test file whose tests several workers ran. None of them has saved anything:
 * each would have written the file without the others' snapshots, and taken theirs for obsolete. Here
 * the running Jest's own SnapshotState saves what they all did.
 */
import type {Config} from '@jest/types';
import type {SavedSnapshots} from '../core/merge';
import type {SnapshotChanges} from '../core/protocol';

/** What of jest-snapshot's SnapshotState is used here. Fields with a _ are private; 29.7 and 30 have the same. */
export interface SnapshotState {
  readonly _snapshotData: Record<string, string>;
  _dirty: boolean;
  _uncheckedKeys: Set<string>;
  _inlineSnapshots: unknown[];
  getUncheckedCount(): number;
  getUncheckedKeys(): string[];
  removeUncheckedKeys(): void;
  save(): {readonly deleted: boolean};
}

export type SnapshotStateClass = new (
  path: string,
  options: Readonly<Record<keyof SnapshotSettings, unknown>>,
) => SnapshotState;

/** From Jest's GlobalConfig and ProjectConfig. */
export interface SnapshotSettings {
  readonly updateSnapshot: Config.SnapshotUpdateState;
  readonly expand: boolean | undefined;
  readonly snapshotFormat: Config.ProjectConfig['snapshotFormat'];
  readonly rootDir: string;
  /** For snapshots inside of test files. */
  readonly prettierPath: string | null;
}

/**
 * @param changes of all workers that had some of the file's tests
 * @throws if the file cannot be read or written, or SnapshotState is not what we know
 */
export function saveSnapshots(
  changes: readonly SnapshotChanges[],
  settings: SnapshotSettings,
  SnapshotState: SnapshotStateClass,
): SavedSnapshots {
  const [first] = changes;
  if (first === undefined) return {fileDeleted: false, unchecked: 0, uncheckedKeys: []};
  const state = new SnapshotState(first.path, settings);
  layOn(state, changes);
  // What jest-circus does at the end of a test file (_addSnapshotData).
  const unchecked = state.getUncheckedCount();
  const uncheckedKeys = state.getUncheckedKeys();
  if (unchecked > 0) state.removeUncheckedKeys();
  const {deleted} = state.save();
  return {fileDeleted: deleted, unchecked: deleted ? 0 : unchecked, uncheckedKeys: [...uncheckedKeys]};
}

/** Brings a state as of the file on disk to where it would be, had all tests run with it. */
function layOn(state: SnapshotState, changes: readonly SnapshotChanges[]): void {
  if (
    typeof state._snapshotData !== 'object' ||
    typeof state._dirty !== 'boolean' ||
    typeof state._uncheckedKeys?.has !== 'function' ||
    !Array.isArray(state._inlineSnapshots)
  ) {
    throw new Error("jest-runner-xdist: cannot save a split file's snapshots: this Jest's SnapshotState is not known");
  }
  // A key is obsolete if no test has asked for it, in whatever worker.
  const unchecked = changes.map(slice => new Set(slice.unchecked));
  for (const key of [...state._uncheckedKeys]) {
    if (!unchecked.every(keys => keys.has(key))) state._uncheckedKeys.delete(key);
  }
  for (const {written, dirty, inline} of changes) {
    Object.assign(state._snapshotData, written);
    state._inlineSnapshots.push(...inline);
    state._dirty ||= dirty;
  }
}

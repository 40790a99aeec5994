/**
 * Writes the snapshots of a test file that several workers ran, with the running Jest's SnapshotState. (If one worker
 * runs a file whole, Jest's own code in that worker writes them.) The sessions of a split file save nothing: each would
 * consider the other sessions' snapshots obsolete. Workers on different nodes save, but remove no obsolete snapshots.
 */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import {hasCapability} from '../../core/jest/capabilities';
import type {SavedSnapshots} from '../../core/results/merge';
import type {SnapshotChanges, WhenTakenBack} from '../../core/wire/workerMessages';

/** The part of jest-snapshot's SnapshotState that we use. Fields with a _ are private, and the same in 29.7 and 30. */
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

/** The fields of Jest's GlobalConfig and ProjectConfig that matter for snapshots. */
export interface SnapshotSettings {
  readonly updateSnapshot: Config.SnapshotUpdateState;
  readonly expand: boolean | undefined;
  readonly snapshotFormat: Config.ProjectConfig['snapshotFormat'];
  readonly rootDir: string;
  /** The path of prettier, which formats inline snapshots. */
  readonly prettierPath: string | null;
}

export function snapshotSettings(
  {context: {config}}: Test,
  {updateSnapshot, expand}: Pick<Config.GlobalConfig, 'updateSnapshot' | 'expand'>,
): SnapshotSettings {
  const {snapshotFormat, rootDir, prettierPath} = config;
  return {updateSnapshot, expand, snapshotFormat, rootDir, prettierPath};
}

/** The report if we do not know Jest's SnapshotState: no snapshot is written, and none is obsolete. */
export const NOT_SAVED: SavedSnapshots = {fileDeleted: false, unchecked: 0, uncheckedKeys: []};

/**
 * @param changes the changes of all sessions of the file
 * @param keepsObsolete keep obsolete snapshots even with -u; they are only reported
 * @throws if the file cannot be read or written, or if SnapshotState has an unknown form
 */
export function saveSnapshots(
  changes: readonly SnapshotChanges[],
  settings: SnapshotSettings,
  SnapshotState: SnapshotStateClass,
  keepsObsolete = false,
): SavedSnapshots {
  const [first] = changes;
  if (first === undefined) return NOT_SAVED;
  const state = stateOf(first.path, settings, SnapshotState);
  layOn(state, changes);
  // The same steps as in jest-circus at the end of a test file (_addSnapshotData).
  const unchecked = state.getUncheckedCount();
  const uncheckedKeys = state.getUncheckedKeys();
  if (unchecked > 0 && !keepsObsolete) state.removeUncheckedKeys();
  const {deleted} = state.save();
  return {fileDeleted: deleted, unchecked: deleted ? 0 : unchecked, uncheckedKeys: [...uncheckedKeys]};
}

/**
 * Removes the snapshots with these keys from a file, as Jest removes obsolete ones with -u.
 *
 * @returns whether no snapshot was left, so that the file is deleted
 * @throws like `saveSnapshots`
 */
export function removeSnapshots(
  path: string,
  keys: readonly string[],
  settings: SnapshotSettings,
  SnapshotState: SnapshotStateClass,
): boolean {
  const state = stateOf(path, settings, SnapshotState);
  // No test has run with this state, so all keys are unchecked.
  for (const key of [...state._uncheckedKeys]) if (!keys.includes(key)) state._uncheckedKeys.delete(key);
  state.removeUncheckedKeys();
  return state.save().deleted;
}

/** That of the file on disk. */
function stateOf(path: string, settings: SnapshotSettings, SnapshotState: SnapshotStateClass): SnapshotState {
  const state = new SnapshotState(path, settings);
  if (!hasCapability('snapshotState', state)) {
    throw new Error("jest-runner-xdist: cannot save a file's snapshots: this Jest's SnapshotState is not known");
  }
  return state;
}

/** Brings a state as of the file on disk to where it would be, had all tests run with it. */
function layOn(state: SnapshotState, changes: readonly SnapshotChanges[]): void {
  // A key is obsolete if no test has asked for it, in whatever worker.
  const unchecked = changes.map(slice => new Set(slice.unchecked));
  for (const key of [...state._uncheckedKeys]) {
    if (!unchecked.every(keys => keys.has(key))) state._uncheckedKeys.delete(key);
  }
  const takenBack = changes.flatMap(slice => Object.entries(slice.takenBack)).sort(([, a], [, b]) => inTime(a, b));
  for (const [key] of takenBack) if (state._uncheckedKeys.delete(key)) state._uncheckedKeys.add(key);
  for (const {written, dirty, inline} of changes) {
    Object.assign(state._snapshotData, written);
    state._inlineSnapshots.push(...inline);
    state._dirty ||= dirty;
  }
}

function inTime(a: WhenTakenBack, b: WhenTakenBack): number {
  if (a.after !== b.after) return a.after - b.after;
  if (a.deferred === null || b.deferred === null) return Number(a.deferred !== null) - Number(b.deferred !== null);
  return b.deferred.depth - a.deferred.depth || a.deferred.place - b.deferred.place;
}

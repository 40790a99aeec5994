/** What a unit may do to its file's snapshots if the file runs on several nodes, with one unit for each. */
import type {Config} from '@jest/types';
import type {Unit} from '../plan/units';

/**
 * `as-configured`: what the user's own `updateSnapshot` says. The other two differ only with `-u`.
 * `keep-obsolete`: the unit removes no snapshot, because a test on another node may use it.
 * `add-only`: the unit does not overwrite snapshots, either, because the node before has just written them.
 */
export const SNAPSHOT_USES = ['as-configured', 'keep-obsolete', 'add-only'] as const;
export type SnapshotUse = (typeof SNAPSHOT_USES)[number];

export function snapshotUseOf({node, after}: Pick<Unit, 'node' | 'after'>): SnapshotUse {
  if (node === null) return 'as-configured';
  return after === null ? 'keep-obsolete' : 'add-only';
}

/** Jest's `updateSnapshot` for a unit. It has no value that keeps obsolete snapshots: the caller that saves must. */
export function updateSnapshotFor(
  use: SnapshotUse,
  configured: Config.SnapshotUpdateState,
): Config.SnapshotUpdateState {
  return use === 'add-only' && configured === 'all' ? 'new' : configured;
}

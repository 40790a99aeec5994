/** What a unit may do to its file's snapshots, where the file runs on several nodes, of which each has a unit. */
import type {Config} from '@jest/types';
import type {Unit} from '../plan/units';

/**
 * `as-configured`: what the user's own `updateSnapshot` says. With `-u` the other two differ from that.
 * `keep-obsolete`: no snapshot is removed, as another node may have the test that asks for it.
 * `add-only`: none is written over either, as it is that of the node before.
 */
export const SNAPSHOT_USES = ['as-configured', 'keep-obsolete', 'add-only'] as const;
export type SnapshotUse = (typeof SNAPSHOT_USES)[number];

export function snapshotUseOf({node, after}: Pick<Unit, 'node' | 'after'>): SnapshotUse {
  if (node === null) return 'as-configured';
  return after === null ? 'keep-obsolete' : 'add-only';
}

/** Jest's `updateSnapshot` for a unit. Of what is obsolete Jest has no word: whoever saves has to leave that. */
export function updateSnapshotFor(
  use: SnapshotUse,
  configured: Config.SnapshotUpdateState,
): Config.SnapshotUpdateState {
  return use === 'add-only' && configured === 'all' ? 'new' : configured;
}

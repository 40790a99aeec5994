/** What is remembered of a file that runs on each node, as one record: for planning. */
import {fileKey, type Durations, type FileRecord} from '../plan/durations';

/**
 * @param key of the file, as for a run without nodes
 * @param nodes the names of all nodes; empty: the file runs once
 * @returns null: not all of it is known
 */
export function recordOnNodes(durations: Durations, key: string, nodes: readonly string[]): FileRecord | null {
  const [first, ...others] = nodes.map(node => durations.get(fileKey(null, key, node)) ?? null);
  if (first === undefined) return durations.get(key) ?? null;
  return others.reduce(added, first);
}

/** A job has the file on all nodes. */
function added(one: FileRecord | null, other: FileRecord | null): FileRecord | null {
  if (one === null || other === null) return null;
  return {
    at: Math.max(one.at, other.at),
    ms: one.ms === null || other.ms === null ? null : one.ms + other.ms,
    tests: {},
    short: 0,
    end: one.end === 'passed' ? other.end : one.end,
  };
}

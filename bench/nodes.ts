/** Finds the Node versions on which a benchmark can run. */
import {existsSync} from 'node:fs';
import {nodeOf} from '../test/e2e/project';
import {CommandError, type NodeMajor} from './command';

/**
 * @param major null: the Node that runs this code
 * @throws CommandError if that Node is not installed
 */
export function pathOfNode(major: NodeMajor | null): string {
  if (major === null || process.versions.node.startsWith(`${major}.`)) return process.execPath;
  // The project is developed on the oldest supported Node, so no install has its own copy of it.
  const path = major === 20 ? null : nodeOf(major);
  if (path === null || !existsSync(path))
    throw new CommandError(`Node ${major} is not installed. Run the benchmark with it, without --node.`);
  return path;
}

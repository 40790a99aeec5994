/** The Nodes that a benchmark can run on. */
import {existsSync} from 'node:fs';
import {nodeOf} from '../test/e2e/project';
import {CommandError, type NodeMajor} from './command';

/**
 * @param major null: the Node that runs this
 * @throws CommandError if there is none
 */
export function pathOfNode(major: NodeMajor | null): string {
  if (major === null || process.versions.node.startsWith(`${major}.`)) return process.execPath;
  // The oldest Node is the one that the project is developed on: nothing installs it.
  const path = major === 20 ? null : nodeOf(major);
  if (path === null || !existsSync(path))
    throw new CommandError(`Node ${major} is not installed. Run the benchmark with it, without --node.`);
  return path;
}

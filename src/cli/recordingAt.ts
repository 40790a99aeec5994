/** Which recording a command is about. */
import {resolve} from 'node:path';
import {CommandError, type Arguments} from './command';
import {recordingsOfProject} from './project';

/**
 * @param given as the user named it; undefined: the project's latest
 * @throws {CommandError} if the project has none
 */
export function recordingAt(given: string | undefined, args: Arguments, cwd: string): string {
  if (given !== undefined) return resolve(cwd, given);
  const [latest] = recordingsOfProject(args, cwd);
  if (latest === undefined) {
    throw new CommandError('There is no recording of this project. Each run of Jest with this runner leaves one.');
  }
  return latest;
}

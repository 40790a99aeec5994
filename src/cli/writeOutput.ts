/** Writes the file that a command makes. */
import {writeFileSync} from 'node:fs';
import {relative, resolve} from 'node:path';
import {CommandError} from './command';

/**
 * @returns how to name the file
 * @throws {CommandError}
 */
export function writeOutput(given: string, cwd: string, text: string): string {
  const path = resolve(cwd, given);
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${(error as Error).message}`);
  }
  return relative(cwd, path) || path;
}

/** A folder for code that will be run: nobody else may write there. */
import {chmodSync, lstatSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** Write access of the group, and of all others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes the folder. If it is the user's own, and others may write there, it is emptied, and closed to them.
 *
 * @returns why it may not be used; null: it may
 * @throws if it cannot be made, or emptied
 */
export function makePrivate(folder: string): string | null {
  mkdirSync(dirname(folder), {recursive: true});
  try {
    mkdirSync(folder, {mode: 0o700});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return 'it is no folder'; // a link can be made to lead elsewhere
  const user = process.getuid?.();
  if (user === undefined) return null; // on Windows, access is by lists
  // The superuser can do all of this anyway.
  if (stats.uid !== user && stats.uid !== 0) return `it belongs to another user (${stats.uid})`;
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return null;
  chmodSync(folder, 0o700);
  if ((lstatSync(folder).mode & WRITABLE_BY_OTHERS) !== 0) return 'others may write there';
  for (const name of readdirSync(folder)) rmSync(join(folder, name), {recursive: true, force: true});
  return null;
}

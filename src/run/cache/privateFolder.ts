/** A folder for code that a later process will run, so that no other user may write to it. */
import {chmodSync, lstatSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** The mode bits for write access by the group and by others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Creates the folder. If others may write to an existing folder of this user, empties it and removes their access.
 *
 * @returns why we may not use the folder; null: we may
 * @throws if the folder cannot be created or emptied
 */
export function makePrivate(folder: string): string | null {
  mkdirSync(dirname(folder), {recursive: true});
  try {
    mkdirSync(folder, {mode: 0o700});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return 'it is no folder'; // somebody could redirect a link
  const user = process.getuid?.();
  if (user === undefined) return null; // on Windows, access is by lists
  // A folder of root is safe: root can write anywhere.
  if (stats.uid !== user && stats.uid !== 0) return `it belongs to another user (${stats.uid})`;
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return null;
  chmodSync(folder, 0o700);
  if ((lstatSync(folder).mode & WRITABLE_BY_OTHERS) !== 0) return 'others may write there';
  for (const name of readdirSync(folder)) rmSync(join(folder, name), {recursive: true, force: true});
  return null;
}

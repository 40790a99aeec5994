/** A folder of a run's own, among the temporary ones, and the path of a socket in it, which other processes connect to. */
import {mkdtempSync, rmSync} from 'node:fs';
import {readdir, rm, stat} from 'node:fs/promises';
import {createConnection} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** sun_path holds 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

const FOLDER_PREFIX = 'jest-runner-xdist-';
const SOCKET_NAME = 's';
const TEMP =
  Buffer.byteLength(tmpdir()) + `/${FOLDER_PREFIX}123456/${SOCKET_NAME}`.length > LONGEST_SOCKET_PATH
    ? '/tmp'
    : tmpdir();

export class SocketFolder {
  readonly path = mkdtempSync(join(TEMP, FOLDER_PREFIX));
  readonly socketPath =
    process.platform === 'win32' ? `\\\\.\\pipe\\${this.path.replaceAll('\\', '-')}` : join(this.path, SOCKET_NAME);
  readonly #remove = () => rmSync(this.path, {recursive: true, force: true});

  constructor() {
    // Jest leaves through process.exit on --bail; nothing else would tidy up then.
    process.on('exit', this.#remove);
  }

  remove(): void {
    process.off('exit', this.#remove);
    this.#remove();
    void sweep();
  }
}

/**
 * Removes what runs that ended by a signal have left: nothing of theirs could. A folder is one of
 * those if it is ours by name, and nobody listens at its socket any more; a process id would say
 * nothing of a run in another container that shares the temporary folder.
 */
async function sweep(): Promise<void> {
  const names = await readdir(TEMP).catch(() => []);
  for (const name of names.filter(candidate => candidate.startsWith(FOLDER_PREFIX))) {
    const folder = join(TEMP, name);
    if (await isAbandoned(folder)) await rm(folder, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  // A run that is about to listen has a folder and no socket yet.
  const age = await stat(folder).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age < 60_000) return false;
  return new Promise(resolve => {
    const socket = createConnection(join(folder, SOCKET_NAME));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', ({code}: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' || code === 'ENOENT'));
  });
}

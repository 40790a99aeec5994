/** A run's own temporary folder, and the path of the socket in it. */
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {readdir, rm, stat} from 'node:fs/promises';
import {createConnection} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

/** sun_path holds 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

const FOLDER_PREFIX = 'jest-runner-xdist-';
const SOCKET_NAME = 's';

export class SocketFolder {
  readonly path: string;
  readonly socketPath: string;
  readonly #remove = () => {
    try {
      rmSync(this.path, {recursive: true, force: true});
    } catch {
      // The disk may be read-only by now, or a test has removed our permission. A later run removes the folder.
    }
  };

  /**
   * @param spare used if the temporary folder is unusable; it need not exist
   * @throws if neither folder is usable
   */
  constructor(spare: string) {
    this.path = makeFolder(spare);
    this.socketPath = socketIn(this.path);
    // On --bail, Jest calls process.exit, and only this listener runs then.
    process.on('exit', this.#remove);
  }

  /** Whether a process that starts now can connect. A test that empties the temporary folder removes the socket too. */
  get isWhole(): boolean {
    return existsSync(process.platform === 'win32' ? this.path : this.socketPath);
  }

  remove(): void {
    process.off('exit', this.#remove);
    this.#remove();
    void sweep(dirname(this.path));
  }
}

/** On Windows, a named pipe, which is in no folder. */
function socketIn(folder: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replaceAll('\\', '-')}` : join(folder, SOCKET_NAME);
}

function makeFolder(spare: string): string {
  const places = [tmpdir(), ...(process.platform === 'win32' ? [] : ['/tmp']), ...(spare === '' ? [] : [spare])];
  const problems: string[] = [];
  for (const place of new Set(places)) {
    if (Buffer.byteLength(join(place, `${FOLDER_PREFIX}123456`, SOCKET_NAME)) > LONGEST_SOCKET_PATH) {
      problems.push(`${place}: the path is too long for a socket`);
      continue;
    }
    try {
      if (place === spare) mkdirSync(place, {recursive: true});
      return mkdtempSync(join(place, FOLDER_PREFIX));
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    'jest-runner-xdist: a run needs a temporary folder, and none could be made. Set TMPDIR to a folder that exists, has ' +
      `space left and may be written to. Tried:\n${problems.map(problem => `  ${problem}`).join('\n')}`,
  );
}

/**
 * Removes the folders of runs that a signal has killed. Such a folder has our name pattern, and no process listens on
 * its socket. (A process id would not identify a run in another container that shares the temporary folder.)
 */
async function sweep(place: string): Promise<void> {
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter(candidate => candidate.startsWith(FOLDER_PREFIX))) {
    const folder = join(place, name);
    if (await isAbandoned(folder)) await rm(folder, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  // A starting run has a folder but no socket yet.
  const age = await stat(folder).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age < 60_000) return false;
  return new Promise(resolve => {
    const socket = createConnection(socketIn(folder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', ({code}: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' || code === 'ENOENT'));
  });
}

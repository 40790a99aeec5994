/** A folder of a run's own, among the temporary ones, and the path of a socket in it, which other processes connect to. */
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
      // The disk may be read-only by now, or a test has taken the right away. A later run removes it.
    }
  };

  /**
   * @param spare a folder for it where no temporary one can be used; it need not exist
   * @throws if that cannot be used either
   */
  constructor(spare: string) {
    this.path = makeFolder(spare);
    this.socketPath = socketIn(this.path);
    // Jest leaves through process.exit on --bail; nothing else would tidy up then.
    process.on('exit', this.#remove);
  }

  /** Whether a process that starts now can connect: what empties the temporary folder takes this one along. */
  get isWhole(): boolean {
    return existsSync(process.platform === 'win32' ? this.path : this.socketPath);
  }

  remove(): void {
    process.off('exit', this.#remove);
    this.#remove();
    void sweep(dirname(this.path));
  }
}

/** A named pipe on Windows, which is in no folder. */
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
 * Removes what runs that ended by a signal have left: nothing of theirs could. A folder is one of
 * those if it is ours by name, and nobody listens at its socket any more; a process id would say
 * nothing of a run in another container that shares the temporary folder.
 */
async function sweep(place: string): Promise<void> {
  const names = await readdir(place).catch(() => []);
  for (const name of names.filter(candidate => candidate.startsWith(FOLDER_PREFIX))) {
    const folder = join(place, name);
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
    const socket = createConnection(socketIn(folder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', ({code}: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' || code === 'ENOENT'));
  });
}

/**
 * Where the workers of a run connect to: a socket of the run's own, and the folder that it lies in.
 * jest-worker can send nothing into a call that is under way; over this a worker is given its work.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {readdir, rm, stat} from 'node:fs/promises';
import {createConnection, createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LineBuffer} from '../core/messages';
import {parseHello, type Hello} from '../core/protocol';
import {parseFromWatchdog, parseWatchdogHello, type FromWatchdog} from '../core/watching';

/** sun_path holds 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

const FOLDER_PREFIX = 'jest-runner-xdist-';
const SOCKET_NAME = 's';
const TEMP =
  Buffer.byteLength(tmpdir()) + `/${FOLDER_PREFIX}123456/${SOCKET_NAME}`.length > LONGEST_SOCKET_PATH
    ? '/tmp'
    : tmpdir();

export interface WorkerServerListener {
  /** Called once for each worker, when it is up. */
  readonly onWorker: (hello: Hello, socket: Socket) => void;
  readonly onWatchdog: (hello: Hello, message: FromWatchdog) => void;
  readonly onWatchdogGone: (hello: Hello) => void;
}

export class WorkerServer {
  readonly socketPath: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #removeFolder = () => rmSync(this.#folder, {recursive: true, force: true});

  private constructor({onWorker, onWatchdog, onWatchdogGone}: WorkerServerListener) {
    this.#folder = mkdtempSync(join(TEMP, FOLDER_PREFIX));
    this.socketPath =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\${this.#folder.replaceAll('\\', '-')}`
        : join(this.#folder, SOCKET_NAME);
    // Jest leaves through process.exit on --bail; nothing else would tidy up then.
    process.on('exit', this.#removeFolder);
    this.#server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // a worker that dies resets its connection
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (watchdog !== null) onWatchdogGone(watchdog);
      });
      const lines = new LineBuffer();
      let watchdog: Hello | null = null;
      const hear = (line: string) => {
        if (watchdog !== null) return onWatchdog(watchdog, parseFromWatchdog(line));
        watchdog = parseWatchdogHello(line);
        if (watchdog === null) onWorker(parseHello(line), socket);
      };
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        try {
          for (const line of lines.push(chunk)) hear(line);
        } catch {
          socket.destroy(); // whoever that is, it is none of ours: a worker that has lost its line is lost
        }
      });
    });
  }

  static async listen(listener: WorkerServerListener): Promise<WorkerServer> {
    const server = new WorkerServer(listener);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(server.socketPath, resolve);
    });
    return server;
  }

  /** Where the process of a slot leaves word of how it ended. */
  exitRecordPath(slot: number, generation: number): string {
    return join(this.#folder, `w${slot}.${generation}.exit`);
  }

  /** Where the process of a slot keeps the journal of the file that it runs. */
  journalPath(slot: number, generation: number): string {
    return join(this.#folder, `w${slot}.${generation}.journal`);
  }

  /** Where the process of a slot says what keeps it alive. */
  leftOpenPath(slot: number, generation: number): string {
    return join(this.#folder, `w${slot}.${generation}.open`);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    process.off('exit', this.#removeFolder);
    this.#removeFolder();
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

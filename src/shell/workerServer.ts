/**
 * Where the workers of a run connect to: a socket of the run's own, and the folder that it lies in.
 * jest-worker can send nothing into a call that is under way; over this a worker is given its work.
 */
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LineBuffer, parseHello, type Hello} from '../core/protocol';
import {isAlive} from './processes';

/** sun_path holds 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

const FOLDER_PREFIX = 'xdist-';
const TEMP = Buffer.byteLength(tmpdir()) + '/xdist-1234567-123456/s'.length > LONGEST_SOCKET_PATH ? '/tmp' : tmpdir();

export class WorkerServer {
  readonly socketPath: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #removeFolder = () => rmSync(this.#folder, {recursive: true, force: true});

  private constructor(onConnect: (hello: Hello, socket: Socket) => void) {
    this.#folder = mkdtempSync(join(TEMP, `${FOLDER_PREFIX}${process.pid}-`));
    this.socketPath = process.platform === 'win32' ? `\\\\.\\pipe\\${this.#folder.replaceAll('\\', '-')}` : join(this.#folder, 's');
    // Jest leaves through process.exit on --bail; nothing else would tidy up then.
    process.on('exit', this.#removeFolder);
    this.#server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // a worker that dies resets its connection
      socket.on('close', () => this.#sockets.delete(socket));
      const lines = new LineBuffer();
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        for (const line of lines.push(chunk)) onConnect(parseHello(line), socket);
      });
    });
  }

  /** @param onConnect called once for each worker, when it is up */
  static async listen(onConnect: (hello: Hello, socket: Socket) => void): Promise<WorkerServer> {
    const server = new WorkerServer(onConnect);
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

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    process.off('exit', this.#removeFolder);
    this.#removeFolder();
    sweep();
  }
}

/** Removes the folders of runs that ended by a signal: nothing of theirs could. */
function sweep(): void {
  for (const name of readdirSync(TEMP)) {
    const pid = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmSync(join(TEMP, name), {recursive: true, force: true});
    } catch {
      // Another user's.
    }
  }
}

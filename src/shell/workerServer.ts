/**
 * Where the workers of a run connect to: a socket of the run's own. jest-worker can send nothing into a
 * call that is under way; over this a worker is given its work.
 */
import {createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import {LineBuffer} from '../core/messages';
import {parseHello, type Hello} from '../core/protocol';
import {parseFromWatchdog, parseWatchdogHello, type FromWatchdog} from '../core/watching';
import {SocketFolder} from './socketFolder';

export interface WorkerServerListener {
  /** Called once for each worker, when it is up. */
  readonly onWorker: (hello: Hello, socket: Socket) => void;
  readonly onWatchdog: (hello: Hello, message: FromWatchdog) => void;
  readonly onWatchdogGone: (hello: Hello) => void;
}

export class WorkerServer {
  readonly #folder = new SocketFolder();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #holders = 0;
  #unused = false;

  private constructor({onWorker, onWatchdog, onWatchdogGone}: WorkerServerListener) {
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

  get socketPath(): string {
    return this.#folder.socketPath;
  }

  /** Where the process of a slot leaves word of how it ended. */
  exitRecordPath(slot: number, generation: number): string {
    return join(this.#folder.path, `w${slot}.${generation}.exit`);
  }

  /** Where the process of a slot keeps the journal of the file that it runs. */
  journalPath(slot: number, generation: number): string {
    return join(this.#folder.path, `w${slot}.${generation}.journal`);
  }

  /** Where the process of a slot says what keeps it alive. */
  leftOpenPath(slot: number, generation: number): string {
    return join(this.#folder.path, `w${slot}.${generation}.open`);
  }

  /** A worker stays when the run has ended, and with it its line. @returns what is to be called when the worker is gone */
  hold(): () => void {
    this.#holders++;
    return () => {
      this.#holders--;
      this.#closeUnlessHeld();
    };
  }

  /** The run has ended. */
  close(): void {
    this.#unused = true;
    this.#server.unref();
    this.#closeUnlessHeld();
  }

  #closeUnlessHeld(): void {
    if (!this.#unused || this.#holders > 0) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#folder.remove();
  }
}

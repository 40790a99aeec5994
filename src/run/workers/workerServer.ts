/**
 * The socket of a run, to which its workers and their watchdogs connect. jest-worker can send nothing into a call that
 * is under way, so the parent gives a worker its work over this socket.
 */
import {randomBytes, timingSafeEqual} from 'node:crypto';
import {rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import {LineBuffer, ProtocolError} from '../../core/wire/values';
import {parseHello, type Hello, type WorkerSetup} from '../../core/wire/workerMessages';
import {
  parseFromWatchdog,
  parseWatchdogHello,
  type FromWatchdog,
  type WatchdogHello,
} from '../../core/wire/watchdogMessages';
import {SocketFolder} from './socketFolder';
import type {WorkerFiles} from './workerHost';

export interface WorkerServerListener {
  /** A worker has connected. Called once for each worker. */
  readonly onWorker: (hello: Hello, socket: Socket) => void;
  /** The watchdog of a worker has sent a message. */
  readonly onWatchdog: (hello: Hello, message: FromWatchdog) => void;
  /** The connection of a watchdog has closed. */
  readonly onWatchdogGone: (hello: Hello) => void;
  /** A process of this run has sent a line that is no message, and its connection is closed. */
  readonly onBroken: (hello: Hello, error: Error) => void;
}

/** The most characters of a line. The longest message is a watchdog's, with a stack of 30 calls. */
const LONGEST_LINE = 2 ** 20;

interface Place {
  readonly folder: SocketFolder;
  readonly server: Server;
}

export class WorkerServer {
  /** A process must know the token to connect. */
  readonly token = randomBytes(32).toString('hex');
  readonly #listener: WorkerServerListener;
  /** See SocketFolder. */
  readonly #spare: string;
  /** Workers that start now connect to the last place. */
  readonly #places: Place[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #keepsAlive: boolean;

  private constructor(listener: WorkerServerListener, spare: string, keepsAlive: boolean) {
    this.#listener = listener;
    this.#spare = spare;
    this.#keepsAlive = keepsAlive;
  }

  /**
   * @param spare a folder for what is needed on disk, where no temporary one can be used
   * @param keepsAlive whether this process stays alive as long as the server listens
   * @throws (rejects) if that cannot be used either
   */
  static async listen(
    listener: WorkerServerListener,
    spare: string,
    {keepsAlive = true}: {readonly keepsAlive?: boolean} = {},
  ): Promise<WorkerServer> {
    const server = new WorkerServer(listener, spare, keepsAlive);
    const place = server.#open();
    await new Promise<void>((resolve, reject) => place.server.once('listening', resolve).once('error', reject));
    return server;
  }

  /** The paths for a worker that starts now. If a test has emptied the temporary folder, they are in a new folder. */
  filesFor(slot: number, generation: number): Pick<WorkerSetup, 'socketPath' | WorkerFiles> {
    const {path, socketPath} = this.#wholePlace().folder;
    return {socketPath, ...filesIn(path, slot, generation)};
  }

  /** The worker has ended, and nobody reads what it has left. */
  removeFiles(slot: number, generation: number): void {
    for (const {folder} of this.#places) {
      for (const path of Object.values(filesIn(folder.path, slot, generation))) rmSync(path, {force: true});
    }
  }

  #accept(socket: Socket): void {
    const listener = this.#listener;
    this.#sockets.add(socket);
    const lines = new LineBuffer(LONGEST_LINE);
    let peer: Hello | WatchdogHello | null = null;
    /** @returns acts on the line */
    const read = (line: string): (() => void) => {
      if (peer === null) {
        const hello = parseWatchdogHello(line) ?? parseHello(line);
        if (!this.#isToken(hello.token)) throw new ProtocolError("the run's token", null);
        peer = hello;
        return () => (isWatchdog(hello) ? undefined : listener.onWorker(hello, socket));
      }
      const from = peer;
      if (!isWatchdog(from)) throw new ProtocolError('nothing more from a worker over its socket', line);
      const message = parseFromWatchdog(line);
      return () => listener.onWatchdog(from, message);
    };
    socket.on('error', () => undefined); // a worker that dies resets its connection
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (peer !== null && isWatchdog(peer)) listener.onWatchdogGone(peer);
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (socket.destroyed) return;
      const actions: (() => void)[] = [];
      try {
        for (const line of lines.push(chunk)) actions.push(read(line));
      } catch (error) {
        socket.destroy();
        // A peer that has not said a valid hello is no process of this run.
        if (peer !== null) actions.push(() => listener.onBroken(peer as Hello, error as Error));
      }
      for (const act of actions) act();
    });
  }

  #isToken(given: string): boolean {
    const [one, other] = [Buffer.from(given), Buffer.from(this.token)];
    return one.length === other.length && timingSafeEqual(one, other);
  }

  close(): void {
    for (const {server} of this.#places) server.close();
    for (const socket of this.#sockets) socket.destroy();
    for (const {folder} of this.#places) folder.remove();
  }

  #wholePlace(): Place {
    const last = this.#places.at(-1) as Place;
    if (last.folder.isWhole) return last;
    try {
      return this.#open(); // workers can connect at once: `listen` creates a socket's path synchronously
    } catch {
      return last; // the worker reports that it could not connect
    }
  }

  #open(): Place {
    const folder = new SocketFolder(this.#spare);
    const server = createServer(socket => this.#accept(socket));
    server.on('error', () => undefined); // a worker that cannot connect reports that
    server.listen(folder.socketPath);
    if (!this.#keepsAlive) server.unref();
    const place = {folder, server};
    this.#places.push(place);
    return place;
  }
}

function filesIn(folder: string, slot: number, generation: number): Pick<WorkerSetup, WorkerFiles> {
  const name = join(folder, `w${slot}.${generation}`);
  return {exitRecordPath: `${name}.exit`, journalPath: `${name}.journal`, departurePath: `${name}.departure`};
}

function isWatchdog(hello: Hello | WatchdogHello): hello is WatchdogHello {
  return 'watchdog' in hello;
}

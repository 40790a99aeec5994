/**
 * Where the workers of a run connect to: a socket of the run's own. jest-worker can send nothing into a
 * call that is under way; over this a worker is given its work.
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
  /** Called once for each worker, when it is up. */
  readonly onWorker: (hello: Hello, socket: Socket) => void;
  readonly onWatchdog: (hello: Hello, message: FromWatchdog) => void;
  readonly onWatchdogGone: (hello: Hello) => void;
  /** A process of this run has sent what is no message. */
  readonly onBroken: (hello: Hello, error: Error) => void;
}

/** Of the first line, and of what a watchdog says: a stack of 30 calls is the most of it. */
const LONGEST_LINE = 2 ** 20;

interface Place {
  readonly folder: SocketFolder;
  readonly server: Server;
}

export class WorkerServer {
  /** Whoever connects has to know it. */
  readonly token = randomBytes(32).toString('hex');
  readonly #listener: WorkerServerListener;
  /** See SocketFolder. */
  readonly #spare: string;
  /** The last is for workers that start now. */
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

  /** For a worker that starts now. Where a test has emptied the temporary folder, there is another from then on. */
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
    /** @returns what is to be done about the line */
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
        // Without a peer: whoever that is, it is none of ours.
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
      return this.#open(); // it can be connected to at once: what a socket's path needs is done synchronously
    } catch {
      return last; // the worker says what it could not connect to
    }
  }

  #open(): Place {
    const folder = new SocketFolder(this.#spare);
    const server = createServer(socket => this.#accept(socket));
    server.on('error', () => undefined); // a worker that cannot connect says so
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

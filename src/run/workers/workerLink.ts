/**
 * The parent's end of the link to one worker. Orders go over the socket that the worker opens; news arrives through
 * jest-worker. The link also notes which units the worker has acknowledged.
 */
import type {Socket} from 'node:net';
import {parseFromWorker, type FromWorker, type ToWorker} from '../../core/wire/workerMessages';
import {GivenUnits} from './givenUnits';

export interface WorkerLinkOptions {
  /** Whether somebody looks at the process with a debugger. */
  readonly isDebugged: () => boolean;
  /** The worker has not begun what it was given. @param ms for how long */
  readonly onIgnored: (ms: number) => void;
  /** The connection has closed, and jest-worker has had time to report a death. */
  readonly onDisconnected: () => void;
}

/** How long (ms) after the end of a connection jest-worker may take to report the worker's death. */
const DEAF_AFTER_MS = 2000;

export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  #socket: Socket | null = null;
  #pid: number | null = null;
  #referenced = true;
  /** Orders for a worker that has not connected yet. */
  readonly #unsent: ToWorker[] = [];
  #given: GivenUnits;

  /** @param hardTimeoutMs how long (ms) whatever runs may take; 0: any time */
  constructor(options: WorkerLinkOptions, hardTimeoutMs: number) {
    this.#options = options;
    this.#given = this.#newGivenUnits(hardTimeoutMs);
  }

  /** The worker's process; null: the worker has not connected yet. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The worker has connected. */
  connect(socket: Socket, pid: number): void {
    this.#socket = socket;
    this.#pid = pid;
    if (!this.#referenced) socket.unref();
    for (const order of this.#unsent.splice(0)) this.#write(socket, order);
    // The socket of a dying process closes too. jest-worker knows more of a death; but a process that lives is deaf.
    socket.once('close', () => setTimeout(this.#options.onDisconnected, DEAF_AFTER_MS).unref());
  }

  /** Sends an order, as soon as the worker has connected. */
  send(order: ToWorker): void {
    if (order.type === 'give') this.#given.gave(order.units.map(({id}) => id));
    if (this.#socket === null) this.#unsent.push(order);
    else this.#write(this.#socket, order);
  }

  /**
   * Reads what the worker has sent through jest-worker.
   *
   * @throws {ProtocolError} if that is no message
   */
  read(message: unknown): FromWorker {
    const news = parseFromWorker(message);
    if (news.type === 'unit-started') this.#given.began(news.unit);
    else if (news.type === 'unit-done') this.#given.ended(news.unit);
    else if (news.type === 'units-returned') this.#given.returned(news.units);
    return news;
  }

  /** No acknowledgment is awaited any more. */
  expectNothing(): void {
    this.#given.expectNothing();
  }

  /** The worker serves another run. @param hardTimeoutMs how long (ms) whatever runs may take; 0: any time */
  beginRun(hardTimeoutMs: number): void {
    this.#given = this.#newGivenUnits(hardTimeoutMs);
  }

  /** @param referenced whether the socket keeps Jest's process alive */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced;
    if (referenced) this.#socket?.ref();
    else this.#socket?.unref();
  }

  /** Ends the connection. */
  close(): void {
    this.#socket?.destroy();
  }

  #write(socket: Socket, order: ToWorker): void {
    socket.write(`${JSON.stringify(order)}\n`);
  }

  #newGivenUnits(hardTimeoutMs: number): GivenUnits {
    const {isDebugged, onIgnored} = this.#options;
    return new GivenUnits({hardTimeoutMs, isDebugged, onIgnored});
  }
}

/**
 * A watchdog's connection to the parent: it speaks over it, and it lives by it. A parent that was
 * killed can end nobody; but its end of this closes, and then the process goes, with all that it started.
 */
import {createConnection, type Socket} from 'node:net';
import type {FromWatchdog, WatchdogHello} from '../../core/wire/watchdogMessages';

export interface ParentSocketOptions {
  readonly path: string;
  readonly hello: WatchdogHello;
  /** The parent is gone. Not called if it was never there. */
  readonly onLost: () => void;
}

export class ParentSocket {
  readonly #socket: Socket;

  constructor({path, hello, onLost}: ParentSocketOptions) {
    this.#socket = createConnection(path);
    this.#socket.on('error', () => undefined); // 'close' follows
    this.#socket.once('connect', () => this.#socket.once('close', onLost));
    this.#socket.resume(); // nothing comes, but its end is read
    this.#write(hello);
  }

  send(message: FromWatchdog): void {
    if (!this.#socket.destroyed) this.#write(message);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(message: WatchdogHello | FromWatchdog): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }
}

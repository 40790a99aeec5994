/**
 * A watchdog's connection to the parent. The watchdog sends its findings over it. A killed parent cannot end its
 * workers, but the system closes the parent's end of this connection. Then the watchdog ends its process and all that
 * it started.
 */
import {createConnection, type Socket} from 'node:net';
import type {FromWatchdog, WatchdogHello} from '../../core/wire/watchdogMessages';

export interface ParentSocketOptions {
  readonly path: string;
  readonly hello: WatchdogHello;
  /** Called when the parent is gone. Not called if the connection never opened. */
  readonly onLost: () => void;
}

export class ParentSocket {
  readonly #socket: Socket;

  constructor({path, hello, onLost}: ParentSocketOptions) {
    this.#socket = createConnection(path);
    this.#socket.on('error', () => undefined); // 'close' follows
    this.#socket.once('connect', () => this.#socket.once('close', onLost));
    this.#socket.resume(); // the parent sends nothing, but only a reader sees the connection's end
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

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
  /**
   * Called when the parent is gone. Not called if the connection never opened for another reason: a test may have
   * removed the socket's file, and the parent lives.
   */
  readonly onLost: () => void;
}

/**
 * The errors of a connection that does not open because nobody listens any more. On a busy machine this thread may
 * begin after the first test has begun, and the parent may have been killed by then. The system leaves the socket's
 * file (unix(7): ECONNREFUSED), or the parent dies with the connection in its queue (ECONNRESET).
 */
const NOBODY_LISTENS: readonly unknown[] = ['ECONNREFUSED', 'ECONNRESET'];

export class ParentSocket {
  readonly #socket: Socket;

  constructor({path, hello, onLost}: ParentSocketOptions) {
    this.#socket = createConnection(path);
    let opened = false;
    let refused = false;
    this.#socket.once('connect', () => (opened = true));
    this.#socket.on('error', ({code}: NodeJS.ErrnoException) => (refused = NOBODY_LISTENS.includes(code)));
    this.#socket.once('close', () => {
      if (opened || refused) onLost();
    });
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

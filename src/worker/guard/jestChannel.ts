/**
 * The channel to Jest, of jest-worker's: a file descriptor of this process, which tests can close. No result arrives then, so
 * the process ends, and says what was done.
 */
import {fstatSync} from '../../pristine/fs';
import {withoutOurCalls} from '../circus/ownCalls';

const NO_RESULTS = 'Without its channel to Jest no result of this process arrives.';

// A custom environment, which runs in this realm, may put another function in its place.
const sendToJest = process.send?.bind(process);

export class JestChannel {
  readonly #onLost: (error: Error) => void;
  /** null: it has no number here (on Windows), or there is none (in a thread). */
  readonly #file: {readonly fd: number; readonly ino: number} | null;

  /** @param onLost told before the channel is closed by a call, or when a message could not leave */
  constructor(onLost: (error: Error) => void) {
    this.#onLost = onLost;
    const {fd = -1} = (process.channel ?? {}) as {readonly fd?: number};
    this.#file = fd < 0 ? null : {fd, ino: fstatSync(fd).ino};
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on whatever `process` the caller has
    const {disconnect} = process;
    if (typeof disconnect !== 'function') return;
    // Test files get a copy of `process`, with this function in it. A proxy looks like what it stands for.
    process.disconnect = new Proxy(disconnect, {
      apply(target, on: unknown, given: unknown[]) {
        // Node calls it on `process` itself, when Jest is gone. Then the watchdog ends the whole process group; this
        // process must not leave before, and what its tests have started behind.
        if (on !== process) {
          onLost(withoutOurCalls(new Error(`process.disconnect() was called. ${NO_RESULTS}`)) as Error);
        }
        return Reflect.apply(target, on, given) as unknown;
      },
    });
  }

  /** What to say of its file descriptor; null: it is open. */
  get closed(): string | null {
    if (this.#file === null) return null;
    const {fd, ino} = this.#file;
    try {
      if (fstatSync(fd).ino === ino) return null;
    } catch {
      // It is closed. Otherwise, another file has its number by now.
    }
    return `File descriptor ${fd} was closed, as fs.closeSync(${fd}) does. ${NO_RESULTS}`;
  }

  /** Resolves when the message has left this process. @throws what makes it no message */
  send(message: unknown): Promise<void> {
    return new Promise<void>((resolve, reject) =>
      sendToJest?.(message, undefined, undefined, error => {
        if (error === null) return resolve();
        if (this.closed !== null) this.#onLost(new Error(this.closed));
        reject(error);
      }),
    );
  }
}

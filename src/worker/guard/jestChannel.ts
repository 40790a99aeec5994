/**
 * jest-worker's channel to Jest. It is a file descriptor of this process, so a test can close it. Without it no result
 * arrives, so the process ends with an explanation.
 */
import {fstatSync} from '../../pristine/fs';
import {withoutOurCalls} from '../circus/ownCalls';

const NO_RESULTS = 'Without its channel to Jest no result of this process arrives.';

// Taken now, because a custom environment runs in this realm and may replace it.
const sendToJest = process.send?.bind(process);

export class JestChannel {
  readonly #onLost: (error: Error) => void;
  /** null: the channel has no descriptor (on Windows), or there is no channel (in a thread). */
  readonly #file: {readonly fd: number; readonly ino: number} | null;

  /** @param onLost called before a test closes the channel with a call, or after a message could not be sent */
  constructor(onLost: (error: Error) => void) {
    this.#onLost = onLost;
    const {fd = -1} = (process.channel ?? {}) as {readonly fd?: number};
    this.#file = fd < 0 ? null : {fd, ino: fstatSync(fd).ino};
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on whatever `process` the caller has
    const {disconnect} = process;
    if (typeof disconnect !== 'function') return;
    // Test files get a copy of `process` that contains this function. A proxy looks like the original.
    process.disconnect = new Proxy(disconnect, {
      apply(target, on: unknown, given: unknown[]) {
        // If Jest is gone, Node calls this on `process` itself. The watchdog then ends the whole process group. This
        // process must not exit before that: it would leave behind the processes that its tests have started.
        if (on !== process) {
          onLost(withoutOurCalls(new Error(`process.disconnect() was called. ${NO_RESULTS}`)) as Error);
        }
        return Reflect.apply(target, on, given) as unknown;
      },
    });
  }

  /** A text about the channel's closed file descriptor; null: it is open. */
  get closed(): string | null {
    if (this.#file === null) return null;
    const {fd, ino} = this.#file;
    try {
      if (fstatSync(fd).ino === ino) return null;
    } catch {
      // The descriptor is closed. (If `ino` differs, another file has the descriptor by now.)
    }
    return `File descriptor ${fd} was closed, as fs.closeSync(${fd}) does. ${NO_RESULTS}`;
  }

  /** Resolves when the message has left this process. @throws if the message cannot be serialized */
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

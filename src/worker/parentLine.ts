/** The connection to the parent. Orders arrive over a socket; news goes out through jest-worker. */
import {createConnection, type Socket} from 'node:net';
import {parentPort} from 'node:worker_threads';
import {LineBuffer} from '../core/wire/values';
import {parseToWorker, type AheadNews, type FromWorker, type Hello, type ToWorker} from '../core/wire/workerMessages';
import type {JestChannel} from './guard/jestChannel';
import {probe} from './jestProbes';
import {stackOfThrown} from './thrown';

/** Created before the first test file is loaded, because test files share Node's modules and may change them. */
const decoder = new TextDecoder();
const decode = decoder.decode.bind(decoder);

const READ_BYTES = 64 * 1024;

type MessageParent = (message: unknown, parentProcess?: NodeJS.Process) => void;

export class ParentLine {
  readonly #messageParent: MessageParent;
  readonly #socket: Socket;
  readonly #channel: JestChannel;

  private constructor(messageParent: MessageParent, socket: Socket, channel: JestChannel) {
    this.#messageParent = messageParent;
    this.#socket = socket;
    this.#channel = channel;
  }

  /**
   * Connects, and tells the parent which worker this is.
   *
   * @param jestWorkerPath the jest-worker that forked this process. The parent hears only its messages.
   * @param onOrder called for each order, and with 'close' when the parent is gone
   */
  static async connect(
    socketPath: string,
    hello: Hello,
    jestWorkerPath: string,
    channel: JestChannel,
    onOrder: (order: ToWorker) => void,
  ): Promise<ParentLine> {
    const {messageParent} = require(jestWorkerPath) as {messageParent: MessageParent};
    const lines = new LineBuffer();
    const memory = new ArrayBuffer(READ_BYTES);
    let hear: (text: string) => void = () => undefined; // the parent sends nothing before it has our hello
    // Node reads into the buffer and calls back. Events would go through methods of `Readable` and `EventEmitter`. If a
    // test left those mocked, no order would arrive.
    const callback = (count: number): boolean => {
      hear(decode(new Uint8Array(memory, 0, count), {stream: true}));
      return true;
    };
    const socket = createConnection({path: socketPath, onread: {buffer: new Uint8Array(memory), callback}});
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined); // 'close' follows
    const line = new ParentLine(messageParent, socket, channel);
    // If an event handler throws while a test runs, jest-circus fails that test.
    const guard = (doing: string, act: () => void) => {
      try {
        act();
      } catch (error) {
        socket.destroy();
        void line.send({type: 'fault', doing, error: stackOfThrown(error)}).catch(() => undefined); // the parent is gone
      }
    };
    socket.on('close', () => guard('lost its line to Jest', () => onOrder({type: 'close'})));
    hear = chunk => {
      if (socket.destroyed) return;
      guard('was given an order', () => {
        for (const text of lines.push(chunk)) onOrder(parseToWorker(text));
      });
    };
    // Only jest-worker's channel keeps a worker alive, as with the stock runner.
    socket.unref();
    socket.write(`${JSON.stringify(hello)}\n`);
    return line;
  }

  /**
   * Sends a message. Resolves when the message has left this process.
   *
   * jest-worker's messageParent does not tell when. A dying process may lose messages that are still in the channel,
   * and then the parent would blame the wrong file. So we replace the `process` that messageParent sends through, and
   * pass our own callback.
   */
  async send(message: FromWorker | AheadNews): Promise<void> {
    if (parentPort !== null) {
      this.#messageParent(message); // a thread's messages stay readable after its end
      return;
    }
    await new Promise<void>((resolve, reject) => {
      let handedOver = false;
      const send = (packed: unknown) => {
        handedOver = true;
        void this.#channel.send(packed).then(resolve, reject);
      };
      this.#messageParent(message, {send} as unknown as NodeJS.Process);
      // An unknown messageParent has sent the message in its own way. Nothing tells when the message has left.
      if (!probe('sentMessages', handedOver)) resolve();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

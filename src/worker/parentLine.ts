/** The line to the parent: its orders come in over a socket, ours go out through jest-worker. */
import {createConnection, type Socket} from 'node:net';
import {parentPort} from 'node:worker_threads';
import {LineBuffer} from '../core/wire/values';
import {parseToWorker, type AheadNews, type FromWorker, type Hello, type ToWorker} from '../core/wire/workerMessages';
import type {JestChannel} from './guard/jestChannel';
import {probe} from './jestProbes';
import {stackOfThrown} from './thrown';

/** Test files share Node's modules and may leave them changed: taken before the first of them is loaded. */
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
   * Connects, and says which worker this is.
   *
   * @param jestWorkerPath the jest-worker that forked this process: its messages are those that the parent hears
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
    let hear: (text: string) => void = () => undefined; // the parent speaks when it has heard from here
    // Node reads into the buffer and calls back. Events would go through methods of `Readable` and
    // `EventEmitter`. A test may have left those mocked, and then no order arrives any more.
    const callback = (count: number): boolean => {
      hear(decode(new Uint8Array(memory, 0, count), {stream: true}));
      return true;
    };
    const socket = createConnection({path: socketPath, onread: {buffer: new Uint8Array(memory), callback}});
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined); // 'close' follows, and says all there is to say
    const line = new ParentLine(messageParent, socket, channel);
    // What an event handler throws while a test runs, jest-circus takes for that test's failure.
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
    // What keeps a worker alive is jest-worker's channel, as with the stock runner.
    socket.unref();
    socket.write(`${JSON.stringify(hello)}\n`);
    return line;
  }

  /**
   * Sends a message; resolves when it has left this process.
   *
   * jest-worker's messageParent gives no sign of that, and what a dying process had handed to its
   * channel without waiting may be lost: the parent would blame the wrong file. So we stand in for
   * the `process` that messageParent sends through, and pass our callback on.
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
      // A messageParent that sends by itself has sent; nothing tells when that has left.
      if (!probe('sentMessages', handedOver)) resolve();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

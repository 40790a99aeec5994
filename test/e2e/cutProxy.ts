/** A TCP proxy on loopback whose connections a test can cut, as a network does, or hold at a certain byte. */
import {createServer, connect, type AddressInfo, type Server, type Socket} from 'node:net';
import {Transform} from 'node:stream';

/**
 * @param sent all that was sent to the server on one connection since `holdAt`, as Latin-1
 * @returns how much of it passes; null: all, so far
 */
export type PlaceOf = (sent: string) => number | null;

export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #placeOf: PlaceOf | null = null;
  #onHeld: () => void = () => undefined;
  /** Each passes what is held of a connection. */
  readonly #held: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param targetPort read at each connection: a server that is restarted may have another one */
  static async open(targetPort: () => number): Promise<CutProxy> {
    const server = createServer();
    const proxy = new CutProxy(server);
    server.on('connection', socket => proxy.#join(socket, targetPort()));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections. New ones end at once, until `mend`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Holds what a connection sends to the server from a place on. @returns when something is held */
  holdAt(placeOf: PlaceOf): Promise<void> {
    this.#placeOf = placeOf;
    return new Promise(resolve => (this.#onHeld = resolve));
  }

  /** Holds nothing more. What is held stays so. */
  holdNothing(): void {
    this.#placeOf = null;
  }

  /** Holds nothing any more. */
  letGo(): void {
    this.holdNothing();
    for (const pass of this.#held.splice(0)) pass();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #join(socket: Socket, port: number): void {
    if (this.#isCut) {
      socket.destroy();
      return;
    }
    const other = connect(port, '127.0.0.1');
    for (const [one, opposite] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => opposite.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        opposite.destroy();
      });
    }
    socket.pipe(this.#holding()).pipe(other).pipe(socket);
  }

  #holding(): Transform {
    let sent = '';
    const holding = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (this.#placeOf === null) return done(null, chunk);
        const before = sent.length;
        sent += chunk.toString('latin1');
        const place = this.#placeOf(sent);
        if (place === null) return done(null, chunk);
        const passes = Math.max(0, place - before);
        holding.push(chunk.subarray(0, passes));
        this.#held.push(() => done(null, chunk.subarray(passes))); // until then, no more comes
        this.#onHeld();
      },
    });
    return holding;
  }
}

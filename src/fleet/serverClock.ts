/** The server's clock, which all machines share: their own clocks may differ by minutes. */
import type {Engine} from './engine/engine';

export class ServerClock {
  readonly #offset: number;

  private constructor(offset: number) {
    this.#offset = offset;
  }

  /** Asks the server once. The clock is off by at most half of the time that the answer takes. */
  static async read(engine: Pick<Engine, 'now'>): Promise<ServerClock> {
    const asked = own();
    const server = await engine.now();
    return new ServerClock(server - (asked + own()) / 2);
  }

  /** In ms since the epoch. It never jumps. */
  now(): number {
    return own() + this.#offset;
  }
}

function own(): number {
  return performance.timeOrigin + performance.now();
}

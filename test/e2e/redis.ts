/** A real Redis or Valkey for a test file, on a free port of loopback. Its data is in a temporary folder. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Redis} from 'ioredis';
import {findRedis, startRedis, type RedisServer} from '../../examples/redis.cjs';

export class TestRedis {
  readonly #program = program();
  readonly #folder = mkdtempSync(join(tmpdir(), 'xdist-redis-'));
  #server: RedisServer | null = null;
  #port: number | undefined;

  /** @param args more arguments of the server */
  constructor(readonly args: readonly string[] = []) {}

  /** The server of all tests of the file. Each test finds it empty: runs of one name on both Jest lines must not meet. */
  static forTests(): TestRedis {
    const redis = new TestRedis();
    beforeAll(() => redis.start());
    afterEach(() => redis.empty());
    afterAll(() => redis.end());
    return redis;
  }

  /** Starts it, on the same port and with the same data as before. */
  async start(): Promise<this> {
    const port = this.#port === undefined ? {} : {port: this.#port};
    this.#server = await startRedis(this.#program, this.#folder, {...port, args: this.args});
    this.#port = this.#server.port;
    return this;
  }

  get port(): number {
    return this.#port!;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#server!.pid;
  }

  /** Keeps the data. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  async empty(): Promise<void> {
    const client = new Redis(this.port, {retryStrategy: () => null});
    await client.flushall();
    client.disconnect();
  }

  async loseData(): Promise<void> {
    await this.stop();
    rmSync(join(this.#folder, 'appendonlydir'), {recursive: true, force: true});
  }

  async end(): Promise<void> {
    await this.#server?.kill();
    rmSync(this.#folder, {recursive: true, force: true});
  }
}

function program() {
  const found = findRedis(join(__dirname, 'installs', 'redis'));
  if (found === null) {
    throw new Error('There is no redis-server or valkey-server in PATH. Bring one: npm run e2e:prepare');
  }
  return found;
}

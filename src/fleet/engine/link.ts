/** The connections of one machine to the server: how they come back, and when they are given up. */
import type {Redis, RedisOptions} from 'ioredis';
import {isIP} from 'node:net';
import {EngineError, type EngineOptions} from './engine';
import type {EnginePackages} from './packages';
import {serverFailure} from './serverFailure';
import {unfitServer} from './serverInfo';

/** How long (ms) a server may take until it can be used. */
const CONNECT_MS = 8_000;
const SILENCE_MS = 15_000;
/** The longest pause (ms) between two tries to connect again. */
const RETRY_MS = 1_000;
/** ioredis 6 speaks RESP3 unless it is told to speak what ioredis 5 speaks. */
const PROTOCOL = {protocol: 2} as const;

export class Link {
  readonly main: Redis;
  readonly lost: Promise<EngineError>;
  /** A server that has not answered for so long (ms) is away, though the connection is open. */
  readonly silenceMs: number;
  /** How often the main connection has come back. */
  comebacks = 0;

  readonly #ioredis: EnginePackages['ioredis'];
  readonly #options: EngineOptions;
  readonly #server: string;
  readonly #connections = new Set<Redis>();
  readonly #pending = new Set<(reason: EngineError) => void>();
  readonly #reconnectListeners: (() => void)[] = [];
  readonly #endListeners: (() => void)[] = [];
  #established = false;
  #ended: EngineError | null = null;
  #resolveLost!: (reason: EngineError) => void;

  /** @throws {EngineError} if the server cannot be used; then nothing is left open */
  static async open(options: EngineOptions, ioredis: EnginePackages['ioredis']): Promise<Link> {
    const link = new Link(options, ioredis);
    await link.#establish();
    return link;
  }

  private constructor(options: EngineOptions, ioredis: EnginePackages['ioredis']) {
    this.#options = options;
    this.#ioredis = ioredis;
    this.#server = serverName(options.url);
    this.silenceMs = Math.min(SILENCE_MS, options.awayMs);
    this.lost = new Promise(resolve => {
      this.#resolveLost = resolve;
    });
    this.main = this.#make();
    this.main.on('ready', () => {
      if (this.#established) {
        this.comebacks++;
        this.#reconnectListeners.forEach(listener => listener());
      }
    });
  }

  onReconnect(listener: () => void): void {
    this.#reconnectListeners.push(listener);
  }

  /** Called when the connections end, while they are still there. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener);
  }

  /** A connection beside the main one, for commands that wait at the server. */
  another(): Redis {
    const connection = this.#make();
    connection.connect().catch(() => undefined);
    return connection;
  }

  /** Carries out a command. While the server is away, the command waits. @throws {EngineError} */
  call<T>(command: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== null) {
        reject(this.#ended);
        return;
      }
      // The commands of a connection that is given up are not always rejected.
      this.#pending.add(reject);
      command()
        .then(resolve, (error: unknown) => {
          reject(error instanceof EngineError ? error : this.#failed(error));
        })
        .finally(() => this.#pending.delete(reject));
    });
  }

  /** Ends the connection for a failure that will not pass. @param what what has failed */
  giveUp(what: string, error: unknown): void {
    this.#lose(`: ${what} (${error instanceof Error ? error.message : String(error)}).`);
  }

  close(): void {
    this.#end(new EngineError('The connection to the fleet was closed.'));
  }

  #failed(error: unknown): EngineError {
    const text = error instanceof Error ? error.message : String(error);
    return new EngineError(`The fleet's server ${this.#server} refused a command: ${text}`);
  }

  async #establish(): Promise<void> {
    let reason: Error | null = null;
    this.main.on('error', (error: Error) => (reason ??= error));
    let timer!: NodeJS.Timeout;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${CONNECT_MS / 1000} s`)), CONNECT_MS);
    });
    try {
      const info = await Promise.race([this.main.connect().then(() => this.main.info()), late]);
      const unfit = unfitServer(info);
      if (unfit !== null) {
        throw new EngineError(`The fleet's server ${this.#server} ${unfit}`);
      }
      this.#established = true;
    } catch (error) {
      const failure =
        error instanceof EngineError
          ? error
          : new EngineError(`The fleet's server ${this.#server} ${serverFailure(reason ?? (error as Error))}`);
      this.#end(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  #make(): Redis {
    const connection = new this.#ioredis.Redis({
      ...addressOf(this.#options),
      ...PROTOCOL,
      lazyConnect: true,
      maxRetriesPerRequest: null,
      connectTimeout: CONNECT_MS,
      disconnectTimeout: 500,
      retryStrategy: tries =>
        this.#established && this.#ended === null
          ? // Many machines lose a server at once: they do not come back at once.
            Math.min(RETRY_MS, 25 * 2 ** tries) * (0.5 + Math.random() / 2)
          : null,
      // The primary has become a replica: its name leads to the new primary.
      reconnectOnError: error => (error.message.startsWith('READONLY') ? 2 : false),
    });
    const seconds = Math.round(this.#options.awayMs / 1000);
    let away: NodeJS.Timeout | undefined;
    this.#connections.add(connection);
    // Without a listener, ioredis prints each try to connect.
    connection.on('error', () => undefined);
    connection.on('connect', () => {
      const {stream} = connection;
      // The socket's own timer ends with it. The one of ioredis would keep the process.
      stream.setTimeout(this.silenceMs).on('timeout', () => {
        if (this.#isAwaited(connection)) {
          stream.destroy();
        }
      });
    });
    connection.on('close', () => {
      if (this.#established && this.#ended === null) {
        away ??= setTimeout(() => this.#lose(` has been away for ${seconds} s.`), this.#options.awayMs);
      }
    });
    connection.on('ready', () => {
      clearTimeout(away);
      away = undefined;
    });
    connection.on('end', () => clearTimeout(away));
    connection.once(GIVEN_UP, () => clearTimeout(away));
    return connection;
  }

  /** Whether an answer is due. At a connection beside the main one a command always waits. */
  #isAwaited(connection: Redis): boolean {
    return connection !== this.main || connection.status !== 'ready' || this.#pending.size > 0;
  }

  #lose(why: string): void {
    if (this.#ended === null) {
      const reason = new EngineError(`The fleet's server ${this.#server}${why}`);
      this.#end(reason);
      this.#resolveLost(reason);
    }
  }

  #end(reason: EngineError): void {
    if (this.#ended !== null) {
      return;
    }
    this.#ended = reason;
    this.#endListeners.forEach(listener => listener());
    for (const connection of this.#connections) {
      connection.emit(GIVEN_UP);
      connection.disconnect();
    }
    this.#pending.forEach(reject => reject(reason));
    this.#pending.clear();
  }
}

/** Our own event on a connection: nobody waits for it any more. */
const GIVEN_UP = 'xdist:given-up';

function addressOf({url, password, ca}: EngineOptions): RedisOptions {
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const secret = password ?? decodeURIComponent(parsed.password);
  return {
    host,
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    db: Number(parsed.pathname.slice(1)),
    ...(parsed.username !== '' && {username: decodeURIComponent(parsed.username)}),
    ...(secret !== '' && {password: secret}),
    ...(parsed.protocol === 'rediss:' && {
      tls: {...(isIP(host) === 0 && {servername: host}), ...(ca !== null && {ca})},
    }),
  };
}

/** The URL without the user and the password. */
function serverName(url: string): string {
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}`;
}

/**
 * What a fleet needs of a queue engine. Queues, leases, redelivery and persistence are the engine's. All that knows the
 * engine is in this folder. The engine reads no value: values are sealed bytes (see `fleet/seal`).
 */

/** No value, and no data of a job, is larger (bytes). */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024;

/**
 * A connection of one machine. While the server is away, each call waits until the server is back. If the server stays
 * away too long, all calls reject with an EngineError, and so do later ones.
 *
 * If the connection is lost between a command and its answer, the command is sent again. So `append` may add its value
 * twice. `complete` and `put` find out whether the first command was carried out.
 */
export interface Engine {
  /** The queue of that name, made if it is missing. @param name a word without a colon */
  queue(name: string): JobQueue;
  readonly values: ValueStore;
  /**
   * Values that do not belong to the run, such as the durations that the next run reads.
   *
   * @param prefix all their names on the server begin with it
   * @param keepMs how long (ms) a value stays after its last write
   */
  valuesOf(prefix: string, keepMs: number): ValueStore;
  /** The server's clock: ms since the epoch. */
  now(): Promise<number>;
  /** Resolves with the reason when the server has been away too long; never rejects. */
  readonly lost: Promise<EngineError>;
  /** Called when the connection is back after it was away. A server may have lost its data meanwhile. */
  onReconnect(listener: () => void): void;
  /** Ends the connection. Leases stay until they end. */
  close(): Promise<void>;
}

export interface NewJob {
  /** A job whose id the queue knows, in whatever state, is not added again. */
  readonly id: string;
  readonly data: Buffer;
  /** Jobs with a lower number are taken first; of two with the same number, the one added first. From 1 to 2,000,000. */
  readonly priority: number;
}

/** A job that this machine has taken. */
export interface TakenJob {
  readonly id: string;
  readonly data: Buffer;
  /** Random, of this taking. It is the fence: only its holder can complete the job. */
  readonly token: string;
  /** How often a lease of the job has ended, of whatever machine. */
  readonly endedLeases: number;
}

export type JobState = 'waiting' | 'taken' | 'completed' | 'missing';

export interface JobQueue {
  add(jobs: readonly NewJob[]): Promise<void>;
  /** Takes the most urgent job that waits; null: none waits. A job whose lease has ended is the most urgent. */
  take(): Promise<TakenJob | null>;
  /** Extends the leases. @returns those that are lost: another machine has the job, or will have it */
  renew(taken: readonly TakenJob[]): Promise<readonly TakenJob[]>;
  /** Gives the job back: another machine may take it at once. @returns false: the lease is lost */
  giveBack(taken: TakenJob): Promise<boolean>;
  /** Ends the job. @returns false: the lease is lost, and nothing changes */
  complete(taken: TakenJob, value: Buffer): Promise<boolean>;
  stateOf(id: string): Promise<JobState>;
  counts(): Promise<Readonly<Record<Exclude<JobState, 'missing'>, number>>>;
  /**
   * Tells of all completed jobs from the queue's beginning, in one order that is the same on each machine. What the
   * server has lost is not told: then `counts` has more completed jobs, or fewer, than were told.
   */
  follow(listener: QueueListener): void;
}

export interface QueueListener {
  /** @param value what `complete` was given */
  completed(id: string, value: Buffer): void;
  /** A job waits that may not have waited before. */
  available(): void;
}

/**
 * Values beside the queues. Each ends some time after its last write. A key is a path of words: `result/a1/7`. A value
 * has from 1 to MAX_VALUE_BYTES bytes; any other one is a ValueSizeError, whoever wrote it.
 */
export interface ValueStore {
  /** @param onlyNew do nothing if the key has a value @returns whether the value was written */
  put(key: string, value: Buffer, onlyNew?: boolean): Promise<boolean>;
  /** @returns for each key its value; null: there is none, or it has ended */
  get(keys: readonly string[]): Promise<readonly (Buffer | null)[]>;
  /** Adds a value to a list. */
  append(key: string, value: Buffer): Promise<void>;
  /** @returns the list, in the order of `append`; empty if there is none. A list that is too large is a ValueSizeError */
  list(key: string): Promise<readonly Buffer[]>;
  /** Sets a field of a record. */
  putField(key: string, field: string, value: Buffer): Promise<void>;
  /** @returns empty if there is no record. A record that is too large is a ValueSizeError */
  fields(key: string): Promise<ReadonlyMap<string, Buffer>>;
}

export interface EngineOptions {
  /** `redis://` or `rediss://`, with the user's name and the number of the database where they are needed. */
  readonly url: string;
  /** null: the one in `url`, if there is one. */
  readonly password: string | null;
  /** The certificates, in PEM, that may sign the server's. null: the well-known ones. */
  readonly ca: string | null;
  /** All names of the run on the server begin with it. */
  readonly prefix: string;
  /** How long (ms) a machine keeps a job that it does not renew. */
  readonly leaseMs: number;
  /** How long (ms) values and queues stay after the last write. */
  readonly keepMs: number;
  /** How long (ms) the server may be away. */
  readonly awayMs: number;
}

/** Connects. @throws {EngineError} if the engine's packages are missing, or if the server cannot be used */
export type Connect = (options: EngineOptions) => Promise<Engine>;

/** A failure of the engine, with a text for the user: what failed, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** A value has no or too many bytes. */
export class ValueSizeError extends EngineError {}

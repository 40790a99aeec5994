/** A queue of BullMQ, with our own pull loop: the fleet decides when a machine takes a job, and who has lost one. */
import type {BackendFactory, Job, Queue, Worker} from 'bullmq';
import {randomUUID} from 'node:crypto';
import {readEvents} from './completions';
import {EngineError, type EngineOptions, type JobQueue, type JobState, type NewJob, type TakenJob} from './engine';
import type {Link} from './link';
import type {EnginePackages} from './packages';

/** No event is ever cut off: the events are the order of the completions. */
const ALL_EVENTS = 1_000_000_000;
/** The parts of a queue on the server, beside its jobs. */
const PARTS = [
  'meta',
  'id',
  'pc',
  'events',
  'marker',
  'wait',
  'prioritized',
  'active',
  'stalled',
  'completed',
] as const;
/** How often (ms) the time to live of a queue is set anew at most. */
const TOUCH_MS = 1_000;
/** How long (ms) the server waits for the next event. Shorter than the silence after which a server is away. */
const EVENTS_MS = 1_000;
/** How many jobs are added at once. */
const BATCH = 500;
/** BullMQ's codes for a job that another machine has, or that is gone: no job, no lock, not taken, another's lock. */
const LOST_CODES: readonly unknown[] = [-1, -2, -3, -6];
/** BullMQ takes no number for the id of a job. */
const ID_MARK = 'j';

const STATES: Readonly<Record<string, JobState>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  active: 'taken',
  completed: 'completed',
};

interface HeldJob {
  readonly job: Job;
  readonly token: string;
}

export class BullQueue implements JobQueue {
  readonly #link: Link;
  readonly #options: EngineOptions;
  readonly #queue: Queue;
  readonly #worker: Worker;
  /** Resolves when the server knows the queue's settings. */
  readonly #ready: Promise<unknown>;
  /** By the job's id: its last taking by this machine. */
  readonly #held = new Map<string, HeldJob>();
  #touchedAt = -Infinity;

  /** @param prefix all names of the queue on the server begin with it */
  constructor(link: Link, {bullmq}: EnginePackages, prefix: string, options: EngineOptions, name: string) {
    this.#link = link;
    this.#options = options;
    const shared = {connection: link.main, prefix};
    this.#queue = new bullmq.Queue(name, {...shared, streams: {events: {maxLen: ALL_EVENTS}}});
    // A worker has a second connection to wait at the server for jobs. Ours never waits there.
    const withoutWaiting: BackendFactory = (queueName, workerOptions) =>
      bullmq.createRedisBackend(queueName, workerOptions);
    this.#worker = new bullmq.Worker(
      name,
      null,
      {
        ...shared,
        autorun: false,
        lockDuration: options.leaseMs,
        stalledInterval: Math.min(Math.max(options.leaseMs / 4, 250), 5_000),
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      },
      withoutWaiting as never,
    );
    // The calls report what fails. In the background, what fails is tried again.
    this.#queue.on('error', () => undefined);
    this.#worker.on('error', () => undefined);
    this.#ready = this.#queue.getVersion();
    this.#ready.then(() => this.#worker.startStalledCheckTimer()).catch(() => undefined);
  }

  async add(jobs: readonly NewJob[]): Promise<void> {
    for (let from = 0; from < jobs.length; from += BATCH) {
      const batch = jobs.slice(from, from + BATCH);
      await this.#call(async () => {
        // Not as one pipeline: if the connection is lost, a pipeline fails, and a command waits.
        await Promise.all(
          batch.map(({id, data, priority}) =>
            this.#queue.add('job', data.toString('base64'), {jobId: engineId(id), priority}),
          ),
        );
        await Promise.all([this.#touch(true), ...batch.map(({id}) => this.#keepJob(id))]);
      });
    }
  }

  take(): Promise<TakenJob | null> {
    return this.#call(async () => {
      const token = randomUUID();
      const job = await this.#worker.getNextJob(token, {block: false});
      if (job === undefined) {
        return null;
      }
      const id = jobId(job.id ?? '');
      if (id === null || typeof job.data !== 'string') {
        throw new EngineError('A job of the fleet has lost its data on the server.');
      }
      this.#held.set(id, {job, token});
      // The job need not wait for these. If they fail, the connection is lost, and all later calls fail, too.
      Promise.all([this.#keep('active'), this.#touch()]).catch(() => undefined);
      return {id, data: Buffer.from(job.data, 'base64'), token, endedLeases: job.stalledCounter};
    });
  }

  renew(taken: readonly TakenJob[]): Promise<readonly TakenJob[]> {
    return this.#call(async () => {
      const held = taken.filter(one => this.#find(one) !== null);
      const ids = held.map(({id}) => engineId(id));
      const tokens = held.map(({token}) => token);
      const failed = held.length === 0 ? [] : await this.#worker.extendJobLocks(ids, tokens, this.#options.leaseMs);
      const lost = new Set(failed.map(id => jobId(String(id))));
      await this.#touch(false, held);
      return taken.filter(one => !held.includes(one) || lost.has(one.id));
    });
  }

  giveBack(taken: TakenJob): Promise<boolean> {
    return this.#end(taken, async job => {
      await job.moveToWait(taken.token);
      await this.#keep('prioritized');
    });
  }

  complete(taken: TakenJob, value: Buffer): Promise<boolean> {
    const text = value.toString('base64');
    const {comebacks} = this.#link;
    return this.#end(
      taken,
      async job => {
        await job.moveToCompleted(text, taken.token, false);
        await Promise.all([this.#keepJob(taken.id), this.#keep('completed'), this.#touch()]);
      },
      // The answer to the first try may have been lost with the connection.
      async () =>
        comebacks !== this.#link.comebacks && (await this.#queue.getJob(engineId(taken.id)))?.returnvalue === text,
    );
  }

  stateOf(id: string): Promise<JobState> {
    return this.#call(async () => STATES[await this.#queue.getJobState(engineId(id))] ?? 'missing');
  }

  counts(): Promise<Readonly<Record<Exclude<JobState, 'missing'>, number>>> {
    return this.#call(async () => {
      const counts = await this.#queue.getJobCounts('wait', 'prioritized', 'active', 'completed');
      return {
        waiting: (counts.wait ?? 0) + (counts.prioritized ?? 0),
        taken: counts.active ?? 0,
        completed: counts.completed ?? 0,
      };
    });
  }

  follow(listener: Parameters<JobQueue['follow']>[0]): void {
    const connection = this.#link.another();
    const waitMs = Math.min(EVENTS_MS, this.#link.silenceMs / 2);
    readEvents(connection, this.#queue.toKey('events'), jobId, listener, waitMs).catch((error: unknown) =>
      this.#link.giveUp('the events of a queue cannot be read', error),
    );
  }

  /** Ends the timers of the queue. */
  async close(): Promise<void> {
    await Promise.all([this.#worker.close(true), this.#queue.close()]);
  }

  #call<T>(command: () => Promise<T>): Promise<T> {
    return this.#link.call(async () => {
      await this.#ready;
      return command();
    });
  }

  #find({id, token}: TakenJob): HeldJob | null {
    const held = this.#held.get(id);
    return held?.token === token ? held : null;
  }

  /**
   * Ends the lease.
   *
   * @param wasDone whether a refused command had been carried out before
   * @returns false: the lease is lost
   */
  #end(
    taken: TakenJob,
    command: (job: Job) => Promise<unknown>,
    wasDone: () => Promise<boolean> = () => Promise.resolve(false),
  ): Promise<boolean> {
    return this.#call(async () => {
      const held = this.#find(taken);
      if (held === null) {
        return false;
      }
      try {
        await command(held.job);
        return true;
      } catch (error) {
        if (LOST_CODES.includes((error as {code?: unknown}).code)) {
          return await wasDone();
        }
        throw error;
      } finally {
        if (this.#held.get(taken.id) === held) {
          this.#held.delete(taken.id);
        }
      }
    });
  }

  /** Sets the time to live of the whole queue anew, if that was not done a moment ago. */
  async #touch(always = false, held: readonly TakenJob[] = []): Promise<void> {
    const now = performance.now();
    if (!always && now - this.#touchedAt < TOUCH_MS) {
      return;
    }
    this.#touchedAt = now;
    await Promise.all([...PARTS.map(part => this.#keep(part)), ...held.map(({id}) => this.#keepJob(id))]);
  }

  #keepJob(id: string): Promise<unknown> {
    return this.#keep(engineId(id));
  }

  /** A part that was empty is a new one for the server, without a time to live: what fills it calls this. */
  #keep(part: string): Promise<unknown> {
    return this.#link.main.pexpire(this.#queue.toKey(part), this.#options.keepMs);
  }
}

function engineId(id: string): string {
  return ID_MARK + encodeURIComponent(id);
}

/** @returns null: the engine has not got this id from us */
function jobId(text: string): string | null {
  try {
    return text.startsWith(ID_MARK) ? decodeURIComponent(text.slice(ID_MARK.length)) : null;
  } catch {
    return null;
  }
}

/**
 * The engine in memory: what several machines of one test connect to. Its clock is the test's, so leases end and
 * servers stay away in virtual time.
 */
import {
  EngineError,
  MAX_VALUE_BYTES,
  type Engine,
  type EngineOptions,
  type JobQueue,
  type JobState,
  type QueueListener,
  type TakenJob,
  type ValueStore,
} from '../../../src/fleet/engine/engine';

export interface EngineClock {
  /** In ms. */
  now(): number;
  /** Calls `what` when `now` is `time`. */
  at(time: number, what: () => void): void;
}

/** A clock that a test turns. */
export class TestClock implements EngineClock {
  #now = 1_000_000;
  #alarms: {readonly time: number; readonly what: () => void}[] = [];

  now(): number {
    return this.#now;
  }

  at(time: number, what: () => void): void {
    this.#alarms.push({time, what});
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#alarms.filter(({time}) => time <= end).sort((a, b) => a.time - b.time)[0];
      if (next === undefined) break;
      this.#alarms.splice(this.#alarms.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.time);
      next.what();
    }
    this.#now = end;
  }
}

export type MemoryOptions = Pick<EngineOptions, 'prefix' | 'leaseMs' | 'awayMs'>;

/** The server. */
export class MemoryServer {
  /** Resolves when the server is there. */
  present: Promise<void> = Promise.resolve();
  #return: (() => void) | null = null;
  readonly #queues = new Map<string, QueueOfServer>();
  readonly #values = new Map<string, ValuesOfServer>();
  readonly #machines = new Set<MemoryEngine>();

  constructor(readonly clock: EngineClock) {}

  connect = (options: MemoryOptions): Promise<Engine> => {
    const machine = new MemoryEngine(this, options);
    this.#machines.add(machine);
    return Promise.resolve(machine);
  };

  /** From now on all calls wait. */
  leave(): void {
    this.present = new Promise(resolve => {
      this.#return = resolve;
    });
    this.#machines.forEach(machine => machine.serverLeft());
  }

  /** @param isEmpty the server has lost its data */
  comeBack(isEmpty = false): void {
    if (isEmpty) {
      this.#values.clear();
      this.#queues.forEach(queue => queue.forget());
    }
    this.#machines.forEach(machine => machine.serverCame());
    this.#return?.();
    this.#return = null;
  }

  queue(name: string): QueueOfServer {
    return known(this.#queues, name, () => new QueueOfServer(this.clock));
  }

  values(prefix: string): ValuesOfServer {
    return known(this.#values, prefix, () => ({single: new Map(), lists: new Map(), records: new Map()}));
  }
}

interface ValuesOfServer {
  readonly single: Map<string, Buffer>;
  readonly lists: Map<string, Buffer[]>;
  readonly records: Map<string, Map<string, Buffer>>;
}

interface JobOfServer {
  readonly id: string;
  readonly data: Buffer;
  readonly priority: number;
  state: Exclude<JobState, 'missing'>;
  /** Of those that wait, the one with the lowest number of the same priority is first. */
  turn: number;
  /** Its lease has ended: it is before all that wait. */
  isReturned: boolean;
  token: string | null;
  endedLeases: number;
  leaseEnd: number;
}

class QueueOfServer {
  readonly #jobs = new Map<string, JobOfServer>();
  readonly #completions: {readonly id: string; readonly value: Buffer}[] = [];
  readonly #listeners = new Set<QueueListener>();
  #turns = 0;
  #tokens = 0;

  constructor(readonly clock: EngineClock) {}

  add(id: string, data: Buffer, priority: number): void {
    if (!this.#jobs.has(id)) {
      const waits = {
        state: 'waiting',
        turn: ++this.#turns,
        isReturned: false,
        token: null,
        endedLeases: 0,
        leaseEnd: 0,
      } as const;
      this.#jobs.set(id, {id, data, priority, ...waits});
      this.#tellAvailable();
    }
  }

  take(leaseMs: number): TakenJob | null {
    const [first] = [...this.#jobs.values()]
      .filter(({state}) => state === 'waiting')
      .sort((a, b) => Number(b.isReturned) - Number(a.isReturned) || a.priority - b.priority || a.turn - b.turn);
    if (first === undefined) return null;
    const token = `token-${++this.#tokens}`;
    Object.assign(first, {state: 'taken', isReturned: false, token});
    this.#lease(first, leaseMs);
    return {id: first.id, data: first.data, token, endedLeases: first.endedLeases};
  }

  renew(job: TakenJob, leaseMs: number): boolean {
    const held = this.#held(job);
    if (held !== null) this.#lease(held, leaseMs);
    return held !== null;
  }

  giveBack(job: TakenJob): boolean {
    const held = this.#held(job);
    if (held !== null) {
      Object.assign(held, {state: 'waiting', token: null, turn: 0});
      this.#tellAvailable();
    }
    return held !== null;
  }

  complete(job: TakenJob, value: Buffer): boolean {
    const held = this.#held(job);
    if (held !== null) {
      Object.assign(held, {state: 'completed', token: null});
      this.#completions.push({id: job.id, value});
      this.#listeners.forEach(listener => queueMicrotask(() => listener.completed(job.id, value)));
    }
    return held !== null;
  }

  stateOf(id: string): JobState {
    return this.#jobs.get(id)?.state ?? 'missing';
  }

  counts(): Record<Exclude<JobState, 'missing'>, number> {
    const counts = {waiting: 0, taken: 0, completed: 0};
    this.#jobs.forEach(({state}) => counts[state]++);
    return counts;
  }

  follow(listener: QueueListener): () => void {
    this.#listeners.add(listener);
    for (const {id, value} of this.#completions) queueMicrotask(() => listener.completed(id, value));
    if (this.#jobs.size > 0) queueMicrotask(() => listener.available());
    return () => this.#listeners.delete(listener);
  }

  forget(): void {
    this.#jobs.clear();
    this.#completions.length = 0;
  }

  #held({id, token}: TakenJob): JobOfServer | null {
    const job = this.#jobs.get(id);
    return job !== undefined && job.token === token ? job : null;
  }

  #lease(job: JobOfServer, ms: number): void {
    const {token} = job;
    job.leaseEnd = this.clock.now() + ms;
    this.clock.at(job.leaseEnd, () => {
      if (job.token === token && job.leaseEnd <= this.clock.now()) {
        Object.assign(job, {state: 'waiting', token: null, isReturned: true, endedLeases: job.endedLeases + 1});
        this.#tellAvailable();
      }
    });
  }

  #tellAvailable(): void {
    this.#listeners.forEach(listener => queueMicrotask(() => listener.available()));
  }
}

class MemoryEngine implements Engine {
  readonly values: ValueStore;
  readonly lost: Promise<EngineError>;
  #lose!: (reason: EngineError) => void;
  #ended: EngineError | null = null;
  #absences = 0;
  readonly #pending = new Set<(reason: EngineError) => void>();
  readonly #reconnectListeners: (() => void)[] = [];
  readonly #unfollow: (() => void)[] = [];

  constructor(
    readonly server: MemoryServer,
    readonly options: MemoryOptions,
  ) {
    this.values = this.valuesOf(`${options.prefix}:value`);
    this.lost = new Promise(resolve => {
      this.#lose = resolve;
    });
  }

  queue(name: string): JobQueue {
    const queue = this.server.queue(`${this.options.prefix}:queue:${name}`);
    const {leaseMs} = this.options;
    return {
      add: jobs => this.#call(() => jobs.forEach(({id, data, priority}) => queue.add(id, data, priority))),
      take: () => this.#call(() => queue.take(leaseMs)),
      renew: taken => this.#call(() => taken.filter(job => !queue.renew(job, leaseMs))),
      giveBack: taken => this.#call(() => queue.giveBack(taken)),
      complete: (taken, value) => this.#call(() => queue.complete(taken, value)),
      stateOf: id => this.#call(() => queue.stateOf(id)),
      counts: () => this.#call(() => queue.counts()),
      follow: listener => {
        const told = (tell: () => void) => void this.#call(tell).catch(() => undefined);
        this.#unfollow.push(
          queue.follow({
            completed: (id, value) => told(() => listener.completed(id, value)),
            available: () => told(() => listener.available()),
          }),
        );
      },
    };
  }

  valuesOf(prefix: string): ValueStore {
    const stored = () => this.server.values(prefix);
    return {
      put: (key, value, onlyNew = false) =>
        this.#call(() => {
          checkSize(value);
          const {single} = stored();
          if (onlyNew && single.has(key)) return false;
          single.set(key, value);
          return true;
        }),
      get: keys => this.#call(() => keys.map(key => stored().single.get(key) ?? null)),
      append: (key, value) =>
        this.#call(() => {
          checkSize(value);
          known(stored().lists, key, () => []).push(value);
        }),
      list: key => this.#call(() => [...(stored().lists.get(key) ?? [])]),
      putField: (key, field, value) =>
        this.#call(() => {
          checkSize(value);
          known(stored().records, key, () => new Map<string, Buffer>()).set(field, value);
        }),
      fields: key => this.#call(() => new Map(stored().records.get(key))),
    };
  }

  now(): Promise<number> {
    return this.#call(() => this.server.clock.now());
  }

  onReconnect(listener: () => void): void {
    this.#reconnectListeners.push(listener);
  }

  close(): Promise<void> {
    this.#end(new EngineError('The connection to the fleet was closed.'));
    return Promise.resolve();
  }

  serverLeft(): void {
    const absence = ++this.#absences;
    this.server.clock.at(this.server.clock.now() + this.options.awayMs, () => {
      if (absence === this.#absences && this.#ended === null) {
        const reason = new EngineError("The fleet's server has been away for too long.");
        this.#end(reason);
        this.#lose(reason);
      }
    });
  }

  serverCame(): void {
    this.#absences++;
    if (this.#ended === null) this.#reconnectListeners.forEach(listener => listener());
  }

  #call<T>(command: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== null) {
        reject(this.#ended);
        return;
      }
      this.#pending.add(reject);
      this.server.present
        .then(() => {
          // A call that was rejected meanwhile changes nothing.
          if (this.#ended === null) resolve(command());
        })
        .catch(reject)
        .finally(() => this.#pending.delete(reject));
    });
  }

  #end(reason: EngineError): void {
    this.#ended ??= reason;
    this.#unfollow.forEach(end => end());
    this.#pending.forEach(reject => reject(reason));
    this.#pending.clear();
  }
}

function checkSize(value: Buffer): void {
  if (value.length === 0 || value.length > MAX_VALUE_BYTES) {
    throw new EngineError('A value has no or too many bytes.');
  }
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

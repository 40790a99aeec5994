/** A queue of the engine: leases with tokens, priorities, and jobs that are given out again when their lease has ended. */
import type {Accepted} from '../../../src/core/fleet/messages';

export interface Lease {
  readonly id: string;
  readonly token: string;
  /** How often a lease of the job has ended. */
  readonly endedLeases: number;
}

interface Job {
  readonly id: string;
  readonly priority: number;
  state: 'waiting' | 'taken' | 'completed';
  token: string;
  leaseEnds: number;
  /** A look of the server has found the lease ended. */
  isStalled: boolean;
  endedLeases: number;
}

export class SimulatedQueue {
  readonly #jobs = new Map<string, Job>();
  readonly #taken = new Set<Job>();
  /** A heap of the jobs that wait, by priority. */
  readonly #waiting: Job[] = [];
  readonly #leaseMs: number;
  readonly #onAvailable: () => void;
  /** In the order of their completion. */
  readonly completed: {readonly id: string; readonly value: Accepted}[] = [];
  #tokens = 0;

  constructor(leaseMs: number, onAvailable: () => void) {
    this.#leaseMs = leaseMs;
    this.#onAvailable = onAvailable;
  }

  get takenCount(): number {
    return this.#taken.size;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#jobs.has(id)) continue;
      const priority = Number(id) + 1;
      const job: Job = {id, priority, state: 'waiting', token: '', leaseEnds: 0, isStalled: false, endedLeases: 0};
      this.#jobs.set(id, job);
      this.#push(job);
    }
    this.#onAvailable();
  }

  take(now: number): Lease | null {
    const job = this.#pop();
    if (job === null) return null;
    job.state = 'taken';
    job.token = `t${this.#tokens++}`;
    job.leaseEnds = now + this.#leaseMs;
    job.isStalled = false;
    this.#taken.add(job);
    return {id: job.id, token: job.token, endedLeases: job.endedLeases};
  }

  /** @returns those that are lost */
  renew(leases: readonly Lease[], now: number): Lease[] {
    return leases.filter(lease => {
      const job = this.#held(lease, now);
      if (job !== null) job.leaseEnds = now + this.#leaseMs;
      return job === null;
    });
  }

  giveBack(lease: Lease, now: number): boolean {
    const job = this.#held(lease, now);
    if (job !== null) this.#giveOut(job);
    return job !== null;
  }

  complete(lease: Lease, now: number): boolean {
    const job = this.#held(lease, now);
    if (job === null) return false;
    job.state = 'completed';
    this.#taken.delete(job);
    this.completed.push({id: job.id, value: {token: lease.token, failed: false}});
    return true;
  }

  /** Looks for leases that have ended. */
  check(now: number): void {
    for (const job of this.#taken) {
      if (job.leaseEnds > now) job.isStalled = false;
      else if (!job.isStalled) job.isStalled = true;
      else {
        job.endedLeases++;
        this.#giveOut(job);
      }
    }
  }

  isCompleted(id: string): boolean {
    return this.#jobs.get(id)?.state === 'completed';
  }

  #held({id, token}: Lease, now: number): Job | null {
    const job = this.#jobs.get(id);
    return job?.state === 'taken' && job.token === token && job.leaseEnds > now ? job : null;
  }

  #giveOut(job: Job): void {
    job.state = 'waiting';
    this.#taken.delete(job);
    this.#push(job);
    this.#onAvailable();
  }

  #push(job: Job): void {
    const heap = this.#waiting;
    let index = heap.push(job) - 1;
    for (let parent = (index - 1) >> 1; index > 0 && heap[parent]!.priority > job.priority; parent = (index - 1) >> 1) {
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = job;
  }

  #pop(): Job | null {
    const heap = this.#waiting;
    const [first, last] = [heap[0], heap.pop()];
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child + 1 < heap.length && heap[child + 1]!.priority < heap[child]!.priority) child++;
      if (child >= heap.length || heap[child]!.priority >= last.priority) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

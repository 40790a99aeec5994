'use strict';
const {conflict, notFound} = require('../errors');
const {sequence} = require('../store/table');

/** Thrown by a handler when another attempt would fail as well. */
class PermanentJobError extends Error {}

/** Background jobs in memory: a few at a time, each retried with growing delays until it is given up. */
class JobQueue {
  #config;
  #clock;
  #handlers = new Map();
  #jobs = new Map();
  #nextId = sequence('job');
  #ready = [];
  #running = 0;
  /** Jobs that are neither done nor dead. */
  #unfinished = 0;
  #timers = new Set();
  #idleWaiters = [];
  #stopped = false;

  constructor({clock, config}) {
    this.#clock = clock;
    this.#config = config;
  }

  define(type, handler) {
    this.#handlers.set(type, handler);
  }

  enqueue(type, payload) {
    if (!this.#handlers.has(type)) throw new TypeError(`no handler for jobs of type ${type}`);
    const job = {
      id: this.#nextId(),
      type,
      payload,
      status: 'queued',
      attempts: 0,
      errors: [],
      createdAt: this.#clock.now(),
    };
    this.#jobs.set(job.id, job);
    this.#unfinished++;
    this.#makeReady(job);
    return {...job};
  }

  /** Gives a dead job another full set of attempts. */
  retry(id) {
    const job = this.#jobs.get(id);
    if (job === undefined) throw notFound(`Job ${id}`);
    if (job.status !== 'dead') throw conflict('wrong_state', `Job ${id} is ${job.status}`);
    job.attempts = 0;
    this.#unfinished++;
    this.#makeReady(job);
    return {...job};
  }

  get(id) {
    const job = this.#jobs.get(id);
    if (job === undefined) throw notFound(`Job ${id}`);
    return {...job, errors: [...job.errors]};
  }

  list({status, type} = {}) {
    return [...this.#jobs.values()]
      .filter(job => (status === undefined || job.status === status) && (type === undefined || job.type === type))
      .map(job => ({...job, errors: [...job.errors]}));
  }

  get backlog() {
    return this.#unfinished;
  }

  /** Resolves when every job is done or dead. */
  idle() {
    if (this.#unfinished === 0) return Promise.resolve();
    return new Promise(resolve => this.#idleWaiters.push(resolve));
  }

  /** Begins no further attempt. */
  stop() {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #makeReady(job) {
    job.status = 'queued';
    this.#ready.push(job);
    // Not at once: whoever enqueues a job is to be done before the job begins.
    setImmediate(() => this.#pump());
  }

  #pump() {
    while (!this.#stopped && this.#running < this.#config.concurrency && this.#ready.length > 0) {
      void this.#attempt(this.#ready.shift());
    }
  }

  async #attempt(job) {
    this.#running++;
    job.status = 'running';
    job.attempts++;
    try {
      job.result = await this.#handlers.get(job.type)(job.payload, {attempt: job.attempts, id: job.id});
      this.#finish(job, 'done');
    } catch (error) {
      job.errors.push(error.message);
      if (error instanceof PermanentJobError || job.attempts >= this.#config.maxAttempts) this.#finish(job, 'dead');
      else this.#retryLater(job);
    } finally {
      this.#running--;
      this.#pump();
    }
  }

  #retryLater(job) {
    job.status = 'waiting';
    if (this.#stopped) return;
    const delay = this.#config.backoffMs * this.#config.backoffFactor ** (job.attempts - 1);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#makeReady(job);
    }, delay);
    this.#timers.add(timer);
  }

  #finish(job, status) {
    job.status = status;
    if (--this.#unfinished > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}

module.exports = {JobQueue, PermanentJobError};

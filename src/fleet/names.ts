/** The names of a run's queues and values on the server. They are hashes: a run's id may hold the name of a project. */
import {createHash} from 'node:crypto';
import type {RunIdentity} from '../core/fleet/runIdentity';

/** All names of ours begin with it. Redis Cluster keeps names with the same text in braces on one node. */
export const PREFIX = '{xdist}';

export class Names {
  readonly #run: string;
  readonly #series: string;
  readonly #family: string;

  constructor({run, series, family}: Pick<RunIdentity, 'run' | 'series' | 'family'>) {
    this.#run = hashOf(run);
    this.#series = hashOf(series);
    this.#family = hashOf(family);
  }

  /** A record with a field for each run of the family. */
  get runs(): string {
    return `${this.#family}/runs`;
  }

  /** The field of this run in `runs`. */
  get field(): string {
    return this.#run;
  }

  /** The queue whose one job is the planning of a round. */
  planning(round: number): string {
    return `${this.#run}-planning-${round}`;
  }

  /** The queue of a plan's jobs: another plan of the same round, of an earlier day say, does not meet them. */
  jobs(plan: string): string {
    return `${this.#run}-jobs-${plan}`;
  }

  plan(round: number): string {
    return `${this.#run}/plan/${round}`;
  }

  result(plan: string, job: string, token: string): string {
    return `${this.#run}/result/${plan}/${job}/${token}`;
  }

  /** What coverage says of a source. */
  source(id: string): string {
    return `${this.#run}/source/${id}`;
  }

  /** What machines note of a job. */
  stories(plan: string, job: string): string {
    return `${this.#run}/stories/${plan}/${job}`;
  }

  /** A record with a field for each machine. */
  get machines(): string {
    return `${this.#run}/machines`;
  }

  /** Which machine is out of work. */
  get hunger(): string {
    return `${this.#run}/hunger`;
  }

  /** The durations, which runs of a series share. */
  get durations(): string {
    return `${this.#series}/durations`;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

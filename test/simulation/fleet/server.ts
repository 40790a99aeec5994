/** The server of a simulated fleet: the queues and values of each round, and what machines say of themselves. */
import type {FleetPlan} from '../../../src/core/fleet/fleetPlan';
import type {Story} from '../../../src/core/fleet/messages';
import {SimulatedQueue} from './queue';

export interface Round {
  /** null: not planned yet. */
  plan: FleetPlan | null;
  readonly planning: SimulatedQueue;
  readonly jobs: SimulatedQueue;
  readonly stories: Map<string, Story[]>;
  /** By job and token: whether the result that a machine stored has failed. */
  readonly results: Map<string, {readonly failed: boolean; readonly machine: string}>;
}

interface Field {
  readonly at: number;
  readonly hungry: number;
  readonly workers: number;
  readonly round: Round | null;
}

export class SimulatedServer {
  readonly rounds: Round[] = [];
  /** By machine; one that has said good-bye has none. */
  readonly fields = new Map<string, Field>();
  readonly #leaseMs: number;
  readonly #listeners = new Set<() => void>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** @param number from 1 */
  round(number: number): Round {
    for (let next = this.rounds.length; next < number; next++) {
      this.rounds.push({
        plan: null,
        planning: new SimulatedQueue(this.#leaseMs, () => {}),
        jobs: new SimulatedQueue(this.#leaseMs, () => this.#tell()),
        stories: new Map(),
        results: new Map(),
      });
    }
    return this.rounds[number - 1]!;
  }

  /** The newest round that has a plan; null: there is none. */
  newest(): Round | null {
    return this.rounds.findLast(({plan}) => plan !== null) ?? null;
  }

  check(now: number): void {
    for (const {planning, jobs} of this.rounds) {
      planning.check(now);
      jobs.check(now);
    }
  }

  /** @param listener told once when a job may wait */
  whenAvailable(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** How many machines of a round have shown up lately. */
  alive(round: Round | null, now: number): number {
    return [...this.fields.values()].filter(field => field.round === round && now - field.at < this.#leaseMs).length;
  }

  #tell(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

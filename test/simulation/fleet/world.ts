/** What happens to a simulated fleet. Times are virtual, in ms. */

export interface FleetWorld {
  readonly jobs: readonly SimulatedJob[];
  readonly machines: readonly SimulatedMachine[];
  /** How long a message takes from a machine to the server, or back: at least, and at most. */
  readonly latencyMs: readonly [number, number];
  readonly leaseMs: number;
  /** How often the server looks for leases that have ended. It gives a job out again at the second look. */
  readonly checkMs: number;
  /** What a machine sent so shortly (ms) before a job killed it does not arrive. Default: 0. */
  readonly lostMs?: number;
  readonly seed: number;
}

export interface SimulatedJob {
  /** null: unknown. */
  readonly expectedMs: number | null;
  readonly realMs: number;
  readonly serial?: boolean;
  /** After which part of its time it kills the machine that runs it. */
  readonly killsAt?: number;
  /** It fails in rounds before this one. */
  readonly passesFrom?: number;
}

export interface SimulatedMachine {
  readonly workers: number;
  /** When it comes. */
  readonly at: number;
  readonly fates?: readonly Fate[];
}

/** `killed`, `leaves`: it ends, without a word or with one. `paused`: it stops, but its workers do not. */
export type Fate =
  | {readonly what: 'killed' | 'leaves'; readonly at: number}
  | {readonly what: 'paused' | 'cut-off'; readonly at: number; readonly ms: number};

/** Numbers from 0 to 1: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What all parts of a machine's side share. */
import type {Engine} from './engine/engine';
import type {Names} from './names';
import type {SealedValues} from './sealedValues';
import type {ServerClock} from './serverClock';

export interface FleetConnection {
  readonly engine: Engine;
  readonly names: Names;
  /** Of this run. */
  readonly values: SealedValues;
  /** Of all runs of the family: which runs there are. */
  readonly family: SealedValues;
  /** Of all runs of the series: the durations. */
  readonly series: SealedValues;
  readonly clock: Pick<ServerClock, 'now'>;
  readonly machine: Machine;
  /** How long (ms) a machine keeps a job that it does not renew. */
  readonly leaseMs: number;
  /** Rejects when the run cannot go on here: the server is gone, or has lost the run. */
  readonly ended: Promise<never>;
}

/** This machine, for the others. */
export interface Machine {
  /** Random. */
  readonly id: string;
  /** What users call it. */
  readonly name: string;
}

/** Samples the machine's load at intervals. */
import type {LoadSample} from '../../core/schedule';
import type {MachineLoad} from './machineLoad';

/** The interval (ms): short at first, so that a short suite gains too, and longer later, to cost a long run little. */
const EVERY_MS = {first: 50, later: 200};

/** How long (ms) the short interval applies. */
const FIRST_MS = 5000;

export interface LoadSamplerOptions {
  readonly machine: Pick<MachineLoad, 'sample'>;
  /** The memory of each worker, in bytes; null: unknown. */
  readonly workerBytes: () => readonly (number | null)[];
  readonly onSample: (sample: LoadSample) => void;
}

export class LoadSampler {
  readonly #options: LoadSamplerOptions;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;

  constructor(options: LoadSamplerOptions) {
    this.#options = options;
  }

  start(): void {
    const wait = this.#sinceMs < FIRST_MS ? EVERY_MS.first : EVERY_MS.later;
    this.#timer = setTimeout(() => this.#look(), wait).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const {machine, workerBytes, onSample} = this.#options;
    const load = machine.sample();
    this.#sinceMs += load.ms;
    const known = workerBytes().filter(bytes => bytes !== null);
    this.start(); // the listener may close this sampler
    onSample({...load, workerBytes: known.length === 0 ? null : Math.max(...known)});
  }
}

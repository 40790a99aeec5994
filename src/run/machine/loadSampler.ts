/** Looks at the machine's load now and then, for as long as a run can do something about it. */
import type {LoadSample} from '../../core/schedule';
import type {MachineLoad} from './machineLoad';

/** At first often (ms): a short suite is to gain, too. Later less so, and for long runs at next to no cost. */
const EVERY_MS = {first: 50, later: 200};

/** How long (ms) that is at first. */
const FIRST_MS = 5000;

export interface LoadSamplerOptions {
  readonly machine: Pick<MachineLoad, 'sample'>;
  /** What each of the workers takes, in bytes; null: unknown. */
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

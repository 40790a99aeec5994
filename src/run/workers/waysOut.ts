/**
 * The ways in which this process ends while workers run. They lead groups of their own, so neither a
 * terminal's Ctrl-C nor the end of Jest reaches them: whichever way out is taken, they are ended first.
 *
 * The first signal ends the run as one that ends early does, with Jest's summary; the process then dies
 * of that signal, as its parent expects. A second one ends it at once.
 */
import {constants} from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface WaysOutOptions {
  /** Kills the workers, and what they have started; nothing after it may be waited for. */
  readonly killWorkers: () => void;
  /** Ends the run; Jest goes on from there, to its summary and its end. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
  /** The first signal ends the process at once: in watch mode Jest does not end with its run. */
  readonly atOnce: boolean;
}

export class WaysOut {
  readonly #options: WaysOutOptions;
  #signal: NodeJS.Signals | null = null;

  constructor(options: WaysOutOptions) {
    this.#options = options;
    for (const signal of SIGNALS) process.on(signal, this.#hear);
    // A --bail that counts failures of another runner, a reporter that exits, an exception that nothing caught.
    process.on('exit', options.killWorkers);
  }

  /** The signal that has ended the run; null: none has. */
  get signal(): NodeJS.Signals | null {
    return this.#signal;
  }

  /** No worker is left. An interrupted run's process still dies of its signal, or at once of the next. */
  close(): void {
    process.off('exit', this.#options.killWorkers);
    if (this.#signal === null) for (const signal of SIGNALS) process.off(signal, this.#hear);
  }

  readonly #hear = (signal: NodeJS.Signals): void => {
    const first = this.#signal === null;
    this.#signal = signal;
    if (first) process.on('exit', this.#die);
    if (first && !this.#options.atOnce) this.#options.interrupt(signal);
    else process.exit(128 + constants.signals[signal]); // as a shell has it, should the signal itself not do it
  };

  /** Jest's exit code would hide from the parent what has ended this process. */
  readonly #die = (): void => {
    if (this.#signal === null) return;
    process.removeAllListeners(this.#signal);
    process.kill(process.pid, this.#signal);
  };
}

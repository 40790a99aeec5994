/**
 * The ways in which Jest's process ends while workers run. Workers lead process groups of their own, so neither a
 * terminal's Ctrl-C nor the end of Jest reaches them. Whichever way out Jest's process takes, the workers end first.
 *
 * The first signal ends the run early, with Jest's summary. Then the process dies of that signal, as its parent expects.
 * A second signal ends the process at once.
 */
import {constants} from 'node:os';
import {ENDING_SIGNALS} from '../endingSignals';

export interface WaysOutOptions {
  /** Kills the workers and what they have started. Must be synchronous: the process ends right after it. */
  readonly killWorkers: () => void;
  /** Stops the run. Jest goes on to its summary and its end. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
  /** Whether the first signal ends the process at once: in watch mode Jest does not end with its run. */
  readonly atOnce: boolean;
}

export class WaysOut {
  readonly #options: WaysOutOptions;
  #signal: NodeJS.Signals | null = null;

  constructor(options: WaysOutOptions) {
    this.#options = options;
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#hear);
    // For example a --bail that counts failures of another runner, a reporter that exits, an uncaught exception.
    process.on('exit', options.killWorkers);
  }

  /** The signal that has ended the run; null: none has. */
  get signal(): NodeJS.Signals | null {
    return this.#signal;
  }

  /** No worker is left. The process of an interrupted run still dies of its signal, or of the next signal at once. */
  close(): void {
    process.off('exit', this.#options.killWorkers);
    if (this.#signal === null) for (const signal of ENDING_SIGNALS) process.off(signal, this.#hear);
  }

  readonly #hear = (signal: NodeJS.Signals): void => {
    const first = this.#signal === null;
    this.#signal = signal;
    if (first) process.on('exit', this.#die);
    if (first && !this.#options.atOnce) this.#options.interrupt(signal);
    else process.exit(128 + constants.signals[signal]); // as a shell has it, if the signal does not end the process
  };

  /** Ends the process by its signal: Jest's exit code would hide the signal from the parent of this process. */
  readonly #die = (): void => {
    if (this.#signal === null) return;
    process.removeAllListeners(this.#signal);
    process.kill(process.pid, this.#signal);
  };
}

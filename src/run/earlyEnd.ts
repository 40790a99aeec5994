/** How a run over workers ends early: Jest is interrupted, a signal arrives, or the runner has a fault. */
import type {TestWatcher} from 'jest-watcher';
import type {Dispatch} from './dispatch';
import type {Faults} from './faults';
import type {Notices} from './notices';
import type {RunWorkers} from './workers/runWorkers';
import {WaysOut} from './workers/waysOut';

export interface EarlyEndOptions {
  readonly dispatch: Pick<Dispatch, 'stop' | 'interrupt' | 'halt'>;
  readonly workers: Pick<RunWorkers, 'kill' | 'terminate'>;
  readonly watcher: TestWatcher;
  readonly faults: Pick<Faults, 'whenFound'>;
  readonly notices: Pick<Notices, 'interrupted'>;
}

export class EarlyEnd {
  readonly #options: EarlyEndOptions;
  readonly #waysOut: WaysOut;
  readonly #unsubscribe: () => void;

  private constructor(options: EarlyEndOptions) {
    const {dispatch, workers, watcher, faults, notices} = options;
    this.#options = options;
    this.#unsubscribe = watcher.on('change', ({interrupted}) => {
      if (interrupted) void dispatch.stop('interrupted');
    });
    this.#waysOut = new WaysOut({
      killWorkers: () => workers.kill(),
      atOnce: watcher.isWatchMode(),
      interrupt: signal => {
        notices.interrupted(signal);
        dispatch.interrupt(signal);
        workers.terminate(signal);
      },
    });
    faults.whenFound(() => dispatch.halt());
  }

  /** Watches for an interruption, for signals and for the first fault. Call this before the run begins. */
  static watch(options: EarlyEndOptions): EarlyEnd {
    return new EarlyEnd(options);
  }

  /** The run has begun. Jest may have been interrupted while the run was being prepared. */
  begun(): void {
    const {watcher, dispatch} = this.#options;
    if (watcher.isInterrupted()) void dispatch.stop('interrupted');
  }

  /** No worker is left. */
  close(): void {
    this.#waysOut.close();
    this.#unsubscribe();
  }

  /** Tells Jest if a signal ended the run, so that Jest's summary says so and no other runner of this run begins. */
  async tellJest(): Promise<void> {
    if (this.#waysOut.signal !== null) await this.#options.watcher.setState({interrupted: true});
  }
}

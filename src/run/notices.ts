/** Prints the texts of a run over workers that are not part of Jest's reports. */
import {relative} from 'node:path';
import type {SlotNumber} from '../core/plan/units';
import type {Culprit} from '../core/results/culprit';
import {describeDeath, type Death} from '../core/texts/deaths';
import {describeForcedExit} from '../core/texts/forcedExits';
import {describeLeftBehind} from '../core/texts/leftBehind';
import {slowLine} from '../core/wire/watchdogMessages';
import type {Departure} from '../core/wire/workerMessages';
import type {ForcedExit} from './dispatch';
import type {RunWorkers} from './workers/runWorkers';

export interface NoticesOptions {
  /** The printed paths are relative to this folder. */
  readonly rootDir: string;
  readonly workers: Pick<RunWorkers, 'in'>;
  readonly warn: (text: string) => void;
  /** Writes to standard error. @param text with its line end */
  readonly print: (text: string) => void;
  /** Prints a warning in the same way as the stock runner. */
  readonly warnAsStock: (text: string) => void;
}

/** The stock runner's text, which people search for. */
const FORCE_EXITED =
  'A worker process has failed to exit gracefully and has been force exited. ' +
  'This is likely caused by tests leaking due to improper teardown. ' +
  'Try running with --detectOpenHandles to find leaks. ' +
  'Active timers can also cause this, ensure that .unref() was called on them.';

export class Notices {
  readonly #options: NoticesOptions;
  #concluded = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** The path to print. */
  readonly shown = (path: string): string => relative(this.#options.rootDir, path);

  /** A test, a hook or the loading of a file is slow. @param ms how long it has taken */
  slow(slot: SlotNumber, name: string, ms: number): void {
    this.#options.print(`${slowLine(name, ms, `w${slot}`)}\n`);
  }

  /** Something that a file left behind has killed a worker. @param running the file that the worker ran; null: none */
  leftBehind(slot: SlotNumber, culprit: Culprit, running: string | null, death: Death): void {
    this.#options.warn(describeLeftBehind(culprit, running, death, slot));
  }

  /** A worker has died while it loaded a file that other workers have open. */
  lostJoiner(path: string, slot: SlotNumber, death: Death): void {
    this.#options.warn(
      `worker w${slot} died while it loaded ${path} to run some of its tests: ${describeDeath(death)}. ` +
        'The workers that already have the file open run all of its tests.',
    );
  }

  /** A signal ends the run. */
  interrupted(signal: NodeJS.Signals): void {
    this.#options.warn(
      `${signal}: the runner ends the workers, and Jest's summary follows. Another signal ends Jest at once.`,
    );
  }

  /** The runner had to kill workers that had no work left. */
  forcedExits(exits: readonly ForcedExit[]): void {
    const lines = exits.flatMap(worker => this.#describe(worker));
    if (lines.length > 0) this.#options.warnAsStock([FORCE_EXITED, ...lines].join('\n'));
  }

  /** The run is over. Prints the lines once. */
  concluded(lines: () => readonly string[]): void {
    if (!this.#concluded) for (const line of lines()) this.#options.warn(line);
    this.#concluded = true;
  }

  #describe({slot, files}: ForcedExit): string[] {
    const worker = this.#options.workers.in(slot);
    const departure = worker?.departure ?? null;
    return describeForcedExit({
      slot,
      pid: worker?.pid ?? null,
      departure: departure && withShownPaths(departure, this.shown),
      files: files.map(this.shown),
    });
  }
}

function withShownPaths(departure: Departure, shown: (path: string) => string): Departure {
  if (departure.at === 'saving') return departure;
  const addons = departure.addons.map(shown);
  if (departure.at === 'exiting') return {...departure, addons};
  const leftOpen = departure.leftOpen.map(open => ({...open, paths: open.paths.map(shown)}));
  return {...departure, leftOpen, addons};
}

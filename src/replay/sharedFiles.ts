/** Makes one file of the parts that several recordings have of it: Jest hears of one start and one end. */
import type {TestResult} from '@jest/test-result';
import {mergeParts, type FilePart, type PartTools} from './mergeParts';
import type {ReplayOrder, SharedFile} from './order';
import type {RecordedEvent, ReplayEvent} from './recordedEvents';

/** @param file the index of a file of the run @returns what merges the parts of the file */
export type ToolsOf = (file: number) => PartTools;

type Told = Extract<ReplayEvent, {type: 'told'}>;

interface Known {
  readonly order: SharedFile;
  started: boolean;
  ended: boolean;
  results: {readonly recording: number; readonly event: Told}[];
  /** The first failure of a part. */
  failure: Told | null;
}

export class SharedFiles {
  readonly #toolsOf: ToolsOf;
  readonly #incomplete: boolean;
  readonly #files: Map<number, Known>;

  constructor({shared, incomplete}: Pick<ReplayOrder, 'shared' | 'incomplete'>, toolsOf: ToolsOf) {
    this.#toolsOf = toolsOf;
    this.#incomplete = incomplete;
    this.#files = new Map(
      shared.map(order => [order.file, {order, started: false, ended: false, results: [], failure: null}]),
    );
  }

  /** @param event its files are those of the run @returns what Jest is told in its place */
  take(recording: number, event: RecordedEvent): ReplayEvent[] {
    if (event.type === 'cut') return []; // the order has it
    const file = event.type === 'told' ? this.#files.get(event.file) : undefined;
    if (event.type !== 'told' || file === undefined) return [event];
    switch (event.name) {
      case 'test-file-start':
        return this.#start(file);
      case 'test-case-start':
      case 'test-case-result':
        return [event];
      case 'test-file-failure':
        file.failure ??= event;
        break;
      case 'test-file-success':
        file.results.push({recording, event});
    }
    return recording === file.order.endsIn ? this.#end(file) : [];
  }

  /** The recording is told. @returns the ends of files that end in it without an event of it */
  endOf(recording: number): ReplayEvent[] {
    return [...this.#files.values()].flatMap(file => (file.order.endsIn === recording ? this.#end(file) : []));
  }

  /** A recording without an end of the file may start it, too. */
  #start(file: Known): Told[] {
    if (file.started) return [];
    file.started = true;
    return [{type: 'told', name: 'test-file-start', file: file.order.file, told: undefined}];
  }

  #end(file: Known): ReplayEvent[] {
    if (file.ended) return [];
    file.ended = true;
    const end = this.#endOf(file);
    file.results = []; // they may be large
    return end === null ? [] : [...this.#start(file), end];
  }

  /** @returns null: no recording has an end of the file */
  #endOf({order: {file, failure: reason, cuts}, results, failure}: Known): Told | null {
    const failed = (message: string, stack: string): Told => ({
      type: 'told',
      name: 'test-file-failure',
      file,
      told: {message, stack, type: 'Error'},
    });
    if (reason !== null) return failed(reason, reason);
    if (failure !== null) return failure;
    const parts = results.flatMap(({recording, event}): FilePart[] => {
      const found = cuts.find(one => one.recording === recording);
      return found === undefined ? [] : [{...found, result: event.told as TestResult}];
    });
    if (parts.length === 0) return results[0]?.event ?? null;
    try {
      const all = cuts.map(({cut}) => cut);
      const merged = mergeParts(parts, all, this.#toolsOf(file), this.#incomplete);
      return {type: 'told', name: 'test-file-success', file, told: merged};
    } catch (error) {
      // As in a run: the file fails, and nothing of it is lost in silence.
      const {message, stack = message} = error as Error;
      return failed(message, stack);
    }
  }
}

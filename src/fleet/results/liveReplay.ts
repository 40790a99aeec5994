/**
 * Tells this machine's Jest the results of all machines: one file after the other, in the order in which the jobs were
 * completed. So each machine's Jest is told the same.
 */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {CutOfFleet, PlannedJob} from '../../core/fleet/fleetPlan';
import type {FileError} from '../../core/texts/deaths';
import type {SourceLine} from '../../recording/lines';
import type {RepoPaths} from '../../recording/repoPaths';
import {ToldDecoder} from '../../recording/told';
import type {PartTools} from '../../replay/mergeParts';
import type {ReplayEvent} from '../../replay/recordedEvents';
import type {Reports} from '../../run/files/reports';
import type {FileResult, JobResult} from './jobResult';
import {mergedEvents, type ToldPart} from './mergedEvents';
import {ResultError} from './resultError';

export interface LiveReplayOptions {
  /** Jest's tests, by their place in the list of files of the collection. */
  readonly tests: readonly Test[];
  readonly cuts: readonly CutOfFleet[];
  readonly reports: Pick<Reports, 'fileStarted' | 'jestEvent' | 'fileSucceeded' | 'fileFailed'>;
  /** Of this checkout. */
  readonly paths: RepoPaths;
  /** The folder where the source maps of V8's coverage are written, for Jest to read; made if it is missing. */
  readonly maps: string;
  /** What merges the parts of a file. */
  readonly toolsOf: (test: Test) => PartTools;
}

type Told = Extract<ReplayEvent, {type: 'told'}>;

/** What is there of a file that is cut, by part. */
type Parts = Map<number, Arrived>;

interface Arrived {
  readonly machine: string;
  readonly result: FileResult;
}

export class LiveReplay {
  readonly #options: LiveReplayOptions;
  readonly #decoder: ToldDecoder;
  readonly #cuts: ReadonlyMap<number, CutOfFleet>;
  readonly #parts = new Map<number, Parts>();
  /** The places of the files whose end Jest has dealt with. */
  readonly #ended = new Set<number>();
  /** Resolves when Jest has dealt with all that was taken. */
  #last = Promise.resolve();

  constructor(options: LiveReplayOptions) {
    this.#options = options;
    this.#decoder = new ToldDecoder(options.paths, options.maps);
    this.#cuts = new Map(options.cuts.map(cut => [cut.file, cut]));
  }

  /**
   * A source that a result names. It must be there before the result.
   *
   * @throws {ResultError} if it is not one of ours
   */
  addSource(line: SourceLine): void {
    try {
      this.#decoder.addSource(line);
    } catch (error) {
      throw new ResultError(`The source ${line.id} cannot be used: ${(error as Error).message}.`);
    }
  }

  /**
   * The accepted result of a job. Jest is told of a file that is cut when all its parts are there.
   *
   * @returns resolves when Jest has dealt with it
   * @throws {ResultError} as a rejection: Jest cannot be told the result, and was told nothing of the file in question
   */
  take(job: PlannedJob, {machine, files}: JobResult): Promise<void> {
    return this.#inTurn(async () => {
      for (const result of files) await this.#add(job, {machine, result});
    });
  }

  /** The places of the files that have no end yet, ascending. */
  missing(): number[] {
    return [...this.#options.tests.keys()].filter(file => !this.#ended.has(file));
  }

  #inTurn(tell: () => Promise<void>): Promise<void> {
    const told = this.#last.then(tell);
    this.#last = told.catch(() => undefined);
    return told;
  }

  async #add({id, part}: PlannedJob, arrived: Arrived): Promise<void> {
    const {file} = arrived.result;
    if (this.#ended.has(file)) throw new ResultError(`Job ${id} has a second result of file ${file}.`);
    if (part === null) return this.#tell(file, this.#eventsOf(arrived.result));
    const all = this.#cuts.get(file)?.parts ?? 0;
    const parts = this.#parts.get(file) ?? new Map<number, Arrived>();
    if (part > all) throw new ResultError(`File ${file} has no part ${part}.`);
    if (parts.has(part)) throw new ResultError(`Job ${id} has a second result of part ${part} of file ${file}.`);
    parts.set(part, arrived);
    this.#parts.set(file, parts);
    if (parts.size < all) return;
    this.#parts.delete(file);
    await this.#tell(file, this.#merged(file, parts));
  }

  #merged(file: number, parts: Parts): Told[] {
    const test = this.#testOf(file);
    const told = [...parts]
      .sort(([one], [other]) => one - other)
      .map(([number, {machine, result}]): ToldPart => {
        return {number, machine, cut: result.cut, events: this.#eventsOf(result)};
      });
    const {paths, toolsOf} = this.#options;
    return mergedEvents({file, path: paths.toRecorded(test.path) ?? test.path, parts: told, tools: toolsOf(test)});
  }

  /** All events are checked before the first is told. */
  #eventsOf({file, told: events}: FileResult): Told[] {
    const {path} = this.#testOf(file);
    return events.map(({name, data}) => {
      try {
        const told = this.#decoder.decode(name, data);
        if (name === 'test-file-success' && (told as TestResult).testFilePath !== path) {
          throw new RangeError(`it is the result of ${(told as TestResult).testFilePath}`);
        }
        return {type: 'told', name, file, told};
      } catch (problem) {
        throw new ResultError(`Jest cannot be told "${name}" of ${path}: ${(problem as Error).message}.`);
      }
    });
  }

  /** Each event is told when Jest has dealt with the one before. */
  async #tell(file: number, events: readonly Told[]): Promise<void> {
    const {reports} = this.#options;
    const test = this.#testOf(file);
    for (const {name, told} of events) {
      // The reports know what to do with an error of a listener.
      await reportOf(reports, test, name, told).catch(() => undefined);
    }
    this.#ended.add(file);
  }

  #testOf(file: number): Test {
    const test = this.#options.tests[file];
    if (test === undefined) throw new ResultError(`There is no file ${file}.`);
    return test;
  }
}

function reportOf(reports: LiveReplayOptions['reports'], test: Test, name: Told['name'], told: unknown): Promise<void> {
  switch (name) {
    case 'test-file-start':
      return reports.fileStarted(test);
    case 'test-file-success':
      return reports.fileSucceeded(test, told as TestResult);
    case 'test-file-failure':
      return reports.fileFailed(test, told as FileError);
    case 'test-case-start':
    case 'test-case-result':
      return reports.jestEvent(test, name, [test.path, told as AssertionResult]);
  }
}

/** Makes the results of the jobs that this machine runs: what Jest would have been told there, for every checkout. */
import type {Test} from '@jest/test-result';
import type {FileError} from '../../core/texts/deaths';
import type {CutTests} from '../../core/wire/fileCut';
import type {SourceLine} from '../../recording/lines';
import type {RepoPaths} from '../../recording/repoPaths';
import {isToldName, sourceIdsOf, ToldEncoder} from '../../recording/told';
import type {FileResult, ToldEvent} from './jobResult';
import {ResultError} from './resultError';

export interface ResultWriterOptions {
  /** Of this checkout. */
  readonly paths: RepoPaths;
  /** The place of a test's file in the list of files of the collection. */
  readonly placeOf: (test: Test) => number;
  /** Called once for each source, before `ended` returns the first result that names it. */
  readonly putSource: (line: SourceLine) => void;
}

/** What is known of a file, or of a part of one, when it has ended. */
export type FileEnd = Pick<FileResult, 'record' | 'onNodes' | 'slot' | 'at' | 'ms'>;

/** What was heard of a file that has not ended. */
interface Heard {
  readonly told: ToldEvent[];
  sources: readonly string[];
  cut: FileResult['cut'];
  hasEnd: boolean;
}

/** The parts of a file that run here have a Test each. */
export class ResultWriter {
  readonly #placeOf: ResultWriterOptions['placeOf'];
  readonly #encoder: ToldEncoder;
  readonly #heard = new Map<Test, Heard>();

  constructor({paths, placeOf, putSource}: ResultWriterOptions) {
    this.#placeOf = placeOf;
    this.#encoder = new ToldEncoder(paths, putSource);
  }

  /**
   * What Jest would have been told. It is encoded at once, so that no payload is held.
   *
   * @param test null: the file is unknown, as a worker sends events of tests without it. Jest knows the file of such an
   *   event by its path alone, so any file with that path which has not ended has the event. If all have ended, their
   *   results have what Jest must know of the test, and nobody hears of the event.
   */
  told(test: Test | null, name: string, payload: unknown): void {
    if (!isToldName(name)) return;
    const heard = test === null ? this.#heardAt((payload as readonly unknown[])[0]) : this.#heardOf(test);
    if (heard === undefined) return;
    const data = this.#encoder.encode(name, payload);
    heard.told.push({name, data});
    if (name === 'test-file-success') heard.sources = sourceIdsOf(data);
    if (name === 'test-file-success' || name === 'test-file-failure') heard.hasEnd = true;
  }

  /** Which tests a part of a file has. @param unchecked the keys of snapshots that no test has asked for */
  cut(test: Test, {names, own, loadEntries}: CutTests, unchecked: readonly string[]): void {
    this.#heardOf(test).cut = {names, own, loadEntries, unchecked};
  }

  /**
   * The file, or the part, has ended, and all of it was passed to `told`.
   *
   * @throws {ResultError} if Jest would not have been told its end, and other parts cannot have the end
   */
  ended(test: Test, end: FileEnd): FileResult {
    const {told, sources, cut, hasEnd} = this.#heardOf(test);
    this.#heard.delete(test);
    if (!hasEnd && cut?.own.length !== 0) throw new ResultError(`${test.path} has ended without a result.`);
    return {file: this.#placeOf(test), told, sources, cut, ...end};
  }

  #heardOf(test: Test): Heard {
    let heard = this.#heard.get(test);
    if (heard === undefined) {
      heard = {told: [], sources: [], cut: null, hasEnd: false};
      this.#heard.set(test, heard);
    }
    return heard;
  }

  #heardAt(path: unknown): Heard | undefined {
    for (const [test, heard] of this.#heard) if (test.path === path && !heard.hasEnd) return heard;
    return undefined;
  }
}

/**
 * The result of a file that has none: it fails.
 *
 * @param error says why
 * @param at the server's clock, in ms
 */
export function failedFile(file: number, error: FileError, at: number): FileResult {
  const told: ToldEvent[] = [
    {name: 'test-file-start', data: null},
    {name: 'test-file-failure', data: error},
  ];
  return {file, told, sources: [], cut: null, record: null, slot: null, at, ms: 0};
}

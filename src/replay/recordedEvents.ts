/** What a recording says that Jest and the user were told, in its order, for the reader's checkout. */
import {misplacedTest} from '../recording/cutPlaces';
import type {CutLine, ToldName} from '../recording/lines';
import {readLines, RecordingError} from '../recording/reader';
import {RepoPaths} from '../recording/repoPaths';
import {ToldDecoder} from '../recording/told';

/** An event for Jest, from a recording or from anywhere else. */
export type ReplayEvent =
  /** @param file the index of a file of the run @param told what follows the Test in Jest's event */
  | {readonly type: 'told'; readonly name: ToldName; readonly file: number; readonly told: unknown}
  /** A text that the runner printed. */
  | {readonly type: 'warning'; readonly text: string}
  /** The run failed by something that is not the result of a file. */
  | {readonly type: 'failed-outside'};

/** An event of a recording. Its files are those of the recording. */
export type RecordedEvent =
  | ReplayEvent
  /** Which tests of a file that is cut over shards the recording has. It precedes the end of the file. */
  | {readonly type: 'cut'; readonly file: number; readonly cut: CutLine};

export interface EventsOptions {
  readonly path: string;
  /** The root of the repository in this checkout. */
  readonly root: string;
  /** How many files the recording has. */
  readonly fileCount: number;
  /** Where the source maps of coverage are written. */
  readonly maps: string;
}

/**
 * @returns why the events end where they do; null: the recording is whole
 * @throws {RecordingError} if the recording cannot be read, or if Jest cannot be told an event of it
 */
export function* recordedEvents({path, root, fileCount, maps}: EventsOptions): Generator<RecordedEvent, string | null> {
  const decoder = new ToldDecoder(new RepoPaths(root), maps);
  const lines = readLines(path);
  for (let number = 1; ; number++) {
    const next = lines.next();
    if (next.done === true) return next.value;
    const line = next.value;
    try {
      if (line.type === 'source') {
        decoder.addSource(line);
      } else if (line.type === 'warning') {
        yield {type: 'warning', text: line.text};
      } else if (line.type === 'end' && (line.failedOutside || line.verdict === 'fault')) {
        yield {type: 'failed-outside'};
      } else if (line.type === 'cut') {
        const wrong = misplacedTest(line);
        if (wrong !== null) throw new RangeError(`test ${wrong} of the file is not where it must be`);
        yield {type: 'cut', file: line.file, cut: line};
      } else if (line.type === 'told' && line.file !== null) {
        if (line.file >= fileCount) throw new RangeError(`there is no file ${line.file}`);
        yield {type: 'told', name: line.name, file: line.file, told: decoder.decode(line.name, line.data)};
      }
    } catch (error) {
      throw new RecordingError(path, `its line ${number} ("${line.type}") cannot be told: ${(error as Error).message}`);
    }
  }
}

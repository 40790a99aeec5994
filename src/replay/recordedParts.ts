/** Reads a recording to its end, before anything is told: what it has of each of its files. */
import type {TestResult} from '@jest/test-result';
import type {CutLine} from '../recording/lines';
import {RecordingError} from '../recording/reader';
import type {PlacedRecording} from './checkedRecordings';
import {recordedEvents} from './recordedEvents';

/** What a recording has of a file. */
export interface RecordedPart {
  /** How the file ended; null: it did not. */
  readonly ended: 'result' | 'failure' | null;
  /** Which of the file's tests these are; null: the file was not cut over shards, or ended before its tests were known. */
  readonly cut: Pick<CutLine, 'names' | 'own'> | null;
}

export interface WholeRecording {
  /** Why the recording does not hold all of its run; null: it does. */
  readonly problem: string | null;
  /** In the order of the recording's files. */
  readonly parts: readonly RecordedPart[];
}

/**
 * @param maps where the source maps of coverage are written
 * @throws {RecordingError} if an event of the recording cannot be told
 */
export function readThrough({path, root, files}: PlacedRecording, maps: string): WholeRecording {
  const parts: RecordedPart[] = files.map(() => ({ended: null, cut: null}));
  const events = recordedEvents({path, root, fileCount: files.length, maps});
  for (;;) {
    const next = events.next();
    if (next.done === true) return {problem: next.value, parts};
    const event = next.value;
    if (event.type === 'cut') {
      const {names, own} = event.cut;
      parts[event.file] = {ended: null, cut: {names, own}};
    } else if (event.type === 'told' && event.name === 'test-file-failure') {
      parts[event.file] = {ended: 'failure', cut: parts[event.file]?.cut ?? null};
    } else if (event.type === 'told' && event.name === 'test-file-success') {
      const cut = parts[event.file]?.cut ?? null;
      const {length} = (event.told as TestResult).testResults;
      if (cut !== null && cut.own.length !== length) {
        const file = files[event.file]?.path ?? '?';
        throw new RecordingError(path, `it has ${length} results for ${cut.own.length} tests of ${file}`);
      }
      parts[event.file] = {ended: 'result', cut};
    }
  }
}

/** Reads a recording to its end, before anything is told: what it has of each of its files. */
import type {TestResult} from '@jest/test-result';
import type {CutLine} from '../recording/lines';
import type {PlacedRecording} from './checkedRecordings';
import {recordedEvents} from './recordedEvents';

/** What a recording has of a file. */
export interface RecordedPart {
  /** How the file ended; null: it did not. */
  readonly ended: 'result' | 'failure' | null;
  /** How many tests its result has. */
  readonly tests: number;
  /** Which of the file's tests these are; null: the file was not cut over shards, or ended before its tests were known. */
  readonly cut: CutLine | null;
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
  const ends = new Map<number, Omit<RecordedPart, 'cut'>>();
  const cuts = new Map<number, CutLine>();
  const events = recordedEvents({path, root, fileCount: files.length, maps});
  let next = events.next();
  for (; next.done !== true; next = events.next()) {
    const event = next.value;
    if (event.type === 'cut') cuts.set(event.file, event.cut);
    if (event.type !== 'told') continue;
    if (event.name === 'test-file-failure') ends.set(event.file, {ended: 'failure', tests: 0});
    if (event.name === 'test-file-success') {
      ends.set(event.file, {ended: 'result', tests: (event.told as TestResult).testResults.length});
    }
  }
  const parts = files.map((_, file): RecordedPart => {
    const end = ends.get(file) ?? {ended: null, tests: 0};
    return {...end, cut: cuts.get(file) ?? null};
  });
  return {problem: next.value, parts};
}

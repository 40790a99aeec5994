/** A recording whose files have their keys in the timings. */
import {posix} from 'node:path';
import type {KeyedRecording} from '../analysis/recordedTimings';
import {fileKey} from '../core/plan/durations';
import {readRecording, type ShareLine} from '../recording';
import {CommandError} from './command';

/**
 * @throws {RecordingError}
 * @throws {CommandError} if the run says nothing of whole files
 */
export function keyedRecording(path: string): KeyedRecording {
  const {run, lines} = readRecording(path);
  if (run.jest.testNamePattern !== null) {
    throw new CommandError(`${path}: the run was of some tests only (-t), so it says nothing of whole files.`);
  }
  const files = lines.find(line => line.type === 'files')?.files ?? [];
  const keyOf = ({file, node}: ShareLine): string | null => {
    const recorded = files[file];
    if (recorded === undefined) return null;
    const relativePath = posix.relative(`/${run.rootDir}`, `/${recorded.path}`);
    return fileKey(run.projects[recorded.project]?.name ?? null, relativePath, node);
  };
  return {run, lines, keyOf};
}

/** Reads the pragmas of the test files of a run. A file with invalid pragmas does not run. */
import {readFileSync} from 'node:fs';
import type {Test} from '@jest/test-result';
import {malformedPragmas} from '../../core/texts/deaths';
import {NO_PRAGMAS, parsePragmas, type FilePragmas, type ParsedPragmas} from '../../core/rules/pragmas';
import type {Reports} from '../files/reports';
import type {RunningJest} from './runningJest';
import {warn} from '../warn';

/** The files of a run with valid pragmas, and their pragmas. */
export type ReadPragmas = ReadonlyMap<Test, FilePragmas>;

/** Reports the files with invalid pragmas, and returns the others. */
export function readAllPragmas(
  tests: readonly Test[],
  jest: RunningJest,
  reports: Pick<Reports, 'fileRefused'>,
): ReadPragmas {
  const docblock = jest.docblock();
  const sound = new Map<Test, FilePragmas>();
  for (const test of tests) {
    const {path} = test;
    const {errors, warnings, pragmas} = readPragmas(path, docblock);
    for (const {line, text} of warnings) warn(`${path}:${line}: ${text}`);
    if (errors.length === 0) sound.set(test, pragmas);
    else reports.fileRefused(test, malformedPragmas({configId: test.context.config.id, path}, errors));
  }
  return sound;
}

export function readPragmas(path: string, docblock: Parameters<typeof parsePragmas>[1]): ParsedPragmas {
  try {
    return parsePragmas(readFileSync(path, 'utf8'), docblock);
  } catch {
    return {pragmas: NO_PRAGMAS, errors: [], warnings: []}; // the run of the file will report the error
  }
}

/** Reads the pragmas of the test files of a run; a file whose pragmas cannot be read does not run. */
import {readFileSync} from 'node:fs';
import type {Test} from '@jest/test-result';
import {malformedPragmas} from '../../core/texts/deaths';
import {NO_PRAGMAS, parsePragmas, type FilePragmas, type ParsedPragmas} from '../../core/rules/pragmas';
import type {Reports} from '../files/reports';
import type {RunningJest} from './runningJest';
import {warn} from '../warn';

/** The files of a run that can be run, and what each says of itself. */
export type ReadPragmas = ReadonlyMap<Test, FilePragmas>;

/** Reports the files whose pragmas cannot be read; returns the others. */
export function readAllPragmas(tests: readonly Test[], jest: RunningJest, reports: Reports): ReadPragmas {
  const docblock = jest.docblock();
  const sound = new Map<Test, FilePragmas>();
  for (const test of tests) {
    const {path} = test;
    const {errors, warnings, pragmas} = readPragmas(path, docblock);
    for (const {line, message} of warnings) warn(`${path}:${line}: ${message}`);
    if (errors.length === 0) sound.set(test, pragmas);
    else reports.fileRefused(test, malformedPragmas({configId: test.context.config.id, path}, errors));
  }
  return sound;
}

export function readPragmas(path: string, docblock: Parameters<typeof parsePragmas>[1]): ParsedPragmas {
  try {
    return parsePragmas(readFileSync(path, 'utf8'), docblock);
  } catch {
    return {pragmas: NO_PRAGMAS, errors: [], warnings: []}; // running it will say what is wrong
  }
}

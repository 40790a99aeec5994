/** Reads the pragmas of the test files of a run; a file whose pragmas cannot be read does not run. */
import {readFileSync} from 'node:fs';
import type {Test} from '@jest/test-result';
import {malformedPragmas} from '../core/deaths';
import {NO_PRAGMAS, parsePragmas, type FilePragmas, type ParsedPragmas} from '../core/pragmas';
import type {Reports} from './reports';
import type {RunningJest} from './runningJest';
import {warn} from './warn';

/** Reports the files whose pragmas cannot be read; returns the others. */
export function reportMalformedPragmas(tests: readonly Test[], jest: RunningJest, reports: Reports): Test[] {
  const docblock = jest.docblock();
  const inert = new Set<string>();
  const sound = tests.filter(test => {
    const {path} = test;
    const {errors, warnings, pragmas} = readPragmas(path, docblock);
    for (const {line, message} of warnings) warn(`${path}:${line}: ${message}`);
    for (const name of namesOf(pragmas)) inert.add(name);
    if (errors.length === 0) return true;
    reports.fileStarted(test).catch(() => undefined); // then that is its failure
    void reports.fileFailed(test, malformedPragmas({configId: test.context.config.id, path}, errors));
    return false;
  });
  if (inert.size > 0) {
    warn(`${[...inert].sort().join(', ')}: checked, but not acted on by this version; the files run as any other.`);
  }
  return sound;
}

function readPragmas(path: string, docblock: Parameters<typeof parsePragmas>[1]): ParsedPragmas {
  try {
    return parsePragmas(readFileSync(path, 'utf8'), docblock);
  } catch {
    return {pragmas: NO_PRAGMAS, errors: [], warnings: []}; // running it will say what is wrong
  }
}

function* namesOf(pragmas: FilePragmas): Generator<string> {
  if (pragmas.canSplit !== null) yield '@can-split';
  if (pragmas.sharedFixtures.length > 0) yield '@shared-fixture';
  if (pragmas.serial) yield '@serial';
  if (pragmas.workerGroup !== null) yield '@worker-group';
  if (pragmas.resources.length > 0) yield '@resource';
  if (pragmas.hardTimeoutMs !== null) yield '@hard-timeout';
  if (pragmas.restartWorker) yield '@restart-worker';
}

/** Reads the pragmas of the test files of a run; a file whose pragmas cannot be read does not run. */
import {readFileSync} from 'node:fs';
import type {Test} from '@jest/test-result';
import {malformedPragmas} from '../core/deaths';
import {NO_PRAGMAS, parsePragmas, type FilePragmas, type ParsedPragmas} from '../core/pragmas';
import type {Reports} from './reports';
import type {RunningJest} from './runningJest';
import {warn} from './warn';

/** The files of a run that can be run, and what each says of itself. */
export type ReadPragmas = ReadonlyMap<Test, FilePragmas>;

/** Reports the files whose pragmas cannot be read; returns the others. */
export function readAllPragmas(tests: readonly Test[], jest: RunningJest, reports: Reports): ReadPragmas {
  const docblock = jest.docblock();
  const inert = new Set<string>();
  const sound = new Map<Test, FilePragmas>();
  for (const test of tests) {
    const {path} = test;
    const {errors, warnings, pragmas} = readPragmas(path, docblock);
    for (const {line, message} of warnings) warn(`${path}:${line}: ${message}`);
    for (const name of namesOf(pragmas)) inert.add(name);
    if (errors.length === 0) {
      sound.set(test, pragmas);
      continue;
    }
    reports.fileStarted(test).catch(() => undefined); // then that is its failure
    void reports.fileFailed(test, malformedPragmas({configId: test.context.config.id, path}, errors));
  }
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

/** Those that nothing is done about. */
function* namesOf(pragmas: FilePragmas): Generator<string> {
  if (pragmas.sharedFixtures.length > 0) yield '@shared-fixture';
  if (pragmas.serial) yield '@serial';
  if (pragmas.workerGroup !== null) yield '@worker-group';
  if (pragmas.resources.length > 0) yield '@resource';
  if (pragmas.restartWorker) yield '@restart-worker';
}

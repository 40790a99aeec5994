/** Texts for a splittable file that does not define the same tests in every worker. */
import {listDifference, type NamedTests} from './nameDifference';
import type {CollectedTest} from '../wire/workerMessages';
import type {SlotNumber} from '../plan/units';

/** The tests that one worker found in a file. */
export interface Collected {
  readonly slot: SlotNumber;
  readonly tests: readonly CollectedTest[];
}

const ADVICE =
  'The tests of a file and their names must not depend on time, chance or the worker. ' +
  'If they do, remove `@can-split` from the file.';

/** Says that a file runs whole because two workers found different tests in it. */
export function describeMismatch(path: string, first: Collected, second: Collected): string {
  const lines = difference(first, second);
  return (
    `${path} runs whole, in one worker: its tests are not the same in every worker ` +
    `(w${first.slot} found ${first.tests.length} tests, w${second.slot} found ${second.tests.length}).\n` +
    `${lines.map(line => `  ${line}`).join('\n')}\n${ADVICE}`
  );
}

/** Says that a file runs whole because a second worker could not load it. */
export function describeRefusal(path: string, first: SlotNumber, second: SlotNumber, message: string): string {
  return (
    `${path} runs whole, in one worker: w${first} loaded it, but w${second} could not.\n` +
    `${message
      .trimEnd()
      .split('\n')
      .map(line => `  | ${line}`)
      .join('\n')}\n` +
    'Several workers load a split file at the same time. If the file does not allow that, remove `@can-split` from it.'
  );
}

function difference(first: Collected, second: Collected): string[] {
  const lines = listDifference(named(first), named(second));
  return lines.length > 0 ? lines : ['the names are the same, but different tests are skipped or stay together'];
}

function named({slot, tests}: Collected): NamedTests {
  return {where: `w${slot}`, names: tests.map(({name}) => name)};
}

/** What a user reads when a file that may be split does not define the same tests in every worker. */
import {nameDifference, quoteName, type NamedTests} from './nameDifference';
import type {CollectedTest} from '../wire/workerMessages';
import type {SlotNumber} from '../plan/units';

/** The tests that one worker found in a file. */
export interface Collected {
  readonly slot: SlotNumber;
  readonly tests: readonly CollectedTest[];
}

const ADVICE =
  'Names of tests, and which of them there are, must not depend on time, chance or the worker; ' +
  'otherwise remove `@can-split` from the file.';

/** Why a file is run whole: two workers do not agree on its tests. */
export function describeMismatch(path: string, first: Collected, second: Collected): string {
  const lines = difference(first, second);
  return (
    `${path} runs whole, on one worker: its tests are not the same in every worker ` +
    `(w${first.slot} lists ${first.tests.length} of them, w${second.slot} ${second.tests.length}).\n` +
    `${lines.map(line => `  ${line}`).join('\n')}\n${ADVICE}`
  );
}

/** Why a file is run whole: a second worker could not load it. */
export function describeRefusal(path: string, first: SlotNumber, second: SlotNumber, message: string): string {
  return (
    `${path} runs whole, on one worker: w${first} has loaded it, and w${second} could not.\n` +
    `${message
      .trimEnd()
      .split('\n')
      .map(line => `  | ${line}`)
      .join('\n')}\n` +
    'A file that is split is loaded in several workers at once; or take it out of `@can-split`.'
  );
}

function difference(first: Collected, second: Collected): string[] {
  const only = nameDifference(named(first), named(second));
  if (only.length > 0) return only;
  const at = first.tests.findIndex(({name}, index) => name !== second.tests[index]?.name);
  if (at === -1) return ['the same names, but other tests are skipped or stay together'];
  return [
    `the same names in another order: test ${at + 1} is`,
    `- ${quoteName(first.tests[at]?.name)} in w${first.slot}`,
    `+ ${quoteName(second.tests[at]?.name)} in w${second.slot}`,
  ];
}

function named({slot, tests}: Collected): NamedTests {
  return {where: `w${slot}`, names: tests.map(({name}) => name)};
}

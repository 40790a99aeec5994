/** What a user reads when a file that may be split does not define the same tests in every worker. */
import type {CollectedTest} from './protocol';
import type {SlotNumber} from './units';

/** The tests that one worker found in a file. */
export interface Collected {
  readonly slot: SlotNumber;
  readonly tests: readonly CollectedTest[];
}

/** So many names are shown of each side. */
const SHOWN = 10;

const ADVICE =
  'Names of tests, and which of them there are, must not depend on time, chance or the worker; ' +
  'or take the file out of `@can-split`.';

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
  const only = [...without(first, second, '-'), ...without(second, first, '+')];
  if (only.length > 0) return only;
  const at = first.tests.findIndex(({name}, index) => name !== second.tests[index]?.name);
  if (at === -1) return ['the same names, but not the same of them are skipped, or belong together'];
  return [
    `the same names in another order: test ${at + 1} is`,
    `- ${quote(first.tests[at]?.name)} in w${first.slot}`,
    `+ ${quote(second.tests[at]?.name)} in w${second.slot}`,
  ];
}

/** Names that one has more often than the other. */
function without(one: Collected, other: Collected, sign: string): string[] {
  const left = new Map<string, number>();
  for (const {name} of other.tests) left.set(name, (left.get(name) ?? 0) + 1);
  const only: string[] = [];
  for (const {name} of one.tests) {
    const count = left.get(name) ?? 0;
    if (count > 0) left.set(name, count - 1);
    else only.push(name);
  }
  const shown = only.slice(0, SHOWN).map(name => `${sign} ${quote(name)} (only in w${one.slot})`);
  return only.length > SHOWN ? [...shown, `${sign} and ${only.length - SHOWN} more`] : shown;
}

function quote(name: string | undefined): string {
  return JSON.stringify(name);
}

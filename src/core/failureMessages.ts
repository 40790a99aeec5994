/**
 * The text of a file's failures (TestResult.failureMessage), cut into its tests and put together again.
 *
 * jest-message-util's formatResultsErrors makes it, in 29.7 as in 30: for every failure message of every
 * test a title line `  ● describe › test`, an empty line and the error, joined by '\n'; jest-circus adds
 * '\n\n' and, joined by '\n', the errors outside of any test, under the title `Test suite failed to run`.
 * Whatever an error holds is indented by 4 or more there, so no line of it passes for a title.
 */
import type {AssertionResult} from '@jest/test-result';
import type {SlotNumber} from './units';

/** What of a test's result its title and the number of its failures are known by. */
export type TitledTest = Pick<AssertionResult, 'ancestorTitles' | 'title' | 'failureMessages'>;

/** The parts of a failureMessage. */
export interface FailureTexts {
  /** One for each test, with all of its failures; null: the text says nothing of it. */
  readonly tests: readonly (string | null)[];
  /** Of errors outside of any test, one each. */
  readonly outside: readonly string[];
}

const OUTSIDE = 'Test suite failed to run';

/** At most so many tests are named in a note, the nearest: what a test leaves behind, the next ones run into. */
export const NAMED_BEFORE = 3;

/** Escape sequences of colours and styles. They are ignored: the text may have some where a title has none. */
const STYLES = '(?:\\u001b\\[[\\d;]*m)*';
const allStyles = new RegExp(STYLES, 'g');
/** Sticky: at `lastIndex`. Matches always, if only the empty text. */
const stylesHere = new RegExp(STYLES, 'y');
/** Where a title may begin: a line with a bullet, indented by two. Chalk colours each line for itself. */
const bullet = new RegExp(`(?<![^\\n])${STYLES} {2}${STYLES}● `, 'g');

/**
 * @param tests all tests of the result that `text` belongs to, in its order
 * @returns parts that hold all of `text` but the line breaks between them; where a title is not found,
 *   its text stays with the part before
 */
export function cutFailureMessage(text: string | null | undefined, tests: readonly TitledTest[]): FailureTexts {
  const parts: (string | null)[] = tests.map(() => null);
  const outside: string[] = [];
  const marks = text == null ? [] : findParts(text, tests);
  marks.forEach(({test, at}, k) => {
    const next = marks[k + 1];
    const part = text!.slice(at, next && next.at - next.gap);
    if (part === '') return; // before the first title
    if (test === null) outside.push(part);
    else parts[test] = part;
  });
  return {tests: parts, outside};
}

/**
 * The reverse, for the parts of several results of one file.
 *
 * @param tests in the order of the source
 * @param outside by result: what each of them ran into, as a hook of the whole file that throws in every
 *   worker, is told once
 */
export function joinFailureMessage(
  tests: readonly (string | null)[],
  outside: readonly (readonly string[])[],
): string | null {
  const failures = tests.filter(text => text !== null).join('\n');
  const errors = outside.reduce<string[]>((all, more) => [...all, ...without(more, all)], []);
  if (errors.length > 0) return `${failures}\n\n${errors.join('\n')}`;
  return failures === '' ? null : failures;
}

/** The tests of a file that ran before one of them, in the same worker. */
export interface TestsBefore {
  readonly count: number;
  /** The names of the last of them, up to NAMED_BEFORE. */
  readonly last: readonly string[];
}

/**
 * What is said with the failure of a test of a split file: it may be due to what ran before it, and that
 * is not what the file says.
 *
 * @param before the names of the file's tests that ran before it in the same process, in that order;
 *   null: it never began there
 * @param why it did not run with all the others
 */
export function splitNote(slot: SlotNumber, before: TestsBefore | null, why: 'split' | 'resumed'): string {
  const start =
    why === 'split'
      ? 'This file was split: this test'
      : "This file's worker died, and another went on with it: this test";
  if (before === null) return `${start} was to run in worker w${slot}, and never began.`;
  const ran = `${start} ran in worker w${slot}`;
  if (before.count === 0) return `${ran}, as the first of the file's tests there.`;
  return `${ran}, after ${namedBefore(before.count, before.last)}.`;
}

/** @param names of the last of `count` tests, at least */
export function namedBefore(count: number, names: readonly string[]): string {
  // As JSON, so that a name of several lines takes one.
  const named = names.slice(-NAMED_BEFORE).map(name => JSON.stringify(name));
  const more = count - named.length;
  return `${count} of the file's other tests: ${named.join(', ')}${more > 0 ? ` (and ${more} before)` : ''}`;
}

/** Adds a note to a test's part of a failureMessage, indented as its errors are. */
export function addNoteToPart(part: string, note: string): string {
  return `${part}${part.endsWith('\n') ? '' : '\n'}\n    ${note}\n`;
}

/** Adds a note to one of a test's failureMessages: an error's message and stack. */
export function addNoteToMessage(message: string, note: string): string {
  return `${message}\n\n${note}`;
}

/** Where a part begins, whose it is (null: no test's), and how many line breaks stand before it that no part has. */
interface Mark {
  readonly test: number | null;
  readonly at: number;
  readonly gap: number;
}

function findParts(text: string, tests: readonly TitledTest[]): Mark[] {
  const titled = tests.flatMap((test, index) =>
    test.failureMessages.map(() => ({index, title: [...test.ancestorTitles, test.title].join(' › ')})),
  );
  const marks: Mark[] = [];
  let cursor = 0;
  for (const {index, title} of titled) {
    const found = findTitle(text, title, cursor);
    if (found === null) continue;
    if (marks.at(-1)?.test !== index) marks.push({test: index, at: found.start, gap: 1});
    cursor = found.end;
  }
  for (let next = findTitle(text, OUTSIDE, cursor); next !== null; next = findTitle(text, OUTSIDE, next.end)) {
    const isFirst = marks.at(-1)?.test !== null;
    marks.push({test: null, at: next.start, gap: isFirst && text.startsWith('\n\n', next.start - 2) ? 2 : 1});
  }
  if (marks[0]?.at === 0) return marks;
  // What stands before all that was found is most likely the first test's.
  const first = titled[0]?.index ?? null;
  const others = first !== null && marks[0]?.test === first ? marks.slice(1) : marks;
  return [{test: first, at: 0, gap: 0}, ...others];
}

/** The first line from an index on that is this title; it may have several lines. */
function findTitle(text: string, title: string, from: number): {start: number; end: number} | null {
  const bare = title.replace(allStyles, '');
  bullet.lastIndex = from;
  for (let found = bullet.exec(text); found !== null; found = bullet.exec(text)) {
    const end = endOf(bare, text, bullet.lastIndex);
    if (end !== null && text.startsWith('\n\n', end)) return {start: found.index, end};
  }
  return null;
}

/** Where `expected` ends if it begins in `text` at an index; null: something else is there. */
function endOf(expected: string, text: string, from: number): number | null {
  let at = from;
  for (let k = 0; k < expected.length; k++) {
    at = afterStyles(text, at);
    if (text.charCodeAt(at) !== expected.charCodeAt(k)) return null;
    at++;
  }
  return afterStyles(text, at);
}

/** Of `all` those that `others` has not, or has less often. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all.filter(text => {
    const found = left.indexOf(text);
    if (found >= 0) left.splice(found, 1);
    return found < 0;
  });
}

function afterStyles(text: string, at: number): number {
  if (text[at] !== '\u001b') return at;
  stylesHere.lastIndex = at;
  stylesHere.exec(text);
  return stylesHere.lastIndex;
}

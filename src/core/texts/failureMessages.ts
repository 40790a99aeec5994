/**
 * The text of a file's failures (TestResult.failureMessage), cut into its tests and put together again.
 *
 * jest-message-util's formatResultsErrors makes it, in 29.7 as in 30: for every failure message of every
 * test a title line `  ● describe › test`, an empty line and the error, joined by '\n'; jest-circus adds
 * '\n\n' and, joined by '\n', the errors outside of any test, under the title `Test suite failed to run`.
 * Whatever an error holds is indented by 4 or more there, so no line of it passes for a title.
 */
import type {AssertionResult} from '@jest/test-result';
import type {SlotNumber} from '../plan/units';

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

/** Between the titles of a heading. */
const SEPARATOR = ' › ';

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
  const remedy = why === 'split' ? ' If its tests depend on each other, remove its @can-split or canSplit.' : '';
  if (before.count === 0) return `${ran}, as the first of the file's tests there.${remedy}`;
  return `${ran}, after ${namedBefore(before.count, before.last)}.${remedy}`;
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

/**
 * Names in the headings of a part whose it is: `  ● node22 › describe › test`.
 *
 * @param tests the part's one; none: it is of an error outside of any test
 */
export function nameInHeadings(part: string, tests: readonly TitledTest[], name: string): string {
  const headings = findHeadings(part, tests);
  if (headings.length === 0) return `  ● ${name}\n\n${part}`;
  let named = '';
  let copied = 0;
  for (const {titleAt} of headings) {
    named += `${part.slice(copied, titleAt)}${name}${SEPARATOR}`;
    copied = titleAt;
  }
  return named + part.slice(copied);
}

/** What a part says of an error outside of any test, without heading and indentation: an error's message may be made of it. */
export function withoutHeading(part: string): string {
  const [heading] = findHeadings(part, []);
  return (heading === undefined ? part : part.slice(heading.end)).replaceAll(/^ {4}/gm, '').trim();
}

/** A title in a text. */
interface Heading {
  /** null: no test's. */
  readonly test: number | null;
  /** Of its line. */
  readonly start: number;
  /** Behind its bullet. */
  readonly titleAt: number;
  readonly end: number;
}

/** Where a part begins, whose it is (null: no test's), and how many line breaks stand before it that no part has. */
interface Mark {
  readonly test: number | null;
  readonly at: number;
  readonly gap: number;
}

function findParts(text: string, tests: readonly TitledTest[]): Mark[] {
  const headings = findHeadings(text, tests);
  const marks: Mark[] = [];
  for (const {test, start} of headings) {
    const before = marks.at(-1)?.test;
    if (test !== null) {
      if (before !== test) marks.push({test, at: start, gap: 1});
    } else {
      marks.push({test, at: start, gap: before !== null && text.startsWith('\n\n', start - 2) ? 2 : 1});
    }
  }
  if (marks[0]?.at === 0) return marks;
  // What stands before all that was found is most likely the first test's.
  const failed = tests.findIndex(({failureMessages}) => failureMessages.length > 0);
  const first = failed === -1 ? null : failed;
  const others = first !== null && marks[0]?.test === first ? marks.slice(1) : marks;
  return [{test: first, at: 0, gap: 0}, ...others];
}

/** The titles of the tests' failures, one after the other, as far as they are found; then those of all errors outside of any. */
function findHeadings(text: string, tests: readonly TitledTest[]): Heading[] {
  const headings: Heading[] = [];
  let cursor = 0;
  tests.forEach(({ancestorTitles, title, failureMessages}, test) => {
    const whole = [...ancestorTitles, title].join(SEPARATOR);
    for (let count = 0; count < failureMessages.length; count++) {
      const found = findTitle(text, whole, cursor);
      if (found === null) continue;
      headings.push({test, ...found});
      cursor = found.end;
    }
  });
  for (let next = findTitle(text, OUTSIDE, cursor); next !== null; next = findTitle(text, OUTSIDE, next.end)) {
    headings.push({test: null, ...next});
  }
  return headings;
}

/** The first line from an index on that is this title; it may have several lines. */
function findTitle(text: string, title: string, from: number): Omit<Heading, 'test'> | null {
  const bare = title.replace(allStyles, '');
  bullet.lastIndex = from;
  for (let found = bullet.exec(text); found !== null; found = bullet.exec(text)) {
    const titleAt = afterStyles(text, bullet.lastIndex);
    const end = endOf(bare, text, titleAt);
    if (end !== null && text.startsWith('\n\n', end)) return {start: found.index, titleAt, end};
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

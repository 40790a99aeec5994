/**
 * Cuts the text of a file's failures (TestResult.failureMessage) into one text for each test, and joins such texts.
 *
 * jest-message-util's formatResultsErrors makes the whole text, in Jest 29.7 and 30. For every failure message of every
 * test it prints a title line `  ● describe › test`, an empty line and the error. It joins these with '\n'. jest-circus
 * appends '\n\n' and the errors outside of any test, each under the title `Test suite failed to run`, joined with '\n'.
 * All lines of an error are indented by 4 or more, so none of them looks like a title.
 */
import type {AssertionResult} from '@jest/test-result';
import type {SlotNumber} from '../plan/units';

/** The fields of a test result that identify its title and its number of failures. */
export type TitledTest = Pick<AssertionResult, 'ancestorTitles' | 'title' | 'failureMessages'>;

/** The parts of a failureMessage. */
export interface FailureTexts {
  /** For each test, the text of all its failures; null: the text contains no failure of this test. */
  readonly tests: readonly (string | null)[];
  /** For each error outside of any test, its text. */
  readonly outside: readonly string[];
}

const OUTSIDE = 'Test suite failed to run';

/** Separates the titles of a heading. */
const SEPARATOR = ' › ';

/** A note names at most this many preceding tests, because a test's side effects usually affect the next tests. */
export const NAMED_BEFORE = 3;

/** Escape sequences of colours and styles. The search ignores them: the text may have some where a title has none. */
const STYLES = '(?:\\u001b\\[[\\d;]*m)*';
const allStyles = new RegExp(STYLES, 'g');
/** Sticky: matches at `lastIndex`. Always matches, possibly an empty string. */
const stylesHere = new RegExp(STYLES, 'y');
/** A title may begin here: a line with a bullet, indented by two. Chalk colours each line separately. */
const bullet = new RegExp(`(?<![^\\n])${STYLES} {2}${STYLES}● `, 'g');

/**
 * @param tests all tests of the result that `text` belongs to, in the result's order
 * @returns parts that contain all of `text` except the line breaks between them. If a title is not found, its text
 *   stays in the part before it.
 */
export function cutFailureMessage(text: string | null | undefined, tests: readonly TitledTest[]): FailureTexts {
  const parts: (string | null)[] = tests.map(() => null);
  const outside: string[] = [];
  const marks = text == null ? [] : findParts(text, tests);
  marks.forEach(({test, at}, k) => {
    const next = marks[k + 1];
    const part = text!.slice(at, next && next.at - next.gap);
    if (part === '') return; // no text before the first title
    if (test === null) outside.push(part);
    else parts[test] = part;
  });
  return {tests: parts, outside};
}

/**
 * Joins the parts of several results of one file.
 *
 * @param tests for each test, in source order, the text of its failures
 * @param outside for each result, its errors outside of any test. If every worker reports the same error, such as a
 *   failing hook of the file, the error is included once.
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

/** The tests of a file that ran before one of its tests, in the same worker. */
export interface TestsBefore {
  readonly count: number;
  /** The names of the last of these tests, up to NAMED_BEFORE. */
  readonly last: readonly string[];
}

/**
 * Builds the note for a failed test of a split file. The test may have failed because different tests ran before it
 * than the source order suggests.
 *
 * @param before the file's tests that ran before this test in the same process; null: this test never started
 * @param why the reason that the test ran in a different worker
 */
export function splitNote(slot: SlotNumber, before: TestsBefore | null, why: 'split' | 'resumed'): string {
  const start =
    why === 'split'
      ? 'This file was split: this test'
      : "This file's worker died, and another worker ran the rest: this test";
  if (before === null) return `${start} should have run in worker w${slot}, but it never started.`;
  const ran = `${start} ran in worker w${slot}`;
  const remedy = why === 'split' ? ' If its tests depend on each other, remove its @can-split or canSplit.' : '';
  if (before.count === 0) return `${ran}, as the first of the file's tests there.${remedy}`;
  return `${ran}, after ${namedBefore(before.count, before.last)}.${remedy}`;
}

/** @param names the names of the last of `count` tests: at least NAMED_BEFORE of them, or all */
export function namedBefore(count: number, names: readonly string[]): string {
  // As JSON, so that a name of several lines takes one line.
  const named = names.slice(-NAMED_BEFORE).map(name => JSON.stringify(name));
  const more = count - named.length;
  return `${count} of the file's other tests: ${named.join(', ')}${more > 0 ? ` (and ${more} before)` : ''}`;
}

/** Adds a note to a test's part of a failureMessage, with the indentation of its errors. */
export function addNoteToPart(part: string, note: string): string {
  return `${part}${part.endsWith('\n') ? '' : '\n'}\n    ${note}\n`;
}

/** Adds a note to one of a test's failureMessages, which is an error's message and stack. */
export function addNoteToMessage(message: string, note: string): string {
  return `${message}\n\n${note}`;
}

/**
 * Prefixes each heading of a part with the node name: `  ● node22 › describe › test`.
 *
 * @param tests the part's test; empty for an error outside of any test
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

/** Removes heading and indentation from the part of an error outside of any test, to reuse its text as a message. */
export function withoutHeading(part: string): string {
  const [heading] = findHeadings(part, []);
  return (heading === undefined ? part : part.slice(heading.end)).replaceAll(/^ {4}/gm, '').trim();
}

/** A title in a text. */
interface Heading {
  /** The index of its test; null: no test. */
  readonly test: number | null;
  /** Where its line starts. */
  readonly start: number;
  /** Where the title starts, after the bullet. */
  readonly titleAt: number;
  readonly end: number;
}

/** A part's start, its test (null: none), and the number of line breaks before the part that belong to no part. */
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
  // Text before the first heading most likely belongs to the first failed test.
  const failed = tests.findIndex(({failureMessages}) => failureMessages.length > 0);
  const first = failed === -1 ? null : failed;
  const others = first !== null && marks[0]?.test === first ? marks.slice(1) : marks;
  return [{test: first, at: 0, gap: 0}, ...others];
}

/** The headings of the tests' failures, in order, as far as found; then the headings of errors outside of any test. */
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

/** Finds this title at or after an index. A title may have several lines. */
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

/** @returns where `expected` ends if `text` contains it at an index; null if it does not */
function endOf(expected: string, text: string, from: number): number | null {
  let at = from;
  for (let k = 0; k < expected.length; k++) {
    at = afterStyles(text, at);
    if (text.charCodeAt(at) !== expected.charCodeAt(k)) return null;
    at++;
  }
  return afterStyles(text, at);
}

/** Removes from `all` one item for each equal item in `others`. */
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

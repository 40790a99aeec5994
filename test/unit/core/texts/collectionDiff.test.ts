import {describeMismatch, describeRefusal, type Collected} from '../../../../src/core/texts/collectionDiff';

const PATH = '/p/a.test.js';

/** Tests that one worker found; each is a group of its own. */
const found = (slot: number, names: readonly string[]): Collected => ({
  slot,
  tests: names.map((name, group) => ({name, group})),
});
const numbered = (count: number) => Array.from({length: count}, (_, index) => `test ${index + 1}`);

/** What is said of the difference: the indented lines. */
const difference = (first: Collected, second: Collected) =>
  describeMismatch(PATH, first, second)
    .split('\n')
    .filter(line => line.startsWith('  '))
    .map(line => line.slice(2));

test('a mismatch is told with the file, both workers, what differs, and what to do', () => {
  expect(describeMismatch(PATH, found(1, ['adds', 'seed 17']), found(3, ['adds', 'seed 18', 'more']))).toBe(
    '/p/a.test.js runs whole, in one worker: its tests are not the same in every worker (w1 found 2 tests, w3 found 3).\n' +
      '  - "seed 17" (only in w1)\n' +
      '  + "seed 18" (only in w3)\n' +
      '  + "more" (only in w3)\n' +
      'The tests of a file and their names must not depend on time, chance or the worker. ' +
      'If they do, remove `@can-split` from the file.',
  );
});

describe('the difference', () => {
  test('may be on one side only', () => {
    expect(difference(found(1, ['a', 'b']), found(2, ['b']))).toEqual(['- "a" (only in w1)']);
    expect(difference(found(1, []), found(2, ['b']))).toEqual(['+ "b" (only in w2)']);
  });

  test('counts tests of equal names', () => {
    expect(difference(found(1, ['a', 'a', 'b']), found(2, ['b', 'a']))).toEqual(['- "a" (only in w1)']);
    expect(difference(found(1, ['a']), found(2, ['a', 'a', 'a']))).toEqual([
      '+ "a" (only in w2)',
      '+ "a" (only in w2)',
    ]);
  });

  test('does not take a name for what every object inherits', () => {
    expect(difference(found(1, ['toString', '__proto__']), found(2, ['constructor', '__proto__']))).toEqual([
      '- "toString" (only in w1)',
      '+ "constructor" (only in w2)',
    ]);
  });

  test('is cut after ten names of each side', () => {
    const ten = difference(found(1, numbered(10)), found(2, []));
    expect(ten).toHaveLength(10);
    expect(ten.at(-1)).toBe('- "test 10" (only in w1)');
    const more = difference(found(1, numbered(11)), found(2, ['x', ...numbered(12).map(name => `${name}!`)]));
    expect(more).toHaveLength(22);
    expect(more.slice(9, 12)).toEqual(['- "test 10" (only in w1)', '- and 1 more', '+ "x" (only in w2)']);
    expect(more.at(-1)).toBe('+ and 3 more');
  });

  test('shows what is not seen in a name', () => {
    expect(difference(found(1, ['a\n "b"']), found(2, ['a']))[0]).toBe('- "a\\n \\"b\\"" (only in w1)');
  });

  test('is the order where the names are the same', () => {
    expect(difference(found(1, ['a', 'b', 'c', 'd']), found(2, ['a', 'c', 'b', 'd']))).toEqual([
      'the names are the same, but in a different order: test 2 is',
      '- "b" in w1',
      '+ "c" in w2',
    ]);
  });

  test.each([
    ['which of them are skipped', {name: 'a', group: null}],
    ['which of them belong together', {name: 'a', group: 1}],
  ])('may be %s', (_what, test) => {
    expect(difference(found(1, ['a']), {slot: 2, tests: [test]})).toEqual([
      'the names are the same, but different tests are skipped or stay together',
    ]);
  });
});

test('a worker that could not load the file is quoted', () => {
  expect(describeRefusal(PATH, 1, 2, 'listen EADDRINUSE :::8080\n\n    at a.js:1:1\n')).toBe(
    '/p/a.test.js runs whole, in one worker: w1 loaded it, but w2 could not.\n' +
      '  | listen EADDRINUSE :::8080\n' +
      '  | \n' +
      '  |     at a.js:1:1\n' +
      'Several workers load a split file at the same time. If the file does not allow that, remove `@can-split` from it.',
  );
});

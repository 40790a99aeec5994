import {join} from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import type {AssertionResult} from '@jest/test-result';
import fc, {longCases} from '../../../random';
import {
  addNoteToMessage,
  addNoteToPart,
  cutFailureMessage,
  joinFailureMessage,
  nameInHeadings,
  NAMED_BEFORE,
  splitNote,
  withoutHeading,
} from '../../../../src/core/texts/failureMessages';

/** What of jest-message-util makes a failureMessage. */
interface MessageUtil {
  readonly formatResultsErrors: (
    tests: AssertionResult[],
    config: object,
    options: object,
    testPath: string,
  ) => string | null;
  readonly formatExecError: (error: unknown, config: object, options: object) => string;
}

interface Drawn {
  readonly tests: readonly AssertionResult[];
  /** For each test the slice that it is in. */
  readonly slices: readonly number[];
  /** For each slice its errors outside of any test. */
  readonly errors: readonly (readonly string[])[];
  readonly colours: boolean;
  readonly noStackTrace: boolean;
}

const SLICES = 3;
const stackLine = fc.constantFrom(
  `    at Object.<anonymous> (${__filename}:2:5)`,
  '    at node:internal/process:1:1',
  '    at Promise.then (/gone/file.js:3:4)',
  '  at odd',
);
const snippet = fc.constantFrom(
  ...['a', 'b', '\n', '\r\n', '\u2028', ' ', '  ', '    ', '● ', '  ● a', '\n  ● a\n\n', '\n\n', ' › ', 'Error:', ''],
  ...[
    '\u001b[31m',
    '\u001b[39m',
    '\u001b[22m',
    '\u001b[1;4m',
    '\u001b',
    '[1m',
    '1',
    '  ● Test suite failed to run\n\n',
  ],
);
const title = fc.oneof(
  fc.constantFrom('a', 'b', 'a\n', 'Test suite failed to run', 'a › b', ''),
  fc.array(snippet, {maxLength: 6}).map(parts => parts.join('')),
  fc.string({maxLength: 6}),
);
const message = fc
  .tuple(
    fc.constantFrom('Error: ', 'TypeError: ', ''),
    fc.array(fc.oneof(snippet, fc.string()), {maxLength: 8}),
    fc.array(stackLine, {maxLength: 3}),
  )
  .map(([start, words, stack]) => [start + words.join(''), ...stack].join('\n'));

/** An error, as jest-circus passes it along with its stack: what it holds is printed instead of the text. */
const details = fc
  .tuple(message, fc.option(message), fc.option(fc.array(message, {maxLength: 2})))
  .map(([stack, cause, errors]) => {
    const nested = (text: string) => Object.assign(new Error(text), {stack: text});
    return Object.assign(
      nested(stack),
      cause !== null && {cause: nested(cause)},
      errors && {errors: errors.map(nested)},
    );
  });

const testResult = fc
  .record({
    ancestorTitles: fc.array(title, {maxLength: 2}),
    title,
    failures: fc.array(fc.tuple(message, fc.option(details)), {maxLength: 3}),
  })
  .map(({failures, ...titles}): AssertionResult => ({
    ...titles,
    fullName: '',
    status: failures.length > 0 ? 'failed' : 'passed',
    failureMessages: failures.map(([text]) => text),
    failureDetails: failures.map(([, error]) => error),
    numPassingAsserts: 0,
  }));

const drawn: fc.Arbitrary<Drawn> = fc.array(testResult, {maxLength: 7}).chain(tests =>
  fc.record({
    tests: fc.constant(tests),
    slices: fc.array(fc.nat(SLICES - 1), {minLength: tests.length, maxLength: tests.length}),
    errors: fc.array(fc.array(message, {maxLength: 2}), {minLength: SLICES, maxLength: SLICES}),
    colours: fc.boolean(),
    noStackTrace: fc.boolean(),
  }),
);

describe.each(['jest-29', 'jest-30'])('the texts of %s', install => {
  const modules = join(__dirname, '../../../e2e/installs', install, 'node_modules');
  const {formatResultsErrors, formatExecError} = require(join(modules, 'jest-message-util')) as MessageUtil;
  const chalk = require(join(modules, 'chalk')) as {level: number};

  /** As jest-circus makes it. */
  function failureMessage(
    tests: readonly AssertionResult[],
    errors: readonly string[],
    {colours, noStackTrace}: Drawn,
  ) {
    const config = {rootDir: __dirname, testMatch: ['**/*.test.ts']};
    chalk.level = colours ? 1 : 0;
    const text = formatResultsErrors([...tests], config, {noStackTrace}, __filename);
    if (errors.length === 0) return text;
    return `${text || ''}\n\n${errors.map(error => formatExecError(error, config, {noStackTrace})).join('\n')}`;
  }

  test('are put together as they would be for all tests in one go', () => {
    fc.assert(
      fc.property(drawn, all => {
        const parts: (string | null)[] = all.tests.map(() => null);
        const outside = all.errors.map((errors, slice) => {
          const places = all.slices.flatMap((each, place) => (each === slice ? [place] : []));
          const tests = places.map(place => all.tests[place]!);
          const cut = cutFailureMessage(failureMessage(tests, errors, all), tests);
          places.forEach((place, k) => (parts[place] = cut.tests[k]!));
          return cut.outside;
        });
        // The same error in several slices is told once: of each text as many as the slice has that has most.
        const most = new Map<string, number>();
        const told = all.errors.flatMap(errors => {
          const seen = new Map<string, number>();
          return errors.filter(error => {
            const formatted = failureMessage([], [error], all)!;
            const count = (seen.get(formatted) ?? 0) + 1;
            seen.set(formatted, count);
            if (count <= (most.get(formatted) ?? 0)) return false;
            most.set(formatted, count);
            return true;
          });
        });
        expect(joinFailureMessage(parts, outside)).toBe(failureMessage(all.tests, told, all));
        all.tests.forEach(({failureMessages}, place) =>
          expect(parts[place] === null).toBe(failureMessages.length === 0),
        );
      }),
      {numRuns: longCases(1000)},
    );
  });

  test('have a name in their headings as if it were the first of the titles', () => {
    fc.assert(
      fc.property(drawn, all => {
        for (const each of all.tests.filter(({failureMessages}) => failureMessages.length > 0)) {
          const named = nameInHeadings(failureMessage([each], [], all)!, [each], 'node22');
          const expected = failureMessage([{...each, ancestorTitles: ['node22', ...each.ancestorTitles]}], [], all)!;
          // One that begins with styles of its own, or with a line break, may have the name in these.
          const isPlain = /^[^\u001b\r\n]/.test([...each.ancestorTitles, each.title].join(' › '));
          expect(isPlain ? named : stripVTControlCharacters(named)).toBe(
            isPlain ? expected : stripVTControlCharacters(expected),
          );
        }
      }),
    );
  });

  test('of errors outside of any test have a name before what these are called', () => {
    fc.assert(
      fc.property(drawn, message, (all, text) => {
        const [part = ''] = cutFailureMessage(failureMessage([], [text], all), []).outside;
        const bare = stripVTControlCharacters(part);
        expect(bare).toMatch(/^ {2}● Test suite failed to run\n\n/);
        expect(stripVTControlCharacters(nameInHeadings(part, [], 'node22'))).toBe(bare.replace('● ', '● node22 › '));
      }),
    );
  });

  test("are cut into each test's own", () => {
    fc.assert(
      fc.property(drawn, all => {
        const cut = cutFailureMessage(failureMessage(all.tests, all.errors[0]!, all), all.tests);
        expect(cut.tests).toEqual(all.tests.map(each => failureMessage([each], [], all)));
        expect(cut.outside).toHaveLength(all.errors[0]!.length);
      }),
    );
  });
});

const failing = (title: string, failures = 1) => ({
  ancestorTitles: [],
  title,
  failureMessages: Array<string>(failures).fill('Error'),
});
const part = (title: string, error = 'Error') => `  ● ${title}\n\n    ${error}\n`;

describe('a text in which a title is missing', () => {
  const text = `${part('a')}\n${part('?')}\n${part('c')}\n\n${part('Test suite failed to run')}`;

  test('stays with the part before', () => {
    expect(cutFailureMessage(text, [failing('a'), failing('b'), failing('c')])).toEqual({
      tests: [`${part('a')}\n${part('?')}`, null, part('c')],
      outside: [part('Test suite failed to run')],
    });
  });

  test('stays with the first test where no part is before', () => {
    const {tests} = cutFailureMessage(text, [failing('A'), failing('b'), failing('c')]);
    expect(tests).toEqual([`${part('a')}\n${part('?')}`, null, part('c')]);
    expect(cutFailureMessage(text, [failing('c')]).tests).toEqual([`${part('a')}\n${part('?')}\n${part('c')}`]);
    expect(cutFailureMessage('wholly other', [failing('a'), failing('b')]).tests).toEqual(['wholly other', null]);
  });

  test('is not taken for one that begins alike', () => {
    expect(cutFailureMessage(`${part('a')}\n${part('bc')}`, [failing('a'), failing('b')]).tests).toEqual([
      `${part('a')}\n${part('bc')}`,
      null,
    ]);
  });

  test('is kept where no test has failed', () => {
    expect(cutFailureMessage('wholly other', [failing('a', 0)])).toEqual({tests: [null], outside: ['wholly other']});
    expect(cutFailureMessage(`other\n\n${part('Test suite failed to run')}`, [])).toEqual({
      tests: [],
      outside: ['other', part('Test suite failed to run')],
    });
    expect(cutFailureMessage(`other\n${part('Test suite failed to run')}`, []).outside[0]).toBe('other');
  });

  test('loses nothing, whatever it is', () => {
    const words = fc.array(fc.oneof(snippet, fc.constantFrom(part('a'), part('b'), part('Test suite failed to run'))));
    fc.assert(
      fc.property(words, fc.array(title.map(each => failing(each))), (parts, tests) => {
        const whole = parts.join('');
        const cut = cutFailureMessage(whole, tests);
        const inks = (text: string) => text.replaceAll('\n', '');
        expect(inks([...cut.tests, ...cut.outside].join(''))).toBe(inks(whole));
      }),
    );
  });
});

describe('a name', () => {
  test('stands in the heading of each failure, in no other line', () => {
    const text = `${part('a', 'Error\n      ● a')}\n${part('a', 'Error 2')}`;
    expect(nameInHeadings(text, [failing('a', 2)], 'n')).toBe(
      `${part('n › a', 'Error\n      ● a')}\n${part('n › a', 'Error 2')}`,
    );
  });

  test('has the colours of the bullet behind it', () => {
    const coloured = '\u001b[1m\u001b[31m  \u001b[1m● \u001b[22m\u001b[1ma\u001b[39m\u001b[22m\n\n    Error\n';
    expect(nameInHeadings(coloured, [failing('a')], 'n')).toBe(
      '\u001b[1m\u001b[31m  \u001b[1m● \u001b[22m\u001b[1mn › a\u001b[39m\u001b[22m\n\n    Error\n',
    );
  });

  test('is the heading where there is none', () => {
    expect(nameInHeadings('wholly other', [failing('a')], 'n')).toBe('  ● n\n\nwholly other');
    expect(nameInHeadings('wholly other', [], 'n')).toBe('  ● n\n\nwholly other');
  });
});

test('an error without its heading stands as far to the left as an error does', () => {
  const text = part('Test suite failed to run', 'Error\n\n      at a.js:1:1');
  expect(withoutHeading(text)).toBe('Error\n\n  at a.js:1:1');
  expect(withoutHeading('wholly other')).toBe('wholly other');
});

test('no failures, no message', () => {
  expect(cutFailureMessage(null, [failing('a', 0)])).toEqual({tests: [null], outside: []});
  expect(cutFailureMessage('', [])).toEqual({tests: [], outside: []});
  expect(joinFailureMessage([null, null], [[], []])).toBeNull();
});

test('an error that every slice has is told once, one that a slice has twice stays twice', () => {
  expect(
    joinFailureMessage(
      [null],
      [
        ['x', 'y', 'y'],
        ['y', 'z'],
        ['x', 'x'],
      ],
    ),
  ).toBe('\n\nx\ny\ny\nz\nx');
});

describe('the note', () => {
  const REMEDY = ' If its tests depend on each other, remove its @can-split or canSplit.';
  const names = (count: number) => Array.from({length: count}, (_, k) => `t${k}`);

  test.each([
    [null, 'This file was split: this test should have run in worker w2, but it never started.'],
    [0, `This file was split: this test ran in worker w2, as the first of the file's tests there.${REMEDY}`],
    [1, `This file was split: this test ran in worker w2, after 1 of the file's other tests: "t0".${REMEDY}`],
    [
      3,
      `This file was split: this test ran in worker w2, after 3 of the file's other tests: "t0", "t1", "t2".${REMEDY}`,
    ],
    [
      14,
      `This file was split: this test ran in worker w2, after 14 of the file's other tests: "t11", "t12", "t13" (and 11 before).${REMEDY}`,
    ],
  ])('of a test after %j others', (count, text) => {
    expect(splitNote(2, count === null ? null : {count, last: names(count).slice(-NAMED_BEFORE)}, 'split')).toBe(text);
  });

  test('has no remedy for a file whose worker died: it need not have a pragma', () => {
    expect(splitNote(2, {count: 0, last: []}, 'resumed')).not.toContain('@can-split');
  });

  test('takes one line', () => {
    expect(splitNote(1, {count: 1, last: ['a "b"\nc']}, 'split')).toContain('tests: "a \\"b\\"\\nc".');
  });

  test("ends a test's part, as the errors in it do, and its failure message", () => {
    expect(addNoteToPart(part('a'), 'Note.')).toBe(`${part('a')}\n    Note.\n`);
    expect(addNoteToPart('no line break', 'Note.')).toBe('no line break\n\n    Note.\n');
    expect(addNoteToMessage('Error: x\n    at a.js:1:1', 'Note.')).toBe('Error: x\n    at a.js:1:1\n\nNote.');
  });
});

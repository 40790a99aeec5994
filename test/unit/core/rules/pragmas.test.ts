import {extract, parse} from 'jest-docblock';
import {
  FIXTURE_PRAGMAS,
  NO_PRAGMAS,
  parsePragmas,
  type FilePragmas,
  type PragmaProblem,
} from '../../../../src/core/rules/pragmas';

const read = (source: string) => parsePragmas(source, {extract, parse});

/** A test file whose docblock has these lines, the first of them in line 2. */
const fileWith = (...lines: string[]) =>
  `/**\n${lines.map(line => ` * ${line}\n`).join('')} */\ntest('a', () => {});\n`;

/** "line: text", the text up to its first colon. */
const brief = ({line, text}: PragmaProblem) => `${line}: ${text.split(/: | has no effect/)[0]}`;

const FOLLOWING_LINE =
  /takes the text on the line after a pragma for a part of its value: leave an empty ` \*` line between them/;

describe('well-formed pragmas', () => {
  test.each<[string, Partial<FilePragmas>]>([
    ['@can-split', {canSplit: 'tests'}],
    ['@can-split each', {canSplit: 'each'}],
    ['@shared-fixture ./db.ts', {sharedFixtures: [{path: './db.ts', scope: 'run', line: 2}]}],
    ['@shared-fixture ./db.ts scope=run', {sharedFixtures: [{path: './db.ts', scope: 'run', line: 2}]}],
    ['@shared-fixture ../db scope=worker', {sharedFixtures: [{path: '../db', scope: 'worker', line: 2}]}],
    ['@serial', {serial: true}],
    ['@worker-group db:main', {workerGroup: 'db:main'}],
    ['@resource gpu', {resources: [{name: 'gpu', amount: 1, line: 2}]}],
    ['@resource port/8080:12', {resources: [{name: 'port/8080', amount: 12, line: 2}]}],
    ['@hard-timeout 500ms', {hardTimeoutMs: 500}],
    ['@hard-timeout 30s', {hardTimeoutMs: 30_000}],
    ['@hard-timeout 1.5m', {hardTimeoutMs: 90_000}],
    ['@hard-timeout 0', {hardTimeoutMs: 0}],
    ['@restart-worker', {restartWorker: true}],
  ])('%s', (line, fields) => {
    expect(read(fileWith(line))).toEqual({pragmas: {...NO_PRAGMAS, ...fields}, errors: [], warnings: []});
  });

  test('all of them in one docblock, in any order, some more than once', () => {
    const {pragmas, errors} = read(
      fileWith(
        '@resource gpu',
        '@serial',
        '@shared-fixture ./a',
        '@resource port:2',
        '@can-split',
        '@shared-fixture ./b',
        '@hard-timeout 1s',
      ),
    );
    expect(errors).toEqual([]);
    expect(pragmas).toEqual({
      ...NO_PRAGMAS,
      resources: [
        {name: 'gpu', amount: 1, line: 2},
        {name: 'port', amount: 2, line: 5},
      ],
      serial: true,
      sharedFixtures: [
        {path: './a', scope: 'run', line: 4},
        {path: './b', scope: 'run', line: 7},
      ],
      canSplit: 'tests',
      hardTimeoutMs: 1000,
    });
  });

  test('in a docblock of one line', () => {
    expect(read('/** @worker-group db */\n').pragmas.workerGroup).toBe('db');
  });

  test('after text, which an empty line keeps apart, and with a line comment behind', () => {
    const {pragmas, errors} = read(
      fileWith('What this file tests.', '', '@worker-group db // it has one connection', '', 'More text.'),
    );
    expect(errors).toEqual([]);
    expect(pragmas.workerGroup).toBe('db');
  });

  test('with the line ends of Windows', () => {
    const {pragmas, errors, warnings} = read(
      fileWith('@worker-group db', '@serial', '@resource gpu:2').replaceAll('\n', '\r\n'),
    );
    expect({errors, warnings}).toEqual({errors: [], warnings: []});
    expect(pragmas).toEqual({
      ...NO_PRAGMAS,
      workerGroup: 'db',
      serial: true,
      resources: [{name: 'gpu', amount: 2, line: 4}],
    });
  });
});

describe('malformed pragmas', () => {
  test.each([
    ['@can-split tests', '@can-split tests: it takes nothing or the word "each"'],
    ['@shared-fixture', '@shared-fixture: name the module of the fixture'],
    ['@shared-fixture ./a ./b', '@shared-fixture ./a ./b: expected "./path/to/module" and nothing else'],
    ['@shared-fixture ./a scope=file', '@shared-fixture ./a scope=file: expected "./path/to/module" and nothing else'],
    ['@serial yes', '@serial yes: it takes no value'],
    ['@worker-group', '@worker-group: name the group'],
    ['@worker-group two words', "@worker-group two words: a group's name is one word"],
    ['@resource', '@resource: name the resource'],
    ['@resource gpu:0', '@resource gpu:0: expected "name" or "name:amount" with a whole amount of 1 or more'],
    ['@resource gpu:1.5', '@resource gpu:1.5: expected "name" or "name:amount"'],
    ['@resource gpu: 2', '@resource gpu: 2: expected "name" or "name:amount"'],
    ['@hard-timeout', '@hard-timeout: expected a time like "500ms", "30s" or "5m"'],
    ['@hard-timeout 30', '@hard-timeout 30: expected a time'],
    ['@hard-timeout -1s', '@hard-timeout -1s: expected a time'],
    ['@hard-timeout 1h', '@hard-timeout 1h: expected a time'],
    ['@restart-worker always', '@restart-worker always: it takes no value'],
  ])('%s', (line, text) => {
    const {errors, pragmas} = read(fileWith('Text.', '', line, '@jest-environment node'));
    expect(errors).toEqual([{line: 4, text: expect.stringContaining(text) as unknown}]);
    expect(pragmas).toEqual(NO_PRAGMAS);
  });

  test.each(['@can-split', '@worker-group a', '@hard-timeout 1s'])('%s twice blames the second', line => {
    const {errors} = read(fileWith(line, '@serial', line));
    expect(errors).toEqual([{line: 4, text: `${line}: it may be given only once in a file`}]);
  });

  test('of two resources the malformed one is blamed', () => {
    expect(read(fileWith('@resource gpu', '@serial', '@resource port:0')).errors.map(brief)).toEqual([
      '4: @resource port:0',
    ]);
    expect(read(fileWith('@resource port:0', '@serial', '@resource gpu')).errors.map(brief)).toEqual([
      '2: @resource port:0',
    ]);
  });

  test('each has its own error, and the sound ones are read', () => {
    const {errors, pragmas} = read(fileWith('@serial no', '@worker-group db', '@hard-timeout soon'));
    expect(errors.map(brief)).toEqual(['2: @serial no', '4: @hard-timeout soon']);
    expect(pragmas).toEqual({...NO_PRAGMAS, workerGroup: 'db'});
  });

  test('text on the following line is explained as what made the value wrong', () => {
    for (const pragma of [
      '@serial',
      '@can-split',
      '@worker-group db',
      '@resource gpu',
      '@hard-timeout 1s',
      '@shared-fixture ./a',
    ]) {
      const {errors} = read(fileWith('@jest-environment node', pragma, 'It needs the machine for itself.'));
      expect(errors.map(brief)).toEqual([`3: ${pragma} It needs the machine for itself.`]);
      expect(errors[0]?.text).toMatch(FOLLOWING_LINE);
    }
  });

  test('lines are counted from the top of the file', () => {
    expect(read(`\n\n${fileWith('@serial no')}`).errors.map(brief)).toEqual(['4: @serial no']);
  });

  test('lines are counted right with the line ends of Windows', () => {
    const source = fileWith(
      '@jest-environment node',
      '@serial',
      'Text.',
      '',
      '@resource gpu',
      '@resource gpu:0',
    ).replaceAll('\n', '\r\n');
    expect(read(source).errors.map(brief)).toEqual(['3: @serial Text.', '7: @resource gpu:0']);
  });
});

describe('pragmas where Jest does not look', () => {
  test('after a licence line', () => {
    const {warnings, pragmas} = read(`// Copyright\n${fileWith('@serial')}`);
    expect(warnings.map(brief)).toEqual(['3: @serial']);
    expect(warnings[0]?.text).toMatch(
      /only from a \/\*\* \*\/ comment that is the very first thing in the file\. Move it there/,
    );
    expect(pragmas).toEqual(NO_PRAGMAS);
  });

  test('after an eslint-disable comment, which Jest takes for the docblock', () => {
    const {warnings, pragmas} = read(`/* eslint-disable no-console */\n${fileWith('@serial', '@resource gpu')}`);
    expect(warnings.map(brief)).toEqual(['3: @serial', '4: @resource']);
    expect(warnings[0]?.text).toContain('(here, the comment that begins in line 1)');
    expect(pragmas).toEqual(NO_PRAGMAS);
  });

  test('in a second docblock', () => {
    const {warnings, pragmas} = read(`${fileWith('@worker-group db')}\n${fileWith('@serial')}`);
    expect(warnings.map(brief)).toEqual(['7: @serial']);
    expect(pragmas).toEqual({...NO_PRAGMAS, workerGroup: 'db'});
  });

  test('after an import', () => {
    expect(read(`import './a';\n\n/** @can-split */\ntest('a', () => {});\n`).warnings.map(brief)).toEqual([
      '3: @can-split',
    ]);
  });

  test('in a line comment', () => {
    expect(read(`// @serial\ntest('a', () => {});\n`).warnings.map(brief)).toEqual(['1: @serial']);
  });

  test('with the line ends of Windows', () => {
    expect(read(`// Copyright\n${fileWith('@serial')}`.replaceAll('\n', '\r\n')).warnings.map(brief)).toEqual([
      '3: @serial',
    ]);
  });

  test('a malformed one is warned of, not refused', () => {
    expect(read(`// Copyright\n${fileWith('@serial no')}`).errors).toEqual([]);
  });
});

describe('what is none of our business', () => {
  const untouched = {pragmas: NO_PRAGMAS, errors: [], warnings: []};

  test.each([
    '@jest-environment jsdom',
    '@group unit',
    '@jest-config-loader ts-node',
    '@serialize',
    '@resource-pool x',
    '@worker-grouping a',
  ])('%s, of another tool', line => {
    expect(read(fileWith(line))).toEqual(untouched);
    // Next to one of ours, too: then the docblock is really read.
    const serial = {...untouched, pragmas: {...NO_PRAGMAS, serial: true}};
    expect(read(fileWith(line, '@serial'))).toEqual(serial);
    expect(read(`${fileWith('@serial')}/** ${line} */\n`)).toEqual(serial);
  });

  /** Of JSDoc, TSDoc, Closure, Javadoc, PHPDoc, Flow, Prettier, Jest, and others that stand at the top of files. */
  const OF_OTHERS =
    'abstract access alias alpha api async augments author beta borrows bug callback category class classdesc code const constant ' +
    'constructor constructs copyright date default defaultValue deprecated desc description dict docRoot doctest eager emails ' +
    'emits enum event eventProperty example exception exports extends external file fileoverview filesource fires fixme flow ' +
    'format func function generated generator global group hideconstructor host ignore implements inherit inheritDoc inner ' +
    'instance interface internal jsx jsxFrag jsxImportSource jsxRuntime kind label lends license license-header link linkplain ' +
    'listens literal mainpage member memberof method mixes mixin mocha-environment modifies module name namespace nocollapse ' +
    'noflow noformat nolint nosideeffects oncall override overload overview package packageDocumentation param preserve prettier ' +
    'private privateRemarks privileged prop property protected provides providesModule public readonly record remarks requires ' +
    'returns satisfies sealed section see series serialData serialField serialize service side-effects signature since slow ' +
    'source special spec static subpackage summary suppress tag tags template test testonly this throws ticket todo ts-check ' +
    'ts-ignore ts-nocheck tutorial type typedef typeParam unrestricted uses usedby value var variation version virtual ' +
    'vitest-environment vite-ignore wip writeonly yields jest-environment jest-environment-options jest-config-loader';

  test.each(OF_OTHERS.split(' '))('@%s', name => {
    expect(read(fileWith(`@${name}`, '@serial')).warnings).toEqual([]);
  });

  test.each([
    ['code', "const decorator = '@serial';\n@serial class A {}\nconst pattern = /@resource/;\n"],
    ['a template string', 'const source = `\n  /**\n   * @serial\n   */\n  // @can-split\n`;\n'],
    ['an indented comment', "describe('a', () => {\n  /** @serial */\n});\n"],
    ['a comment behind code', 'const a = 1; // @serial\n'],
    ['a sentence', `${fileWith('This is not @serial any more.')}// once it was @serial\n`],
  ])('the name of a pragma in %s', (_where, source) => {
    expect(read(source)).toEqual(untouched);
  });

  test('a file that names no pragma is not parsed at all', () => {
    const parser = {extract: jest.fn(extract), parse: jest.fn(parse)};
    expect(parsePragmas(fileWith('@jest-environment node', '@serialize'), parser)).toEqual(untouched);
    expect(parser.extract).not.toHaveBeenCalled();
  });
});

test('white space around a value is not a part of it', () => {
  const {pragmas, errors} = read('/**\n * @hard-timeout 30s \n * @worker-group\tdb\n * @serial \n */');
  expect(errors).toEqual([]);
  expect(pragmas).toMatchObject({hardTimeoutMs: 30_000, workerGroup: 'db', serial: true});
});

test('a docblock indented with tabs, which Jest does not read, is warned of', () => {
  expect(read('/**\n\t * @serial\n\t */').warnings).toEqual([
    {line: 2, text: expect.stringContaining('Indent the comment with spaces') as string},
  ]);
});

test("a name that goes on after ours is somebody else's", () => {
  expect(read('/**\n * @resource:gpu\n * @resource x:0\n */').errors.map(({line}) => line)).toEqual([3]);
});

describe('in the module of a fixture only the fixtures that it needs count', () => {
  const readModule = (...lines: string[]) => parsePragmas(fileWith(...lines), {extract, parse}, FIXTURE_PRAGMAS);

  test('of other pragmas, right or wrong, it is told', () => {
    const {pragmas, errors, warnings} = readModule('@serial', '@shared-fixture ./net', '@resource gpu:none');
    expect(pragmas).toEqual({...NO_PRAGMAS, sharedFixtures: [{path: './net', scope: 'run', line: 3}]});
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      {line: 2, text: '@serial has no effect here: it is for test files.'},
      {line: 4, text: '@resource has no effect here: it is for test files.'},
    ]);
  });

  test('a malformed one is an error', () => {
    expect(readModule('@shared-fixture ./a ./b').errors.map(brief)).toEqual(['2: @shared-fixture ./a ./b']);
  });
});

test.each([
  ['@resources gpu', '@resource'],
  ['@Serial', '@serial'],
  ['@sharedFixtures ./db.ts', '@shared-fixture'],
  ['@canSplit', '@can-split'],
  ['@split', '@can-split'],
  ['@can-splitt', '@can-split'],
  ['@can_split', '@can-split'],
  ['@can-spilt', '@can-split'],
  ['@cansplits each', '@can-split'],
  ['@seriel', '@serial'],
  ['@serail', '@serial'],
  ['@recource gpu', '@resource'],
  ['@hard-timout 3s', '@hard-timeout'],
  ['@hardTimeOut 3s', '@hard-timeout'],
  ['@worker_groups db', '@worker-group'],
  ['@restrat-worker', '@restart-worker'],
  ['@share-fixture ./db.ts', '@shared-fixture'],
])('%s, which is none, is told of, with what was meant', (line, meant) => {
  const [written = ''] = line.split(' ');
  expect(read(fileWith('@group a', line))).toEqual({
    pragmas: NO_PRAGMAS,
    errors: [],
    warnings: [{line: 3, text: `${written} is no pragma. Did you mean ${meant}?`}],
  });
});

import {mkdirSync, realpathSync, symlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Test} from '@jest/test-result';
import * as docblock from 'jest-docblock';
import {rulesOf, type FileRules} from '../../../src/core/fileRules';
import {readFolderRules} from '../../../src/core/folderRules';
import {NO_PRAGMAS, parsePragmas} from '../../../src/core/pragmas';
import {findFixtures} from '../../../src/shell/fixtureModules';
import {jestTest} from './jestTests';
import {temporaryFolder} from './temporaryFolder';

const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
beforeEach(() => stderr.mockClear());
afterAll(() => stderr.mockRestore());

const asks = (...fixtures: string[]) => `/**\n${fixtures.map(text => ` * @shared-fixture ${text}\n`).join('')} */\n`;

interface Project {
  /** By path relative to rootDir: its text. Those whose name has `.test.` are run. */
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links by path, with what they lead to. */
  readonly links?: Readonly<Record<string, string>>;
  /** What the option says of all files. */
  readonly sharedFixtures?: readonly string[];
}

function find({files, links = {}, sharedFixtures = []}: Project) {
  const rootDir = realpathSync(temporaryFolder(files));
  for (const [link, target] of Object.entries(links)) {
    mkdirSync(dirname(join(rootDir, link)), {recursive: true});
    symlinkSync(join(rootDir, target), join(rootDir, link));
  }
  const folders = readFolderRules([{match: '**', sharedFixtures}], 'conf');
  const rules = new Map<Test, FileRules>();
  for (const [name, text] of Object.entries(files)) {
    if (!name.includes('.test.')) continue;
    const path = join(rootDir, name);
    rules.set(jestTest(path), rulesOf(path, parsePragmas(text, docblock).pragmas, folders, false));
  }
  const {fixtures, problems} = findFixtures(rules, new Map(), {docblock, rootDir});
  const short = (text: string) => text.replaceAll(`${rootDir}/`, '').replaceAll(rootDir, '.');
  return {
    titles: fixtures.fixtures.map(({title}) => title),
    needs: fixtures.fixtures.map(({needs}) => needs),
    names: [...rules.keys()].flatMap(test =>
      fixtures.declaredBy(test).map(({id, names}) => [fixtures.fixtures[id]?.title, ...names.map(short)]),
    ),
    problems: [...problems.values()].flat().map(({place, message}) => `${short(place)}  ${short(message)}`),
    warnings: stderr.mock.calls.map(([text]) => short(String(text))),
  };
}

describe('a module is found', () => {
  test.each([
    ['./db.ts', 'test/db.ts'],
    ['./db', 'test/db.ts'],
    ['./db', 'test/db.mts'],
    ['./db', 'test/db.cts'],
    ['./db', 'test/db.js'],
    ['./db', 'test/db.mjs'],
    ['./db', 'test/db.cjs'],
    ['./db', 'test/db.tsx'],
    ['./db', 'test/db.jsx'],
    ['./db', 'test/db/index.ts'],
    ['./db/', 'test/db/index.js'],
    ['.', 'test/index.js'],
    ['../db.fixture', 'db.fixture.ts'],
    ['./db.js', 'test/db.js/index.js'],
  ])('%s: %s', (written, module) => {
    const {titles, problems} = find({files: {'test/a.test.js': asks(written), [module]: ''}});
    expect(problems).toEqual([]);
    expect(titles).toEqual([module]);
  });

  test('as it is before with an extension, a file before a folder, TypeScript before JavaScript', () => {
    const files = {'a.test.js': asks('./db', './net', './mail'), db: '', 'db.ts': '', 'net.js': '', 'net/index.ts': ''};
    expect(find({files: {...files, 'mail.js': '', 'mail.ts': ''}}).titles).toEqual(['db', 'mail.ts', 'net.js']);
  });

  test('relative to the file in a pragma, to rootDir in the option, to the module in its own docblock', () => {
    const files = {
      'test/a.test.js': asks('./own.js'),
      'test/own.js': asks('../lib/net'),
      'all.js': '',
      'lib/net.js': '',
    };
    const {titles, needs} = find({files, sharedFixtures: ['./all']});
    expect(titles).toEqual(['all.js', 'lib/net.js', 'test/own.js']);
    expect(needs).toEqual([{}, {}, {'../lib/net': 1}]);
  });

  test('in a package, from where it is written', () => {
    const files = {
      'test/a.test.js': asks('@acme/fixtures/db', 'web'),
      'node_modules/@acme/fixtures/package.json': '{"name": "@acme/fixtures"}',
      'node_modules/@acme/fixtures/db.js': '',
      'node_modules/web/index.js': '',
      'test/node_modules/web/package.json': '{"name": "web", "main": "main.js"}',
      'test/node_modules/web/main.js': '',
    };
    expect(find({files}).titles).toEqual(['node_modules/@acme/fixtures/db.js', 'test/node_modules/web/main.js']);
  });

  test('behind a link: its real path is the fixture', () => {
    const {titles, names} = find({
      files: {'test/a.test.js': asks('../shared/db', '../lib/db.js'), 'lib/db.js': ''},
      links: {shared: 'lib'},
    });
    expect(titles).toEqual(['lib/db.js']);
    expect(names).toEqual([
      ['lib/db.js', '../shared/db', 'shared/db', 'shared/db.js', 'lib/db.js', '../lib/db.js', 'lib/db', '../lib/db'],
    ]);
  });
});

describe('a module that is not there', () => {
  test('is told with all that was tried', () => {
    expect(find({files: {'test/a.test.js': asks('./db', '../lib'), 'lib/db.js': ''}}).problems).toEqual([
      'test/a.test.js:2  there is no module of the shared fixture "./db". Tried: test/db as it is; ' +
        'with .ts, .mts, .cts, .js, .mjs, .cjs, .tsx, .jsx behind it; and test/db/index with each of these.',
      expect.stringContaining(
        'test/a.test.js:3  there is no module of the shared fixture "../lib". Tried: lib as it is;',
      ),
    ]);
  });

  test('of a package, too', () => {
    const [problem] = find({files: {'test/a.test.js': asks('@acme/db')}}).problems;
    expect(problem).toMatch(
      /^test\/a\.test\.js:2 {2}there is no module of the shared fixture "@acme\/db": (?:Error: )?Cannot find module '@acme\/db'.*\. Tried: .*node_modules/,
    );
    expect(problem).toMatch(/A file of your own begins with "\.\/" or "\.\.\/"\.$/);
  });

  test('is not one of Node itself', () => {
    expect(find({files: {'a.test.js': asks('node:net')}}).problems).toEqual([
      'a.test.js:2  the shared fixture "node:net" is a part of Node itself, which has no setup().',
    ]);
  });

  test('is told with the entry of the option, and with the place in a module that needs it', () => {
    const files = {'a.test.js': asks('./db'), 'db.js': `${asks('./gone')}`};
    expect(find({files, sharedFixtures: ['./none']}).problems).toEqual([
      expect.stringMatching(/^conf, "files\.0" {2}there is no module of the shared fixture "\.\/none"\. /),
      expect.stringMatching(/^db\.js:2 {2}there is no module of the shared fixture "\.\/gone"\. /),
    ]);
  });
});

describe("a module's docblock", () => {
  test('that is malformed is wrong with the files that need it', () => {
    expect(
      find({files: {'a.test.js': asks('./db'), 'b.test.js': '', 'db.js': asks('./x scope=all')}}).problems,
    ).toEqual([expect.stringMatching(/^db\.js:2 {2}@shared-fixture \.\/x scope=all: expected /)]);
  });

  test('with other pragmas is warned of, once', () => {
    const files = {'a.test.js': asks('./db'), 'b.test.js': asks('./db'), 'db.js': '/** @serial */'};
    const {warnings, problems} = find({files});
    expect(problems).toEqual([]);
    expect(warnings).toEqual(['jest-runner-xdist: db.js:1: @serial has no effect here: it is for test files.\n']);
  });

  test('may name a fixture that names it: a circle', () => {
    const files = {'a.test.js': asks('./a'), 'a.js': asks('./b'), 'b.js': asks('./a.js')};
    expect(find({files}).problems).toEqual([
      expect.stringContaining('a.js:2  shared fixtures need each other in a circle: a.js -> b.js -> a.js.'),
    ]);
  });
});

test('a file that has a problem already takes no part', () => {
  const folder = temporaryFolder({'db.js': ''});
  const path = join(folder, 'a.test.js');
  const test = jestTest(path);
  const sharedFixtures = [{path: './db', scope: 'run', line: 1}] as const;
  const rules = new Map([[test, rulesOf(path, {...NO_PRAGMAS, sharedFixtures}, [], false)]]);
  const known = {place: 'x', message: 'no.'};
  const {fixtures, problems} = findFixtures(rules, new Map([[test, [known]]]), {docblock, rootDir: folder});
  expect(problems.get(test)).toEqual([known]);
  expect(fixtures.fixtures).toEqual([]);
});

import {writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import type {OptionSource} from '../../../src/core/rules/config';
import {ignoredConfigFiles, readOptionFiles} from '../../../src/run/optionSources';
import {temporaryFolder} from './temporaryFolder';

interface Read {
  readonly sources: readonly OptionSource[];
  readonly error?: string;
}

function read(rootDir: string): Read {
  try {
    return {sources: readOptionFiles(rootDir)};
  } catch (error) {
    return {sources: [], error: String(error)};
  }
}

const readProject = (files: Readonly<Record<string, string>>) => read(temporaryFolder(files));

const PACKAGE_SOURCE = 'the key "jest-runner-xdist" of package.json';

describe('options are found in', () => {
  test.each([
    ['xdist.config.js', 'module.exports = {dist: "load"};'],
    ['xdist.config.cjs', 'module.exports = {dist: "load"};'],
    ['xdist.config.mjs', 'export default {dist: "load"};'],
    ['xdist.config.ts', 'const options: {dist: string} = {dist: "load"};\nexport default options;'],
    ['xdist.config.json', '{"dist": "load"}'],
  ])('%s', (name, text) => {
    expect(readProject({'package.json': '{}', [name]: text})).toEqual({sources: [{name, value: {dist: 'load'}}]});
  });

  test('xdist.config.js of a project of ES modules', () => {
    const files = {'package.json': '{"type": "module"}', 'xdist.config.js': 'export default {dist: "load"};'};
    expect(readProject(files).sources).toEqual([{name: 'xdist.config.js', value: {dist: 'load'}}]);
  });

  test('the key of package.json', () => {
    expect(readProject({'package.json': '{"name": "a", "jest-runner-xdist": {"dist": "load"}}'})).toEqual({
      sources: [{name: PACKAGE_SOURCE, value: {dist: 'load'}}],
    });
  });

  test('both: the file comes after the key, so that it wins', () => {
    const {sources} = readProject({
      'package.json': '{"jest-runner-xdist": {"maxScheduleChunk": 1}}',
      'xdist.config.json': '{"maxScheduleChunk": 2}',
    });
    expect(sources.map(({name}) => name)).toEqual([PACKAGE_SOURCE, 'xdist.config.json']);
  });

  test.each([
    ['nothing at all', {}],
    ['a package.json without the key', {'package.json': '{"name": "a"}'}],
    ['a package.json that is broken', {'package.json': '{'}],
    ['a config of another tool', {'jest-runner-xdist.config.js': 'module.exports = {dist: "load"};'}],
  ])('no place where there is %s', (_what, files) => {
    expect(readProject(files)).toEqual({sources: []});
  });

  test('the root folder alone, not in one above it', () => {
    const project = temporaryFolder({'xdist.config.json': '{}'});
    expect(read(join(project, 'src'))).toEqual({sources: []});
  });
});

test('an empty JSON file is an error, as it is for everyone else', () => {
  expect(readProject({'xdist.config.json': '\n'})).toMatchObject({
    error: expect.stringContaining('xdist.config.json cannot be loaded: Unexpected end of JSON input') as string,
  });
});

test('what is not an object is passed on, to be refused by name', () => {
  expect(readProject({'package.json': '{"jest-runner-xdist": "load"}'}).sources).toEqual([
    {name: PACKAGE_SOURCE, value: 'load'},
  ]);
});

test.each([
  ['xdist.config.ts', (chunk: number) => `export default {maxScheduleChunk: ${chunk}};`],
  ['xdist.config.json', (chunk: number) => `{"maxScheduleChunk": ${chunk}}`],
])('a %s that has changed is read anew by the next run of a watch session', (name, text) => {
  const folder = temporaryFolder({[name]: text(1)});
  read(folder);
  writeFileSync(join(folder, name), text(2));
  expect(read(folder).sources).toEqual([{name, value: {maxScheduleChunk: 2}}]);
});

test('two files at once are refused', () => {
  const {error} = readProject({'xdist.config.ts': 'export default {};', 'xdist.config.js': 'module.exports = {};'});
  expect(error).toMatch(
    /^OptionsError: [^]*xdist\.config\.js and xdist\.config\.ts are both in .*: keep one of them\./,
  );
});

test.each([
  ['xdist.config.js', 'throw new Error("oh no");', 'oh no'],
  ['xdist.config.mjs', 'throw new Error("oh no");', 'oh no'],
  ['xdist.config.ts', 'throw new Error("oh no");', 'oh no'],
  ['xdist.config.cjs', 'require("./missing");', "Cannot find module './missing'"],
  ['xdist.config.json', '{', 'JSON'],
])('a %s that can not be loaded is named, with the reason', (name, text, reason) => {
  const folder = temporaryFolder({[name]: text});
  const {error} = read(folder);
  expect(error).toContain(`  • ${join(relative(process.cwd(), folder), name)} cannot be loaded: `);
  expect(error).toContain(reason);
  expect(error).toMatch(/^OptionsError: /);
});

test("config files of projects have no effect if their rootDir is not the run's", () => {
  const root = temporaryFolder({
    'xdist.config.js': '',
    'a/xdist.config.json': '{}',
    'b/package.json': '{}',
    'c/xdist.config.ts': '',
  });
  const projects = ['', 'a', 'b', 'a', 'c'].map(name => (name === '' ? root : join(root, name)));
  expect(ignoredConfigFiles(projects, root).map(path => relative(root, path))).toEqual([
    join('a', 'xdist.config.json'),
    join('c', 'xdist.config.ts'),
  ]);
  expect(ignoredConfigFiles([root], root)).toEqual([]);
});

import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** What each script begins with: `load` is a module that the process cannot be without, `touch` changes what is on disk. */
const PRELUDE = `
  const fs = require('fs');
  const path = require('path');
  const at = name => path.resolve(name);
  const load = require(at('base.js'));
  const touch = name => fs.writeFileSync(name, fs.readFileSync(name, 'utf8') + ' ');
  const named = found => found && path.relative('', found);
  const {LoadedFiles} = ours('ahead/loadedFiles');
  const modules = new LoadedFiles();`;

const FILES = {
  'base.js': 'module.exports = name => require(name);',
  'package.json': '{"name": "project"}',
  'lib.js': 'module.exports = {};',
  'node_modules/dep/package.json': '{"name": "dep"}',
  'node_modules/dep/index.js': 'module.exports = {};',
  'node_modules/dep/deep/file.js': 'module.exports = {};',
  'node_modules/dep/node_modules/own/index.js': 'module.exports = {};',
};

const inProcess = (script: string, files: Readonly<Record<string, string>> = {}) =>
  inOwnProcess(PRELUDE + script, {files: {...FILES, ...files}});

describe('what was loaded may be as it was before a change', () => {
  test('it is not if it was on disk before the process began', () => {
    expect(inProcess(`load(at('lib.js')); load('dep'); return modules.remember();`)).toBeNull();
  });

  test('it may if it has changed since', () => {
    const script = `
      load(at('lib.js'));
      touch('lib.js');
      return named(modules.remember());`;
    expect(inProcess(script)).toBe('lib.js');
  });

  test('our own modules are this process’s, whenever they were written', () => {
    const script = `
      const own = path.dirname(require.resolve(Object.keys(require.cache).find(name => /loadedFiles\\.js$/.test(name))));
      fs.writeFileSync(own + '/written.js', '');
      load(own + '/written.js');
      return modules.remember();`;
    expect(inProcess(script)).toBeNull();
  });
});

describe('when a run begins it is seen', () => {
  const CHANGES: readonly (readonly [what: string, change: string, path: string])[] = [
    ['a module', "touch('lib.js')", 'lib.js'],
    ['a module that is gone', "fs.rmSync('lib.js')", 'lib.js'],
    [
      'a module of the same size and time',
      "fs.writeFileSync('lib.js', 'module.exports = [];'); fs.utimesSync('lib.js', 1000, 1000)",
      'lib.js',
    ],
    ['a package.json', "touch('node_modules/dep/package.json')", 'node_modules/dep/package.json'],
    ["the project's own", "touch('package.json')", 'package.json'],
    ['a package that was installed', "fs.mkdirSync('node_modules/new')", 'node_modules'],
    [
      'a package that was installed for another',
      "fs.mkdirSync('node_modules/dep/node_modules/new')",
      'node_modules/dep/node_modules',
    ],
    [
      'a package.json that has come between',
      "fs.writeFileSync('node_modules/dep/deep/package.json', '{}')",
      'node_modules/dep/deep',
    ],
  ];

  test.each(CHANGES)('that it has changed: %s', (_what, change, path) => {
    const script = `
      load(at('lib.js'));
      for (const name of ['index.js', 'deep/file.js', 'node_modules/own/index.js']) load(at('node_modules/dep/' + name));
      const before = [modules.remember(), modules.changed()];
      ${change};
      return [...before, named(modules.changed())];`;
    expect(inProcess(script)).toEqual([null, null, path]);
  });

  test.each([
    ['a module', "touch('lib.js')", 'lib.js'],
    [
      'a package.json that has come between',
      "fs.writeFileSync('node_modules/dep/deep/package.json', '{}')",
      'node_modules/dep/deep',
    ],
  ])('also since it was first remembered: %s', (_what, change, path) => {
    const script = `
      for (const name of ['lib.js', 'node_modules/dep/deep/file.js']) load(at(name));
      modules.remember();
      ${change};
      modules.remember();
      return named(modules.changed());`;
    expect(inProcess(script)).toBe(path);
  });

  test('nothing of what was gone already', () => {
    const script = `
      load(at('lib.js'));
      fs.rmSync('lib.js');
      return [modules.remember(), modules.changed()];`;
    expect(inProcess(script)).toEqual([null, null]);
  });
});

test('a test that has mocked what Node says of files changes nothing', () => {
  const script = `
    load(at('lib.js'));
    fs.statSync = fs.existsSync = () => { throw new Error('mocked'); };
    return [modules.remember(), modules.changed()];`;
  expect(inProcess(script)).toEqual([null, null]);
});

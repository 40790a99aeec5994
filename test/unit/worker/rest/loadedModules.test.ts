import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** What each script begins with: `load` is a module that the process cannot be without, `touch` changes what is on disk. */
const PRELUDE = `
  const fs = require('fs');
  const path = require('path');
  const at = name => path.resolve(name);
  const load = require(at('base.js'));
  const touch = name => fs.writeFileSync(name, fs.readFileSync(name, 'utf8') + ' ');
  /** The clock of the disk is behind by some ms. */
  const writeAfter = (time, name, text) => {
    do fs.writeFileSync(name, text);
    while (fs.statSync(name).ctimeMs <= time);
  };
  const named = found => found && path.relative('', found);
  const {LoadedModules} = ours('rest/loadedModules');
  const modules = new LoadedModules();`;

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

describe('what was loaded could be loaded anew', () => {
  test('if it is JavaScript, or an addon that keeps nothing', () => {
    const script = `
      load(at('lib.js'));
      for (const name of ['@swc/core-linux-x64-gnu', '@unrs/resolver-binding-linux-x64-gnu', 'unrs-resolver']) {
        const addon = at('node_modules/' + name + '/addon.node');
        require.cache[addon] = {filename: addon, children: []};
      }
      return modules.objection();`;
    expect(inProcess(script)).toBeNull();
  });

  test.each(['node_modules/canvas/build/canvas.node', 'node_modules/swc/core.node', 'unrs-resolver/own.node'])(
    'not if it is the addon %s',
    name => {
      const script = `
        const addon = at(${JSON.stringify(name)});
        require.cache[addon] = {filename: addon, children: []};
        return modules.objection().replace(at('') + path.sep, '');`;
      expect(inProcess(script)).toBe(`it has loaded ${name}`);
    },
  );

  test.each([
    ['imported', 'await import(at("module.mjs"));'],
    ['required, where Node can', 'try { load(at("module.mjs")); } catch { await import(at("module.mjs")); }'],
    ['imported, and is none', 'await import(at("lib.js"));'],
  ])('not if it is an ES module, or was loaded as one: %s', (_how, code) => {
    const script = `
      const before = modules.objection();
      ${code}
      return [before, modules.objection()];`;
    expect(inProcess(script, {'module.mjs': ''})).toEqual([null, 'an ES module was imported outside of the tests']);
  });

  test('not if ES modules were imported when the process began', () => {
    const files = {...FILES, 'preload.mjs': ''};
    const told = inOwnProcess(`${PRELUDE} return modules.objection();`, {
      files,
      nodeArguments: ['--import', './preload.mjs'],
    });
    expect(told).toBe('an ES module was imported outside of the tests');
  });
});

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
      const own = path.dirname(require.resolve(Object.keys(require.cache).find(name => /loadedModules\\.js$/.test(name))));
      fs.writeFileSync(own + '/written.js', '');
      load(own + '/written.js');
      return modules.remember();`;
    expect(inProcess(script)).toBeNull();
  });

  test('once a run has begun it may only by a change since then', () => {
    const script = `
      fs.writeFileSync('early.js', '');
      while (Date.now() <= fs.statSync('early.js').ctimeMs);
      const changed = modules.changed();
      const begun = Date.now();
      load(at('early.js'));
      const early = modules.remember();
      writeAfter(begun, 'late.js', '');
      load(at('late.js'));
      return [changed, early, modules.remember()].map(named);`;
    expect(inProcess(script)).toEqual([null, null, 'late.js']);
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
      fs.utimesSync('lib.js', 1000, 1000);
      while (Date.now() <= fs.statSync('lib.js').ctimeMs);
      modules.changed(); // what was done so far is of the time before
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

  test('also of what was loaded and is forgotten', () => {
    const script = `
      load(at('lib.js'));
      modules.remember();
      modules.renew(() => undefined);
      touch('lib.js');
      return named(modules.changed());`;
    expect(inProcess(script)).toBe('lib.js');
  });
});

describe('when modules are renewed', () => {
  test('all are dropped but those without which this process is none, our own, and addons', () => {
    const script = `
      const addon = at('node_modules/@swc/core/addon.node');
      require.cache[addon] = {filename: addon, children: []};
      const own = ours('lease');
      const [base, lib, dep] = [require(at('base.js')), load(at('lib.js')), load('dep')];
      modules.renew(() => undefined);
      return {
        base: require(at('base.js')) === base,
        own: ours('lease') === own,
        addon: addon in require.cache,
        lib: load(at('lib.js')) === lib,
        dep: load('dep') === dep,
      };`;
    expect(inProcess(script)).toEqual({base: true, own: true, addon: true, lib: false, dep: false});
  });

  test('nobody holds those that were dropped', () => {
    const script = `
      const children = () => require.cache[at('base.js')].children.map(({filename}) => named(filename));
      load(at('lib.js'));
      const before = children();
      modules.renew(() => undefined);
      return [before, children()];`;
    expect(inProcess(script)).toEqual([['lib.js'], []]);
  });

  test('a module is looked for where it is now', () => {
    const script = `
      load('./lib');
      fs.rmSync('lib.js');
      fs.mkdirSync('lib');
      fs.writeFileSync('lib/index.js', 'module.exports = "the folder";');
      modules.renew(() => undefined);
      return load('./lib');`;
    expect(inProcess(script)).toBe('the folder');
  });

  test('Jest, and what takes long and reads nothing of a project, is loaded ahead, after what is to be first', () => {
    const names = ['jest-util', '@jest/transform', 'expect', '@babel/core', 'typescript', 'jsdom', 'babel-jest'];
    const others = ['ts-jest', 'jest-extended', '@babel/preset-env', 'my-typescript', 'typescript-eslint'];
    const packages = [...names, ...others].map(name => [
      `node_modules/${name}/index.js`,
      `require(${JSON.stringify('../'.repeat(name.split('/').length))} + '../order').push(${JSON.stringify(name)});`,
    ]);
    const script = `
      const order = require(at('order.js'));
      const before = new LoadedModules();
      for (const name of ${JSON.stringify([...names, ...others])}) load(name);
      load(at('node_modules/ts-jest/node_modules/jest-worker'));
      order.length = 0;
      before.renew(() => order.push('first'));
      return order;`;
    const files = {
      ...(Object.fromEntries(packages) as Record<string, string>),
      'node_modules/ts-jest/node_modules/jest-worker/index.js': 'require("../../../../order").push("one of another");',
      'order.js': 'module.exports = [];',
    };
    expect(inProcess(script, files)).toEqual(['first', ...names, 'one of another']);
  });

  test('what cannot be loaded then is loaded when it is needed', () => {
    const script = `
      load('jest-util');
      fs.writeFileSync('breaks', '');
      modules.renew(() => undefined);
      fs.rmSync('breaks');
      return load('jest-util');`;
    const files = {
      'node_modules/jest-util/index.js': `
        module.exports = 'half';
        if (require('fs').existsSync('breaks')) throw new Error('not now');
        module.exports = 'whole';`,
    };
    expect(inProcess(script, files)).toBe('whole');
  });
});

test('a test that has mocked what Node says of files changes nothing', () => {
  const script = `
    load(at('lib.js'));
    fs.statSync = fs.existsSync = () => { throw new Error('mocked'); };
    return [modules.remember(), modules.changed()];`;
  expect(inProcess(script)).toEqual([null, null]);
});

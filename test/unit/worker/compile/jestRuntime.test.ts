import {inOwnProcess} from './ownProcess';

/** What stands for jest-runtime: it asks for its modules as that does, and for those of tests. */
const RUNTIME = `
  function _vm() { const data = require('vm'); _vm = () => data; return data; }
  function _nodeVm() { const data = require('node:vm'); _nodeVm = () => data; return data; }
  function fs() { const data = require('graceful-fs'); fs = () => data; return data; }
  function _module() { const data = require('module'); _module = () => data; return data; }
  exports.own = {_vm: () => _vm(), _nodeVm: () => _nodeVm(), fs: () => fs(), _module: () => _module()};
  class Runtime { _requireCoreModule(name) { return require(name); } requireModule(name) { return this._requireCoreModule(name); } }
  exports.ofTest = name => new Runtime().requireModule(name);
  exports.resolve = require.resolve;
`;
/** As Jest's own: some of it warns. */
const FS = `
  module.exports = Object.create(Object.getPrototypeOf(require('fs')), Object.getOwnPropertyDescriptors(require('fs')));
  Object.defineProperty(module.exports, 'WARNS', {enumerable: true, get() { global.warned = true; return 0; }});
`;
const files = {
  'runtime.js': RUNTIME,
  'early.js': `${RUNTIME}; exports.atLoad = _vm();`,
  'patches.js': `const {prototype} = require('module'); const before = prototype.require;
    prototype.require = function (id) { (global.seen ??= []).push(id); return before.call(this, id); };${RUNTIME}`,
  'throws.js': `require('vm'); throw new Error('not loaded');`,
  'loads.js': `require(process.cwd() + '/gone.js')`,
  'node_modules/graceful-fs/index.js': FS,
  'node_modules/jest-circus/build/init.js': `module.exports = id => require(process.cwd() + '/runtime.js').ofTest(id);`,
  // Whoever else is further down on the stack.
  'user.js': `module.exports = id => [1].map(() => require(process.cwd() + '/runtime.js').ofTest(id))[0];`,
};

const SCRIPT = `
  const Module = require('module'); const vm = require('vm'); const fs = require('fs');
  const {reachJestRuntime} = ours('compile/jestRuntime'); const {KeptCode} = ours('compile/keptCode');
  const path = name => process.cwd() + '/' + name + '.js';
  const original = Module.prototype.require;
  const reach = (name = 'runtime') => {
    const kept = new KeptCode({disk: null});
    const storages = new (ours('compile/circusStorages').CircusStorages)();
    reachJestRuntime({runtime: path(name), core: path('core')}, kept, storages);
    const runtime = require(path(name));
    const found = [];
    kept.find = module => { found.push(module.filename); return null; };
    const compile = (of = runtime.own._nodeVm()) => of.compileFunction('1', [], {filename: '/a.js', importModuleDynamically: () => {}, parsingContext: vm.createContext()});
    return {kept, storages, runtime, found, compile};
  };`;

const answer = (script: string, options: object = {}) => inOwnProcess(`${SCRIPT}${script}`, {files, ...options});

test('what jest-runtime itself needs is ours, what tests ask it for is of Node', () => {
  const script = `
    const {runtime} = reach();
    const {own, ofTest} = runtime;
    return [own._vm() !== vm, own._nodeVm() !== vm, own.fs() !== require('graceful-fs'), own._module() !== Module,
      ofTest('vm') === vm, ofTest('node:vm') === vm, ofTest('module') === Module, ofTest('fs') === fs, require('vm') === vm,
      ofTest('graceful-fs') === require('graceful-fs')];`;
  expect(answer(script)).toEqual(Array(10).fill(true));
});

test('what it asks for while it is loaded is ours, too', () => {
  expect(answer(`const {runtime, found, compile} = reach('early'); compile(runtime.atLoad); return found;`)).toEqual([
    '/a.js',
  ]);
});

describe('a jest-runtime that is loaded already', () => {
  test('is loaded anew for those who ask for it from here on', () => {
    const script = `
      const before = require(path('early'));
      const {runtime} = reach('early');
      return [before.atLoad === vm, runtime.atLoad !== vm, runtime !== before, require(path('early')) === runtime];`;
    expect(answer(script)).toEqual(Array(4).fill(true));
  });

  test('stays where that fails', () => {
    const script = `
      const before = require(path('early'));
      fs.writeFileSync(path('early'), 'throw new Error("not loaded")');
      let thrown;
      try { reach('early'); } catch (error) { thrown = error.message; }
      return [thrown, require(path('early')) === before];`;
    expect(answer(script)).toEqual(['not loaded', true]);
  });
});

test('everybody else requires through the function of Node', () => {
  expect(answer(`reach(); return Module.prototype.require === original;`)).toBe(true);
  expect(answer(`try { reach('throws') } catch {} return Module.prototype.require === original;`)).toBe(true);
});

describe('whoever has put their own function in its place', () => {
  test('while jest-runtime was loaded is left there, and asked', () => {
    const script = `
      const {runtime} = reach('patches');
      const there = Module.prototype.require !== original;
      global.seen.length = 0;
      const isNodes = runtime.ofTest('vm') === vm;
      return [there, isNodes, runtime.own._vm() !== vm, runtime.ofTest('path') === require('path'), global.seen.includes('path')];`;
    expect(answer(script)).toEqual(Array(5).fill(true));
  });

  test('after that is asked', () => {
    const script = `
      const {runtime} = reach();
      const seen = [];
      Module.prototype.require = function (id) { seen.push(id); return original.call(this, id); };
      runtime.ofTest('path');
      return seen;`;
    expect(answer(script)).toEqual(['path']);
  });
});

test('how stacks are made is as it was, and does not matter', () => {
  const script = `
    const {runtime} = reach();
    const prepare = () => 'theirs';
    Error.prepareStackTrace = prepare;
    Error.stackTraceLimit = 0;
    const isOurs = runtime.own._vm() !== vm; const isNodes = runtime.ofTest('vm') === vm;
    return [isOurs, isNodes, Error.prepareStackTrace === prepare, Error.stackTraceLimit];`;
  expect(answer(script)).toEqual([true, true, true, 0]);
});

test.each([10, 3, 1, 0])('a module that is not there fails as without us, with %d frames', limit => {
  const script = `
    Error.stackTraceLimit = ${limit};
    const thrown = runtime => { try { runtime.ofTest('node:not-there') } catch (error) { return [error.message, error.code, error.stack] } };
    const failures = [];
    for (const {runtime} of [{runtime: require(path('runtime'))}, {runtime: null}]) failures.push(thrown(runtime ?? reach().runtime));
    return failures;`;
  const [stock, ours] = answer(script) as string[][];
  expect(stock?.[1]).toBe('ERR_UNKNOWN_BUILTIN_MODULE');
  expect(ours).toEqual(stock);
});

describe('all is compiled as ever', () => {
  const COMPILES = `const {runtime, found, compile} = reach(); compile();`;

  test('while nobody looks at scripts it is not', () => {
    expect(answer(`${COMPILES} return found`)).toHaveLength(1);
  });

  test.each(['inspector', 'node:inspector', 'inspector/promises', 'node:inspector/promises'])(
    'from when a test has asked for %s',
    id => {
      expect(answer(`${COMPILES} runtime.ofTest('${id}'); compile(); return found`)).toHaveLength(1);
    },
  );

  test('while a debugger listens', () => {
    const script = `${COMPILES} const inspector = require('inspector'); compile(); inspector.open(0); compile(); inspector.close(); compile(); return found`;
    expect(answer(script)).toHaveLength(3);
  });

  test.each(['--inspect=0', '--inspect-port=0'])('where Node was started with %s', flag => {
    expect(answer(`${COMPILES} return found`, {nodeArguments: [flag]})).toEqual([]);
    expect(answer(`${COMPILES} return found`, {environment: {NODE_OPTIONS: `--no-warnings ${flag}`}})).toEqual([]);
  });
});

test('files are read through us, and no property is looked at that warns', () => {
  const script = `
    const {runtime} = reach();
    const of = runtime.own.fs();
    const asNode = Object.keys(fs).every(name => name in of);
    return [of.readFileSync === fs.readFileSync, asNode, of.statSync === fs.statSync, global.warned === true, of.readFileSync(path('runtime'), 'utf8').length];`;
  expect(answer(script)).toEqual([false, true, true, false, RUNTIME.length]);
});

test.each(['async_hooks', 'node:async_hooks'])('of %s jest-circus gets other storages, and nobody else', id => {
  const script = `
    const {runtime, storages} = reach();
    const asked = [];
    const given = {};
    storages.forFile = file => { asked.push(file); return file !== null && file.includes('jest-circus') ? given : null };
    Error.stackTraceLimit = 0;
    const circus = require(path('node_modules/jest-circus/build/init'));
    const user = require(path('user'));
    const nodes = require('async_hooks');
    return [circus('${id}') === given, user('${id}') === nodes, user('${id}') === nodes, require('${id}') === nodes,
      asked.map(file => file?.replace(process.cwd(), ''))];`;
  expect(answer(script)).toEqual([
    true,
    true,
    true,
    true,
    ['/node_modules/jest-circus/build/init.js', '/user.js', '/user.js'],
  ]);
});

test('a require for a file is made when it is called', () => {
  const script = `
    const {runtime} = reach();
    const calls = [];
    const {createRequire} = Module;
    Module.createRequire = from => { calls.push(from); return createRequire(from); };
    const make = runtime.own._module().createRequire;
    const made = make(path('runtime'));
    const before = calls.length;
    return [before, made('path') === require('path'), calls.length, 'Module' in runtime.own._module(), runtime.own._module().Module === Module];`;
  expect(answer(script)).toEqual([0, true, 1, true, true]);
});

test('reached twice it answers once', () => {
  const script = `
    reach(); const {found, compile} = reach(); compile();
    const loaded = require.cache[path('runtime')];
    return [found.length, Object.getOwnPropertyNames(loaded).filter(name => name === 'require').length, Module.prototype.require === original];`;
  expect(answer(script)).toEqual([1, 1, true]);
});

test('in a thread, too', () => {
  const script = `
    const {Worker} = require('worker_threads');
    const code = ${JSON.stringify('const {parentPort, workerData} = require("worker_threads"); const {reachJestRuntime} = require(workerData.ours); reachJestRuntime({runtime: workerData.path, core: workerData.path}, {}); parentPort.postMessage(require(workerData.path).own._vm() !== require("vm"));')};
    const threads = [1, 2].map(() => new Worker(code, {eval: true, workerData: {path: path('runtime'), ours: ours.toString().match(/"(.*?)"/)[1] + '/compile/jestRuntime.js'}}));
    return Promise.all(threads.map(thread => new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))));`;
  expect(answer(script)).toEqual([true, true]);
});

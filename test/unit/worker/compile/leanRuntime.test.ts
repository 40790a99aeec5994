import vm from 'node:vm';
import {JestNeeds} from '../../../../src/worker/compile/jestNeeds';
import {moduleOfFunction, PARAMETERS} from '../../../../src/worker/compile/jestVm';
import {KeptCode} from '../../../../src/worker/compile/keptCode';
import {makeLean} from '../../../../src/worker/compile/leanRuntime';
import type {Runtime, RuntimeModule} from '../../../../src/worker/compile/runtimeParts';

const ROOT = '/project/node_modules';
const ENTRY = `${ROOT}/jest-circus/init.js`;

/** The parts of jest-runtime that count here. It has its modules compiled each time, as ever. */
function project(texts: Readonly<Record<string, string>>, {isKnown = true, mayBeKept = true} = {}) {
  const kept = new KeptCode({disk: null});
  /** What jest-runtime was asked to load. */
  const asked: string[] = [];
  const resolver = {};
  const resolveCjs = (from: string, to?: string) => (to === undefined ? from : `${ROOT}/${to}.js`);

  class OwnRuntime {
    _config = {injectGlobals: true, sandboxInjectedGlobals: [] as string[]};
    _environment = {global: {}, getVmContext: () => this.realm};
    _resolution = {
      resolver,
      cjsConditions: ['require'],
      isCoreModule: (name: string) => name === 'fs',
      resolveCjs,
      getModulePaths: (folder: string) => [`${folder}/node_modules`],
      getGlobalPaths: () => ['/global'],
    };
    executor = {
      handleExecutionError: (error: unknown): never => {
        throw error;
      },
    };
    fileCache = {readFile: (path: string) => texts[path.slice(ROOT.length + 1, -'.js'.length)] ?? ''};
    jestGlobals = Object.create({jestObjectFor: (from: string) => ({of: from})}) as Runtime['jestGlobals'];
    registries = {internalModuleRegistry: new Map<string, RuntimeModule>()};
    requireBuilder = {
      for:
        ({filename}: RuntimeModule) =>
        (name: string) =>
          this.requireInternalModule(filename, name),
    };
    testMainModule = {current: null};
    testState = {state: 'loading'};
    readonly realm = vm.createContext({});

    requireInternalModule(from: string, to?: string): unknown {
      asked.push(to ?? from);
      if (to === 'fs') return 'of Node';
      const path = resolveCjs(from, to);
      const registry = this.registries.internalModuleRegistry;
      const source = this.fileCache.readFile(path);
      const module = {exports: {}} as RuntimeModule;
      registry.set(path, module);
      const options = {filename: path, parsingContext: this.realm};
      const wrapper = vm.compileFunction(source, PARAMETERS, options) as (...given: unknown[]) => void;
      kept.accepted(moduleOfFunction(source, PARAMETERS, {filename: path}));
      wrapper(module, module.exports, this.requireBuilder.for({filename: path} as RuntimeModule));
      return module.exports;
    }
  }
  const options = {path: `${ROOT}/jest-runtime/index.js`, kept, needs: new JestNeeds()};
  makeLean(OwnRuntime, {...options, isKnown: () => isKnown, mayBeKept: () => mayBeKept});
  /** Another test file begins. */
  const file = () => {
    asked.length = 0;
    return new OwnRuntime();
  };
  return {file, asked};
}

const TEXTS = {
  'jest-circus/init': 'exports.expect = require("expect"); exports.fs = require("fs");',
  expect: 'module.exports = {state: [], jest: typeof jest, module};',
};

interface Entry {
  readonly expect: {readonly state: string[]; readonly jest: string; readonly module: RuntimeModule};
  readonly fs: string;
}

test('the second file loads them without jest-runtime, into a realm and a registry of its own', () => {
  const {file, asked} = project(TEXTS);
  const first = file().requireInternalModule(ENTRY) as Entry;
  expect(asked).toEqual([ENTRY, 'expect', 'fs']);
  first.expect.state.push('left');
  const runtime = file();
  const second = runtime.requireInternalModule(ENTRY) as Entry;
  expect(asked).toEqual(['fs']);
  expect([second.expect.state, second.fs]).toEqual([[], 'of Node']);
  expect(vm.runInContext('Array.prototype', runtime.realm)).toBe(Object.getPrototypeOf(second.expect.state));
  expect(runtime.requireInternalModule(ENTRY)).toBe(second);
  expect([...runtime.registries.internalModuleRegistry.keys()]).toEqual([ENTRY, `${ROOT}/expect.js`]);
});

test('a module object is as jest-runtime makes it', () => {
  const {file} = project(TEXTS);
  file().requireInternalModule(ENTRY);
  const runtime = file();
  const {module} = (runtime.requireInternalModule(ENTRY) as Entry).expect;
  expect(Object.keys(module)).toEqual([
    'children',
    'exports',
    'filename',
    'id',
    'isPreloading',
    'loaded',
    'path',
    'parent',
    'paths',
    'main',
  ]);
  expect(module).toMatchObject({
    ...{children: [], filename: `${ROOT}/expect.js`, id: `${ROOT}/expect.js`, loaded: true, path: ROOT, main: null},
    paths: [`${ROOT}/node_modules`, '/global'],
    parent: runtime.registries.internalModuleRegistry.get(ENTRY),
  });
});

test('one that names `jest` gets its object', () => {
  const {file} = project(TEXTS);
  file().requireInternalModule(ENTRY);
  expect((file().requireInternalModule(ENTRY) as Entry).expect.jest).toBe('object');
});

test.each([
  {why: 'the parts are others', options: {isKnown: false}},
  {why: 'somebody looks at scripts', options: {mayBeKept: false}},
])('jest-runtime loads all if $why', ({options}) => {
  const {file, asked} = project(TEXTS, options);
  file().requireInternalModule(ENTRY);
  file().requireInternalModule(ENTRY);
  expect(asked).toEqual([ENTRY, 'expect', 'fs']);
});

test.each(['betweenTests', 'tornDown'])('jest-runtime says what it has to say of a file in the state %s', state => {
  const {file, asked} = project(TEXTS);
  file().requireInternalModule(ENTRY);
  const runtime = file();
  runtime.testState.state = state;
  runtime.requireInternalModule(ENTRY);
  expect(asked).toEqual([ENTRY, 'expect', 'fs']);
});

test('a module that throws is not registered, and its error has no frame of ours', () => {
  const texts: Record<string, string> = {...TEXTS};
  const {file} = project({...texts, expect: 'if (globalThis.fails) throw new Error("thrown"); exports.state = [];'});
  file().requireInternalModule(ENTRY);
  const runtime = file();
  vm.runInContext('globalThis.fails = true', runtime.realm);
  let thrown: unknown;
  try {
    runtime.requireInternalModule(ENTRY);
  } catch (error) {
    thrown = error;
  }
  expect((thrown as Error).stack).toMatch(/^Error: thrown\n[^]*expect\.js/);
  expect((thrown as Error).stack).not.toMatch(/leanRuntime\.(?:ts|js)/);
  expect(runtime.registries.internalModuleRegistry.size).toBe(0);
});

test('what no Jest module asks for is not remembered', () => {
  const {file, asked} = project(TEXTS);
  const load = () => file().requireInternalModule('/project/a.test.js', 'expect');
  load();
  load();
  expect(asked).toEqual(['expect']);
});

/**
 * Projects that load the same modules into different realms and with different loaders, and inspect them with V8's
 * tools.
 */
import {SEEING, thrice} from './compileCacheRuns';
import type {Files} from './project';

const ENVIRONMENT = String.raw`const {TestEnvironment} = require('jest-environment-node');
const vm = require('vm');
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    const context = this.getVmContext();
    this.global.fromEnvironment = {
      isContext: vm.isContext(context),
      array: vm.runInContext('[]', context) instanceof this.global.Array,
      script: new vm.Script('typeof jest').runInContext(context),
      compiled: String(vm.compileFunction('return a', ['a'], {parsingContext: context})),
    };
  }
};
`;

const PROJECT_KINDS: Readonly<Record<string, object>> = {
  plain: {},
  'without-globals': {injectGlobals: false},
  extra: {sandboxInjectedGlobals: ['Math', 'JSON']},
  transformed: {transform: {'\\.js$': '<rootDir>/transformer.js'}},
  'transformed-otherwise': {transform: {'\\.js$': ['<rootDir>/transformer.js', {text: 'a longer text'}]}},
  dom: {testEnvironment: 'jsdom'},
  custom: {testEnvironment: '<rootDir>/environment.js', globals: {projectName: 'custom', fromConfig: [1]}},
  automocked: {automock: true, unmockedModulePathPatterns: ['/seen\\.js']},
  'set-up': {setupFiles: ['<rootDir>/setup.js'], setupFilesAfterEnv: ['<rootDir>/setupAfter.js']},
  reset: {resetModules: true, resetMocks: true},
};

/** The same modules in projects that give them other arguments, texts and realms. */
export const MANY_PROJECTS: Files = {
  ...SEEING,
  'environment.js': ENVIRONMENT,
  'transformer.js': `module.exports = {
    process: (code, path, {transformerConfig}) => ({code: '/* ' + (transformerConfig.text || 'text') + ' */' + code}),
    getCacheKey: (code, path, {transformerConfig}) => require('crypto').createHash('sha1').update(code + path + JSON.stringify(transformerConfig)).digest('hex'),
  };`,
  'setup.js': 'globalThis.setUp = new Error("set up").stack.split("\\n")[1];\n',
  'setupAfter.js': 'beforeEach(() => { globalThis.each = (globalThis.each || 0) + 1; });\n',
  'globalSetup.js': 'module.exports = async () => { process.env.GLOBALLY = new Error("g").stack.split("\\n")[1]; };\n',
  'shared.js': String.raw`exports.text = String(arguments.callee); exports.count = arguments.length;
exports.stack = () => new Error('shared').stack.split('\n')[1];
exports.math = typeof Math === 'object' && Math === globalThis.Math;
exports.types = () => [typeof jest, typeof test, typeof window, typeof fromEnvironment, typeof fromConfig, globalThis.setUp, globalThis.each, process.env.GLOBALLY];
exports.realm = () => [[] instanceof Array, globalThis.Array === Array, new Function('return this')() === globalThis];
`,
  'withMath.js':
    'exports.a = Math.max(1, JSON.parse("2")); exports.b = arguments.length; exports.c = String(arguments.callee);\n',
  ...thrice(
    'both',
    String.raw`const {test, expect, jest: own} = require('@jest/globals');
const {seen} = require('./seen');
test('shared', () => { const shared = require('./shared'); seen('shared', shared); seen('called', Object.values(shared).map(value => typeof value === 'function' ? value() : value)); });
test('math', () => seen('math', require('./withMath')));
test('again', () => { own.resetModules(); seen('again', require('./shared').stack()); expect(typeof own).toBe('object'); });
test('environment', () => seen('environment', globalThis.fromEnvironment));
test('actual', () => seen('actual', own.requireActual('./shared').text));
`,
  ),
};

export const MANY_PROJECTS_CONFIG = {
  globalSetup: '<rootDir>/globalSetup.js',
  projects: Object.entries(PROJECT_KINDS).map(([name, kind]) => ({
    displayName: {name, color: 'blue'},
    transform: {},
    cacheDirectory: '<rootDir>/.cache',
    globals: {projectName: name},
    ...kind,
  })),
};

/** Modules of ECMAScript, JSON and WebAssembly; run with --experimental-vm-modules. */
export const MODERN: Files = {
  ...SEEING,
  'lib.cjs':
    "exports.named = 'named'; exports.stack = () => new Error('lib').stack; exports.load = () => import('./esm.mjs'); exports.text = String(arguments.callee);\n",
  'esm.mjs':
    "export const stack = () => new Error('esm').stack; export default class Thing {} ; export const url = import.meta.url.slice(-8); export const later = await Promise.resolve('later'); export {named} from './lib.cjs';\n",
  'data.json': '{"a": 1}',
  'imports.js': String.raw`const tell = promise => promise.then(namespace => [Object.keys(namespace).sort(), typeof namespace.default, Object.prototype.toString.call(namespace)], error => error);
exports.esm = () => tell(import('./esm.mjs'));
exports.cjs = () => tell(import('./lib.cjs'));
exports.json = () => tell(import('./data.json'));
exports.builtin = () => tell(import('node:querystring'));
exports.core = () => tell(import('fs'));
exports.wasm = () => tell(import('./add.wasm'));
exports.dataUrl = () => tell(import('data:text/javascript,export default 1; export const a = 2'));
exports.missing = () => tell(import('./not-there.mjs'));
exports.evaluated = () => tell(eval("import('./esm.mjs')"));
// Texts of their own: V8 keeps evaluated ones, with the importer of the file that had them first.
exports.indirect = () => tell((0, eval)("import('node:querystring') //" + process.hrtime.bigint()));
exports.made = () => tell(new Function("return import('node:querystring') //" + process.hrtime.bigint())());
exports.nested = () => require('./lib.cjs').load().then(namespace => [namespace.later, namespace.named]);
exports.same = async () => (await import('./esm.mjs')) === (await require('./lib.cjs').load());
exports.stack = async () => (await import('./esm.mjs')).stack();
exports.inEval = () => tell(eval("(() => { return import('./lib.cjs'); })()"));
exports.specifier = () => tell(import({toString: () => './lib.cjs'}));
exports.specifierThrows = () => tell(import({toString() { throw new Error('no specifier'); }}));
exports.attributes = () => tell(eval("import('./data.json', {with: {type: 'json'}})"));
`,
  ...thrice(
    'cjs',
    String.raw`const {drive} = require('./drive');
test('imports', () => drive('imports.js'));
test('own', async () => { const {seen} = require('./seen'); seen('own', Object.keys(await import('./esm.mjs'))); const {default: vm, compileFunction} = await import('vm'); seen('vm', [vm === require('vm'), compileFunction === vm.compileFunction]); });
test('again', async () => { jest.resetModules(); await require('./drive').drive('imports.js'); });
`,
  ),
  ...thrice(
    'esm',
    String.raw`import {jest, test, expect} from '@jest/globals';
import fs from 'fs';
import vm, {compileFunction, Script} from 'vm';
import lib, {named, stack} from './lib.cjs';
import Thing, {later, url, stack as esmStack} from './esm.mjs';
import seeing from './seen.js';
import driving from './drive.js';
const {seen} = seeing;
const waited = await Promise.resolve('waited');
test('values', () => seen('values', [named, later, url, waited, typeof Thing, lib.text, typeof fs.readFileSync, compileFunction === vm.compileFunction, Script === vm.Script, Object.keys(vm), import.meta.url.slice(-13), typeof import.meta.jest]));
test('stacks', () => seen('stacks', [stack(), esmStack(), new Error('own').stack]));
test('imports', () => driving.drive('imports.js'));
test('mocks', async () => { jest.unstable_mockModule('./esm.mjs', () => ({default: 'mocked'})); jest.resetModules(); seen('mocks', await import('./esm.mjs')); });
test('fails', () => { expect(stack).toBe(1); });
`,
    'mjs',
  ),
};

/** Imports of what cannot be loaded. */
export const BROKEN_IMPORTS: Files = {
  ...SEEING,
  'broken.mjs': 'export const a = 1;\nexport const = 2;\n',
  'throwing.mjs': "export const a = 1;\nthrow new Error('in esm');\n",
  'broken.cjs': 'exports.a = 1;\nexports.b = = 2;\n',
  'imports.js': String.raw`const tell = promise => promise.then(namespace => Object.keys(namespace).sort(), error => error);
exports.broken = () => tell(import('./broken.mjs'));
exports.brokenAgain = () => tell(import('./broken.mjs'));
exports.throwing = () => tell(import('./throwing.mjs'));
exports.brokenCjs = () => tell(import('./broken.cjs'));
`,
  ...thrice(
    'imports',
    "const {drive} = require('./drive');\ntest('imports', () => drive('imports.js'));\ntest('again', () => { jest.resetModules(); return require('./drive').drive('imports.js'); });\n",
  ),
};

/** The sum of two numbers, as \`add\`. */
export const ADD_WASM = Buffer.from('AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=', 'base64');

/** What is seen by those who ask V8 itself of a module's script, in tests. */
export const ASKING_V8: Files = {
  ...SEEING,
  'asked.js': String.raw`exports.positions = () => { const before = Error.prepareStackTrace; Error.prepareStackTrace = (error, sites) => sites; try { return new Error().stack.slice(0, 1).map(site => [site.getPosition(), site.getScriptHash && site.getScriptHash()]); } finally { Error.prepareStackTrace = before; } };
exports.counted = a => (a ? 1 : 2);
`,
  ...thrice(
    'asks',
    String.raw`const {seen} = require('./seen'); const inspector = require('inspector');
const post = (session, method, params) => new Promise((resolve, reject) => session.post(method, params, (error, result) => error ? reject(error) : resolve(result)));
test('positions', () => seen('positions', require('./asked').positions()));
test('coverage', async () => {
  const session = new inspector.Session(); session.connect();
  await post(session, 'Profiler.enable'); await post(session, 'Profiler.startPreciseCoverage', {callCount: true, detailed: true});
  jest.resetModules(); require('./asked').counted(1);
  const {result} = await post(session, 'Profiler.takePreciseCoverage');
  seen('coverage', result.filter(script => script.url.endsWith('asked.js')).map(script => script.functions));
  await post(session, 'Profiler.stopPreciseCoverage'); session.disconnect();
});
test('scripts', async () => {
  const session = new inspector.Session(); session.connect(); const parsed = [];
  session.on('Debugger.scriptParsed', ({params}) => { if (params.url.endsWith('asked.js')) parsed.push(params); });
  await post(session, 'Debugger.enable'); parsed.length = 0;
  jest.resetModules(); require('./asked');
  const sources = await Promise.all(parsed.map(({scriptId}) => post(session, 'Debugger.getScriptSource', {scriptId})));
  seen('scripts', [parsed.map(({url, startLine, startColumn, endLine, endColumn, length}) => [url, startLine, startColumn, endLine, endColumn, length]), sources]);
  session.disconnect();
});
`,
  ),
};

/** Notes each module that is compiled, by file and process; to be required before all else. */
export const COUNTING: Files = {
  'count.js': String.raw`const fs = require('fs'); const vm = require('vm');
const note = (how, options) => { const filename = options && options.filename; if (filename && filename.endsWith('counted.js')) fs.appendFileSync(__dirname + '/compiled', how + ' '); };
const {compileFunction, Script} = vm;
vm.compileFunction = (source, params, options) => { note('function', options); return compileFunction(source, params, options); };
vm.Script = class extends Script { constructor(source, options) { super(source, options); note('script', options); } };
`,
  'counted.js': 'exports.a = 1;\n',
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map(number => [`counts${number}.test.js`, "test('a', () => { require('./counted'); });\n"]),
  ),
};

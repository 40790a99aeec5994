/** Projects that use the features of Jest that affect how it compiles modules. */
import {SEEING, thrice} from './compileCacheRuns';
import {ODD_MODULES} from './compileCacheModules';
import type {Files} from './project';

/** Babel puts lines in before those of the file: positions are right by its source maps alone. */
const BABEL: Files = {
  'babel.config.js': `module.exports = {plugins: [({template}) => ({visitor: {Program(path) {
    path.unshiftContainer('body', template.statements.ast('globalThis.inserted = [\\n1,\\n2,\\n];\\nif (globalThis.inserted.length > 9) {\\nthrow 1;\\n}'));
  }}})]};`,
};

/** What a user reads of failures: code frames, stacks, the lines of `console`, snapshots, retries. */
export const FAILING: Files = {
  ...BABEL,
  'src/thrower.js': String.raw`const assert = require('assert');

exports.run = depth => { if (depth === 0) throw new Error('from a shared module');
  return exports.run(depth - 1);
};
exports.later = async () => {
  await null;
  exports.run(1);
};
exports.print = what => { console.log(what); console.warn('a warning', {what}); console.error(new Error('an error')); console.trace('traced'); };
exports.expects = expect => {
  expect({a: 1, b: [1, 2]}).toEqual({a: 2, b: [1, 3]});
};
exports.asserts = () => assert.strictEqual(1, 2);
exports.Thing = class Thing { get value() { throw new TypeError('in a getter'); } };
exports.callback = call => setTimeout(() => call(new Error('in a timer')), 1);
`,
  'src/broken.js': 'exports.a = 1;\nexports.b = (\n  const c = 1;\n);\n',
  'src/throwing.js': "throw new Error('at the top level, first line');\n",
  'src/throwingLater.js': 'const a = 1;\n\nmodule.exports = a.b.c;\n',
  'node_modules/modern/index.js': 'import fs from "fs";\nexport default fs;\n',
  'node_modules/modern-meta/index.js': 'exports.a = 1;\nexports.b = import.meta.url;\n',
  'node_modules/unfinished/index.js': 'exports.a = () => {\n',
  ...thrice(
    'fails',
    String.raw`const {run, later, print, expects, asserts, Thing, callback} = require('./src/thrower');
test('throws', () => run(3));
test('rejects', async () => { await later(); });
test('prints', () => print('printed'));
test('expects', () => expects(expect));
test('asserts', () => asserts());
test('gets', () => new Thing().value);
test('calls back', done => { callback(done); });
test('differs', () => {
  expect([1, 2,
    3]).toEqual([1]);
});
test('as a function', () => expect(run).toBe(later));
test('throws as told', () => expect(() => run(1)).toThrow('another text'));
test('snapshot', () => { expect(String(run)).toMatchSnapshot(); expect(new Error('stored').message).toMatchInlineSnapshot('"another"'); });
test.failing('is to fail', () => run(0));
test.concurrent('beside others', async () => { await later(); });
test.concurrent('beside others, too', async () => { expect(1).toBe(1); });
describe('with fake timers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  test('advance', () => { const call = jest.fn(); callback(call); jest.advanceTimersByTime(1); expect(call).toHaveBeenCalledTimes(2); });
  test('legacy', () => { jest.useFakeTimers({legacyFakeTimers: true}); const call = jest.fn(); callback(call); jest.runAllTimers(); expect(call.mock.calls[0][0].message).toBe('b'); });
});
describe('hooks', () => { beforeAll(() => run(0)); test('never', () => {}); });
`,
  ),
  ...thrice(
    'retried',
    String.raw`const {run} = require('./src/thrower');
jest.retryTimes(1, {logErrorsBeforeRetry: true});
test('twice', () => run(0));
`,
  ),
  ...thrice('requiresBroken', "test('a', () => {});\nrequire('./src/broken');\n"),
  ...thrice('requiresThrowing', "require('./src/throwing');\ntest('a', () => {});\n"),
  ...thrice(
    'requiresInTests',
    ['./src/broken', './src/throwing', './src/throwingLater', 'modern', 'modern-meta', 'unfinished']
      .map(
        path =>
          `test('${path}', () => require('${path}'));\ntest('${path} again', () => { jest.resetModules(); require('${path}'); });\n`,
      )
      .join(''),
  ),
  ...thrice('requiresModern', "const modern = require('modern');\ntest('a', () => {});\n"),
  'firstLine.test.js': "throw new Error('on the first line of a test file');\n",
  'broken.test.js': "test('a', () => {\n  const = 1;\n});\n",
};

/** Mocks of all kinds, and registries of modules. */
export const MOCKING: Files = {
  ...SEEING,
  ...BABEL,
  'odd/texts.js': ODD_MODULES['odd/texts.js']!,
  'odd/state.js': ODD_MODULES['odd/state.js']!,
  'src/value.js': "exports.get = () => 'actual'; exports.stack = () => new Error('v').stack;\n",
  'src/user.js': "exports.value = require('./value').get(); exports.manual = require('./manual').get();\n",
  'src/manual.js': "exports.get = () => 'actual';\n",
  'src/__mocks__/manual.js': "exports.get = () => 'manual';\n",
  'src/kinds.js':
    'exports.plain = function (a) { return a; }; exports.Class = class { method() {} static made() {} }; exports.nested = {deep: {call() {}}}; exports.list = [1]; exports.value = 1; exports.later = async () => {};\n',
  'src/vmUser.js': "exports.run = () => require('vm').compileFunction('return 1', [])();\n",
  '__mocks__/fs-like.js': "module.exports = 'mock of a package';\n",
  'node_modules/fs-like/index.js': "module.exports = 'a package';\n",
  ...thrice(
    'mocks',
    String.raw`const value = require('./src/value');
const {seen} = require('./seen');
jest.mock('./src/value', () => ({get: () => 'mocked'}));
jest.mock('not-there', () => ({virtual: true}), {virtual: true});
jest.mock('./src/manual');
test('hoisted', () => seen('hoisted', [value.get(), require('not-there'), require('./src/manual').get(), require('./src/user'), require('fs-like')]));
test('actual', () => seen('actual', [jest.requireActual('./src/value').get(), jest.requireActual('./src/value').stack(), jest.requireMock('./src/value').get(), jest.requireActual('./src/manual').get(), jest.requireActual('fs-like')]));
test('unmocked', () => { jest.resetModules(); jest.unmock('./src/value'); seen('unmocked', require('./src/user')); jest.dontMock('./src/manual'); jest.resetModules(); seen('dont', require('./src/user')); });
test('doMock', () => { jest.resetModules(); jest.doMock('./src/value', () => ({get: () => 'done'})); seen('done', require('./src/user')); jest.resetModules(); seen('still', require('./src/user')); });
test('isolated', () => { const before = require('./odd/state'); let inside; jest.isolateModules(() => { inside = require('./odd/state'); }); seen('isolated', [inside === before, inside.count, inside.patched, inside.fresh, inside.mutated, require('./odd/state') === before]); });
test('isolated later', async () => { let inside; await jest.isolateModulesAsync(async () => { await null; inside = require('./odd/state'); }); seen('later', [inside === require('./odd/state'), inside.patched]); });
test('made', () => { const made = jest.createMockFromModule('./src/kinds'); seen('made', made); seen('calls', [made.plain(1), made.Class.made(), new made.Class().method(), typeof made.later(), made.plain.mock.calls, jest.isMockFunction(made.nested.deep.call)]); });
test('generated', () => { jest.resetModules(); jest.doMock('./src/kinds'); const generated = require('./src/kinds'); seen('generated', [generated.plain.name, generated.plain.length, String(generated.plain), String(generated.Class)]); });
test('replaced', () => { const kinds = jest.requireActual('./src/kinds'); jest.replaceProperty(kinds, 'value', 5); seen('replaced', kinds.value); jest.restoreAllMocks(); seen('restored', kinds.value); });
test('reset many times', () => { for (let i = 0; i < 5; i++) { jest.resetModules(); seen('reset ' + i, [require('./odd/state').count, String(require('./odd/texts').plain)]); } });
`,
  ),
  ...thrice(
    'spies',
    String.raw`const vm = require('vm');
const {seen} = require('./seen');
// What Jest compiles with is the tests' own.
test.each(['compileFunction', 'Script', 'runInContext'])('%s', name => {
  const spy = jest.spyOn(vm, name);
  try {
    jest.resetModules();
    require('./src/kinds'); require('./odd/texts');
    seen(name, spy.mock.calls.map(([source, params, options]) => [String(source).slice(0, 40), params, Object.keys(options || {}).sort(), options && options.filename]));
    seen(name + ' used', require('./src/vmUser').run());
    seen(name + ' calls', spy.mock.calls.length);
  } finally { spy.mockRestore(); }
});
test('replaced by another', () => {
  const spy = jest.spyOn(vm, 'compileFunction').mockImplementation(() => () => 'replaced');
  try { jest.resetModules(); seen('replaced', require('./src/vmUser').run); seen('replaced run', typeof require('./src/vmUser').run === 'function' && require('./src/vmUser').run()); }
  catch (error) { seen('replaced throws', error.message); }
  finally { spy.mockRestore(); }
});
test('after it', () => { jest.resetModules(); seen('after', require('./src/vmUser').run()); });
`,
  ),
  ...thrice(
    'mockedVm',
    String.raw`const {seen} = require('./seen');
jest.mock('vm', () => ({...jest.requireActual('vm'), compileFunction: jest.fn(() => () => 'mocked')}));
test('mocked', () => seen('mocked', [require('./src/vmUser').run(), require('vm').compileFunction.mock.calls.length, require('vm') === require('node:vm'), String(jest.requireActual('vm').compileFunction).slice(0, 60)]));
`,
  ),
};

/** Files that change between the test files of a run, which go by their names. */
export const CHANGING: Files = {
  ...SEEING,
  'changing.js': 'exports.value = () => 1; exports.stack = () => new Error("a").stack;\n',
  'rewrite.js': String.raw`const fs = require('fs');
// As if it had not been touched: of the same size, at the same time.
module.exports = (path, from, to) => { const {atime, mtime} = fs.statSync(path); const text = fs.readFileSync(path, 'utf8').replace(from, to); fs.writeFileSync(path, text); fs.utimesSync(path, atime, mtime); };
`,
  'a.test.js': String.raw`const {seen} = require('./seen'); const rewrite = require('./rewrite');
test('first', () => { seen('first', require('./changing').value()); rewrite(require.resolve('./changing'), '=> 1', '=> 2'); seen('still', require('./changing').value()); });
test('registry', () => { jest.resetModules(); seen('reset', require('./changing').value()); });
// Comes to its end when this file has: what it gets then is up to Jest.
test('leaks', () => { const {drive} = {}; const fs = require('fs'); const path = require('path'); const to = path.join(__dirname, 'leaked'); setTimeout(async () => {
  const say = [];
  const attempt = async (name, make) => { try { say.push([name, typeof await make()]); } catch (error) { say.push([name, String(error)]); } };
  await attempt('require', () => require('./changing')); await attempt('import', () => import('./changing.js')); await attempt('evaluated', () => eval("import('./changing.js')"));
  fs.writeFileSync(to + '.tmp', JSON.stringify(say)); fs.renameSync(to + '.tmp', to);
}, 100); });
`,
  'b.test.js': String.raw`const {seen} = require('./seen'); const rewrite = require('./rewrite');
test('second', () => { seen('second', require('./changing').value()); rewrite(require.resolve('./changing'), '=> 2', '=> 3'); });
`,
  'c.test.js': String.raw`const {seen} = require('./seen'); const rewrite = require('./rewrite'); const fs = require('fs');
test('third', () => { seen('third', [require('./changing').value(), require('./changing').stack()]); rewrite(require.resolve('./changing'), 'exports.value', '   \n exports.value'); jest.resetModules(); seen('moved', require('./changing').stack()); });
test('broken', () => { rewrite(require.resolve('./changing'), '=> 3', '=> )'); for (const i of [1, 2]) { jest.resetModules(); try { require('./changing'); } catch (error) { seen('broken' + i, error); } } });
test('mended', () => { rewrite(require.resolve('./changing'), '=> )', '=> 4'); jest.resetModules(); seen('mended', require('./changing').value()); });
`,
  'd.test.js': String.raw`const {seen} = require('./seen'); const fs = require('fs');
test('fourth', () => { seen('fourth', [require('./changing').value(), String(require('./changing').stack)]); });
test('what has leaked', async () => { while (!fs.existsSync(__dirname + '/leaked')) await new Promise(resolve => setTimeout(resolve, 10)); });
test('fails', () => { throw Object.assign(new Error(), {stack: 'Error: told'}); });
`,
};

/** Modules whose coverage is told; what of it is covered differs by file. */
export const COVERED: Files = {
  'src/branches.js':
    "exports.pick = a => (a > 1 ? 'more' : a === 1 ? 'one' : 'less');\nexports.never = function () {\n  return 1;\n};\nif (exports.pick(0) === 'x') {\n  exports.x = 1;\n}\nclass A { a() { return 1; } b() { return 2; } } exports.A = A;\n",
  'src/crlf.js': 'exports.a = b => {\r\n  if (b) return 1;\r\n  return 2;\r\n};\r\n',
  'src/bom.js': '\uFEFFexports.a = b => b || 1; exports.never = () => 2;\n',
  'src/unused.js': 'exports.a = () => 1;\n',
  'src/umlauts.js': "exports.ä = a => (a ? 'ö' : 'ü'); exports.never = () => '😀';\n",
  ...thrice(
    'covers',
    String.raw`const number = Number(/(\d)\.test/.exec(__filename)[1]);
test('some', () => { expect(require('./src/branches').pick(number)).toBeTruthy(); expect(require('./src/crlf').a(number - 1)).toBeTruthy(); require('./src/bom').a(); require('./src/umlauts').ä(number > 1); });
test('again', () => { jest.resetModules(); new (require('./src/branches').A)().a(); });
`,
  ),
};

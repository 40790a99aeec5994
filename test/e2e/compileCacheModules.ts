/**
 * Modules that reveal differences in how Jest compiles them: their forms, their surroundings, and what they see of
 * themselves. `drive` loads each module, calls exported functions, and records all exports.
 */
import type {Files} from './project';

/** A separator of lines to JavaScript, and a letter like others to many tools. */
const LINE_SEPARATOR = '\u2028';

/** Of a body that ends before its end: what is outside would run as a script of its own. */
const CLOSES_ITS_WRAPPER: Files = {
  'closes1.js': '}); (function () {',
  'closes2.js': '}\n{',
  'closes3.js': 'exports.a = 1; } {',
  'closes4.js': '}, function () {',
  'closes5.js': '});//',
  'closes6.js': '}}); ({"a": function () {',
  'closes7.js': '}); globalThis.escaped = true; (function () {',
  'closes8.js': 'exports.a = 1; })\n//',
};

const SYNTAX_ERRORS: Files = {
  'firstLineError.js': 'const = 1;\n',
  'laterError.js': 'exports.a = 1;\nexports.b = 2;\n  exports.c = = 3;\n',
  'unterminatedComment.js': 'exports.a = 1; /*',
  'unterminatedTemplate.js': 'exports.a = `',
  'unterminatedString.js': "exports.a = 'a\n;",
  'unterminatedBlock.js': 'exports.a = () => {\n',
  'unterminatedParenthesis.js': 'exports.a = (1\n',
  'importStatement.js': "import fs from 'fs';\n",
  'exportStatement.js': 'exports.a = 1;\nexport const a = 1;\n',
  'exportDefault.js': 'export default 1;',
  'importMeta.js': 'exports.a = () => 1;\nexports.url = import.meta.url;\n',
  'topLevelAwait.js': 'exports.a = await 1;',
  'topLevelYield.js': 'exports.a = yield 1;',
  'superCall.js': 'exports.a = super.a;',
  'strictDuplicates.js': "'use strict';\nexports.f = function (a, a) {};\n",
  'strictOctal.js': "'use strict'; exports.f = 010;",
  'strictWith.js': "'use strict'; with ({}) {}",
  'lazyError.js': 'exports.f = function () { let a; let a; };',
  'lazyBreak.js': 'exports.f = function () {\n  break;\n};',
  'badRegExp.js': 'exports.a = 1;\nexports.b = () => /(/;',
  'privateName.js': 'exports.f = a => a.#b;',
  'bomHashbang.js': '\uFEFF#!/usr/bin/env node\nexports.a = 1;\n',
  'spaceHashbang.js': ' #!/usr/bin/env node\nexports.a = 1;\n',
  'newTargetArrow.js': 'exports.newTarget = (() => new.target)();',
  'letModule.js': 'let module = 1; exports.a = module;',
  'constRequire.js': 'exports.a = 1;\nconst require = 1;',
  'classExports.js': 'class exports {}',
  'letDirname.js': "let __dirname = 'a'; exports.a = __dirname;",
  'letJest.js': 'let jest = 1; exports.a = jest;',
  'constInBlock.js': '{ const module = 1; const jest = 2; exports.a = module + jest; }',
  'letArguments.js': 'let arguments = 1; exports.a = arguments;',
};

const FORMS: Files = {
  'firstLine.js':
    "exports.stack = () => new Error('at first').stack; exports.throwing = () => { throw new TypeError('thrown'); };",
  'secondOnFirstLine.js':
    'exports.a = 1; exports.b = function named() { return new Error("b").stack; }\nexports.c = 3;',
  'spacesFirst.js': '    exports.stack = () => new Error("indented").stack;\n',
  'newlinesFirst.js': '\n\n\nexports.stack = () => new Error("fourth").stack;\n',
  'crlf.js':
    'exports.a = 1;\r\nexports.stack = () =>\r\n  new Error("crlf").stack;\r\nexports.f = function () {\r\n};\r\n',
  'cr.js': 'exports.a = 1;\rexports.stack = () =>\r  new Error("cr").stack;\r',
  'bom.js': '\uFEFFexports.stack = () => new Error("bom").stack; exports.f = function () {};\n',
  'bomTwice.js': '\uFEFF\uFEFFexports.stack = () => new Error("bom").stack;\n',
  'hashbang.js': '#!/usr/bin/env node\nexports.stack = () => new Error("hashbang").stack;\n',
  'hashbangOnly.js': '#!/usr/bin/env node',
  'empty.js': '',
  'comments.js': '/* nothing */ // at all\n// but this',
  'noNewline.js': 'exports.stack = () => new Error("no newline").stack',
  'trailingComment.js': 'exports.a = 1; // without a newline',
  'trailingHtmlComment.js': 'exports.a = 1; <!-- without a newline',
  'htmlComments.js':
    '<!-- opened\nexports.a = 1; <!-- opened again\n--> closed\nexports.stack = () => new Error("html").stack;\n/* a\n*/ --> closed\n',
  'htmlCommentFirst.js': '--> closed, at the first place of the first line\nexports.a = 1;',
  'htmlCommentFirstSpaced.js': '/* a */ --> closed\nexports.a = 1;',
  'lineSeparators.js': `exports.text = 'a${LINE_SEPARATOR}b'; exports.c = 1;${LINE_SEPARATOR}exports.stack = () => new Error('separated').stack; // a${LINE_SEPARATOR}exports.d = 1;`,
  'nul.js': "exports.text = 'a\0b'; exports.stack = () => new Error('nul').stack;",
  'twoBytes.js': "exports.a = 'ä€😀'; exports.ä = () => new Error('ü😀').stack; exports.𝒳 = () => String(exports.ä);\n",
  'loneSurrogate.js': "exports.a = '\\ud800'.length; exports.stack = () => new Error('\\ud800').stack;",
  'longLine.js': `exports.a = [${'1234567890,'.repeat(3000)}].length; exports.stack = () => new Error('far out').stack;`,
  'large.js': `${Array.from({length: 1500}, (_, i) => `exports.f${i > 3 ? 3 : i} = function numbered${i}(a, b) { return a + b + ${i}; };`).join('\n')}\nexports.stack = () => new Error('large').stack;\n`,
  'sourceUrl.js': 'exports.stack = () => new Error("by another name").stack;\n//# sourceURL=another-name.js\n',
  'oldSourceUrl.js': 'exports.stack = () => new Error("by another name").stack;\n//@ sourceURL=another-name.js\n',
  'absoluteSourceUrl.js': 'exports.stack = () => new Error("a").stack;\n//# sourceURL=file:///not/there/absolute.js',
  // Generated line 1 is line 5 of original.ts, from column 4.
  'mapped.js': `exports.stack = () => new Error('mapped').stack;\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(
    JSON.stringify({
      version: 3,
      sources: ['original.ts'],
      sourcesContent: ['\n\n\n\n    exports.stack\n'],
      names: [],
      mappings: 'AAII',
    }),
  ).toString('base64')}\n`,
  'mapMissing.js': 'exports.stack = () => new Error("m").stack;\n//# sourceMappingURL=not-there.js.map\n',
  'throwsFirst.js': "throw new Error('on the first line');\n",
  'throwsLater.js': "exports.a = 1;\n\nif (exports.a) {\n  throw new RangeError('on a later line');\n}\n",
  'throwsText.js': "throw 'a text';",
  'throwsReference.js': 'exports.a = 1; notDefinedAnywhere();',
  'returns.js': 'exports.before = 1;\nif (exports.before) return;\nexports.after = 2;\n',
  'returnsValue.js': 'module.exports.a = 1; return {b: 2};',
  'same1.js': 'exports.stack = () => new Error("same").stack; exports.name = __filename.slice(-8);',
  'same2.js': 'exports.stack = () => new Error("same").stack; exports.name = __filename.slice(-8);',
  'sub/same1.js': 'exports.stack = () => new Error("same").stack; exports.name = __filename.slice(-8);',
  'debugger.js': 'exports.a = 1;\ndebugger;\nexports.f = () => { debugger; return 2; };\n',
  'data.json': '{"exports": 1, "stack": [1, 2]}',
  'broken.json': '{"a": 1,\n  b}',
  'startsWithParenthesis.js': '(function () { exports.a = 1; })();',
  'startsWithBracket.js': '[1].forEach(one => { exports.a = one; })',
  'startsWithObject.js': '{ exports.a = 1 }',
  'startsWithRegExp.js': '/a/.test("a") && (exports.a = 1)',
};

const MEANINGS: Files = {
  'strict.js': String.raw`'use strict';
exports.self = (function () { return typeof this; })();
exports.undeclared = () => { undeclaredStrict = 1; };
exports.frozen = () => { Object.freeze([1])[0] = 2; };
exports.alias = (function (a) { arguments[0] = 2; return a; })(1);
exports.callee = () => (function () { return arguments.callee; })();
exports.top = typeof this + (this === module.exports);
exports.topCallee = (() => { try { return typeof arguments.callee; } catch (error) { return error; } })();
`,
  'strictAfterComment.js': `/* a */ // b\n 'another'; "use strict"; exports.self = (function () { return typeof this; })();`,
  'notStrict.js': `'use\\x20strict'; exports.self = (function () { return typeof this; })();`,
  'notStrictEither.js': `('use strict'); exports.self = (function () { return typeof this; })();`,
  'strictNoNewline.js': `"use strict"`,
  'sloppy.js': String.raw`exports.self = (function () { return this === globalThis; })();
exports.undeclared = (() => { undeclaredSloppy = 1; return globalThis.undeclaredSloppy; })();
exports.octal = 010 + Number('\101' === 'A');
exports.alias = (function (a) { arguments[0] = 2; return a; })(1);
exports.duplicates = (function (a, a) { return a; })(1, 2);
exports.withed = (() => { with ({x: 3}) { return x; } })();
exports.deleted = (() => { var a = 1; return delete a; })();
if (true) { function hoisted() { return 'hoisted'; } }
exports.hoisted = hoisted();
var notGlobal = 1; exports.notGlobal = typeof globalThis.notGlobal;
function declared() {} exports.declared = typeof globalThis.declared;
`,
  'identifiers.js':
    'var await = 1; var yield = 2; let async = 3; var of = 4, get = 5, let_ = 6; exports.sum = await + yield + async + of + get;\nvar let = 7; exports.let = let;',
  'wrapper.js': String.raw`exports.text = String(arguments.callee); exports.name = arguments.callee.name; exports.length = arguments.callee.length;
exports.count = arguments.length; exports.types = Array.from(arguments, value => typeof value);
exports.identities = [arguments[0] === module, arguments[1] === exports, arguments[2] === require, arguments[3] === __dirname, arguments[4] === __filename, arguments[5] === (typeof jest === 'undefined' ? undefined : jest)];
exports.self = this === module.exports; exports.newTarget = String(new.target);
exports.properties = Object.entries(Object.getOwnPropertyDescriptors(arguments.callee)).map(([name, {writable, enumerable, configurable}]) => [name, writable, enumerable, configurable]);
exports.realm = [arguments.callee instanceof Function, Object.getPrototypeOf(arguments.callee) === Function.prototype, arguments instanceof Object];
exports.prototypeRealm = arguments.callee.prototype instanceof Object;
exports.callerType = (() => { try { return typeof arguments.callee.caller; } catch (error) { return error.message; } })();
exports.kind = Object.prototype.toString.call(arguments.callee);
exports.again = (callee => () => callee.call({}, {exports: {}}, {}, () => {}, '', '') === undefined)(arguments.callee);
`,
  'wrapperCalls.js':
    'module.exports = {a: typeof arguments.callee};\nif (arguments[1] === exports) arguments.callee.call(null, {}, {}, require);\n',
  'wrapperNew.js':
    'exports.target = String(new.target); if (!new.target) { exports.made = typeof new arguments.callee(...arguments); }',
  'varExports.js':
    'var exports; exports.a = 1; var module; exports.b = typeof module; var require; exports.c = typeof require;',
  'functionRequire.js':
    'function require() { return "mine"; } exports.a = require(); exports.b = String(arguments[2]);',
  'functionModule.js': 'exports.a = typeof module; function module() {} exports.b = typeof arguments[0];',
  'varJest.js': 'var jest; exports.a = typeof jest; var expect = expect; exports.b = typeof expect;',
  'assignsJest.js': 'jest = 1; exports.a = jest; exports.b = arguments[5];',
  'globals.js':
    'exports.a = [typeof jest, typeof expect, typeof test, typeof window, typeof Buffer, typeof __filename, typeof setImmediate];\nexports.names = () => Object.getOwnPropertyNames(globalThis).filter(name => !/^(escaped|undeclared|inScript)/.test(name)).sort().join();',
  'realm.js':
    String.raw`exports.literals = () => [[] instanceof Array, ({}) instanceof Object, (() => {}) instanceof Function, /a/ instanceof RegExp, (async () => {})() instanceof Promise,
  Object.getPrototypeOf(function* () {}) === Object.getPrototypeOf(new Function('return function* () {}')()), 1n instanceof BigInt, Object(1n) instanceof BigInt,
  (() => { try { null.a; } catch (error) { return error instanceof TypeError; } })(), (() => { try { missing; } catch (error) { return error instanceof ReferenceError; } })()];
exports.bound = {globalThis, Array, Error, Object, Function, setTimeout, undefined, Promise};
exports.own = () => Object.entries(exports.bound).map(([name, value]) => [name, value === globalThis[name]]);
exports.indirect = () => [(0, eval)('this') === globalThis, new Function('return this')() === globalThis, eval('[]') instanceof Array];
exports.state = (() => { globalThis.realmLoads = (globalThis.realmLoads || 0) + 1; return globalThis.realmLoads; })();
exports.classes = () => [class A extends Array {}, class B extends Error {}].map(Class => Object.getPrototypeOf(Class.prototype) === globalThis[Class.name === 'A' ? 'Array' : 'Error'].prototype);
function tag(strings) { return strings; }
const site = () => tag` +
    '`a${1}b`' +
    String.raw`;
exports.template = () => [site() === site(), site() instanceof Array, Object.isFrozen(site()), site().raw instanceof Array, site().seenBefore === undefined];
`,
  'state.js': String.raw`let count = 0; exports.count = ++count;
function counted() { return ++counted.calls; } exports.fresh = counted.calls; counted.calls = 0;
const boilerplate = () => ({list: [1, [2]], nested: {a: {}}}); exports.literal = JSON.stringify(boilerplate()); exports.mutated = (() => { const one = boilerplate(); one.list.push(3); one.nested.a.b = 1; return JSON.stringify(boilerplate()); })();
const regExp = () => /a/g; regExp().lastIndex = 1; exports.lastIndex = regExp().lastIndex;
const shared = /a/g; exports.matched = shared.test('aa') + ':' + shared.lastIndex;
class Counter { static made = 0; #own = ++Counter.made; get own() { return this.#own; } static { this.ready = true; } } exports.counter = () => [new Counter().own, Counter.ready].length;
Array.prototype.patched = (Array.prototype.patched || 0) + 1; exports.patched = [].patched;
exports.hot = () => { let sum = 0; for (let i = 0; i < 20000; i++) sum += i % 7; return sum; };
`,
  'texts.js': String.raw`exports.plain = function plain(a, b) { /* kept */ return a + b; };
exports.arrow = (a,  b) => a + b;
exports.asynchronous = async function named() {};
exports.generator = function* gen() { yield 1; };
exports.Class = class Named extends Object { #a = 1; static s = 2; get a() { return this.#a; } set a(v) { this.#a = v; } static m() {} async *g() {} ['computed' + 1]() {} };
const {get, set} = Object.getOwnPropertyDescriptor(exports.Class.prototype, 'a');
exports.parts = () => [get, set, exports.Class.m, exports.Class.prototype.g, exports.Class.prototype.computed1, {m() { return 1; }}.m, {get x() { return 1; }}, new Function('a', 'return a')].map(String);
exports.nested = () => String(function () { return function inner() {   }; }) + String((function () { return function inner() {   }; })());
exports.bound = () => String(exports.plain.bind(1)) + exports.plain.bind(1).name + exports.plain.length;
exports.names = () => [exports.plain, exports.arrow, exports.asynchronous, exports.generator].map(f => f.name + f.length);
`,
  'stacks.js': String.raw`function inner() { return new Error('inner').stack; } exports.inner = () => [1].map(inner)[0];
class Thing { static make() { return new Thing(); } constructor() { this.stack = new Error('constructed').stack; } get got() { return new Error('got').stack; } method() { return new Error('method').stack; } async later() { await null; return new Error('later').stack; } }
exports.constructed = () => Thing.make().stack;
exports.got = () => new Thing().got;
exports.method = () => new Thing().method();
exports.later = async () => new Thing().later();
exports.chain = async () => { const a = async () => { await null; throw new Error('deep'); }; const b = async () => { await a(); }; return b().catch(error => error.stack); };
exports.all = () => Promise.all([1].map(async () => { await 1; throw new Error('in all'); })).catch(error => error.stack);
exports.captured = () => { const target = {}; function hidden() { Error.captureStackTrace(target, hidden); } function shown() { hidden(); } shown(); return target.stack; };
exports.limited = () => { const before = Error.stackTraceLimit; Error.stackTraceLimit = 1; try { return new Error('limited').stack; } finally { Error.stackTraceLimit = before; } };
exports.evaluated = () => eval('new Error("evaluated").stack');
exports.evaluatedNamed = () => eval('\n  new Error("evaluated").stack//# sourceURL=evaluated.js');
exports.made = () => new Function('a', 'return new Error("made").stack')();
exports.caused = () => new Error('outer', {cause: new Error('inner')});
exports.frozen = () => { null.property; };
exports.notFunction = () => { exports.missing(); };
exports.overflow = () => { const again = () => again(); try { again(); } catch (error) { return error.message; } };
exports.timer = () => new Promise(resolve => setTimeout(() => resolve(new Error('timer').stack.split('\n').slice(0, 2).join('\n')), 1));
exports.sorted = () => { try { [2, 1].sort(() => { throw new Error('in sort'); }); } catch (error) { return error.stack; } };
`,
  'sites.js': String.raw`function sites(make) {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (error, all) => all;
  try { return make(); } finally { Error.prepareStackTrace = before; }
}
const tell = all => all.filter(site => String(site.getFileName()).endsWith('sites.js') || site.isEval()).map(site => [site.getFileName(), site.getLineNumber(), site.getColumnNumber(), site.getFunctionName(), site.getTypeName(), site.getMethodName(), site.getEvalOrigin(), site.isToplevel(), site.isEval(), site.isNative(), site.isConstructor(), site.isAsync(), site.getScriptNameOrSourceURL(), typeof site.getThis(), typeof site.getFunction(), String(site)]);
const top = sites(() => new Error().stack);
exports.top = () => tell(top);
exports.inFunction = () => tell(sites(function named() { return new Error().stack; }));
exports.inMethod = () => tell(sites(() => ({method() { return new Error().stack; }}).method()));
exports.inEval = () => tell(sites(() => eval('new Error().stack')));
exports.inNew = () => tell(sites(() => new (class Made { constructor() { this.all = new Error().stack; } })().all));
exports.thrown = () => tell(sites(() => { try { null.a; } catch (error) { return error.stack; } }));
`,
  'required.js': String.raw`const path = require('path');
const shown = file => typeof file === 'string' ? path.relative(__dirname, file) : file;
exports.cache = () => Object.keys(require.cache).map(shown).filter(file => !file.includes('node_modules')).sort();
exports.cached = () => [typeof require.cache[__filename], require.cache[__filename] === module, 'nothing' in require.cache, Object.getOwnPropertyNames(require.cache).length > 0];
exports.module = () => [shown(module.id), shown(module.filename), module.loaded, module.children.length, module.paths.map(shown), shown(module.path), shown(module.parent && module.parent.filename), module.exports === exports, Object.keys(module).sort()];
exports.main = () => [shown(require.main && require.main.filename), require.main === module];
exports.resolved = () => [shown(require.resolve('./texts')), require.resolve('fs'), require.resolve.paths('a').map(shown)];
exports.unresolved = () => require('./not-there');
exports.unresolvedPackage = () => require.resolve('not-a-package');
exports.own = () => [module.require('./texts') === require('./texts'), typeof module.require, require.length, require.name, Object.keys(require).sort(), require.extensions && Object.keys(require.extensions)];
exports.removed = () => { delete require.cache[require.resolve('./state')]; return require('./state').count; };
`,
  'circularA.js':
    "exports.early = 'a'; const b = require('./circularB'); exports.seenByB = b.early; exports.late = b.a().late; exports.stack = b.stack; exports.late = 'late';",
  'circularB.js':
    "exports.early = require('./circularA').early; exports.a = () => require('./circularA'); exports.stack = () => new Error('b').stack;",
  'vmModule.js': String.raw`const vm = require('vm');
exports.same = () => [require('node:vm') === vm, require('vm') === vm, Object.keys(vm).join(), Reflect.ownKeys(vm).map(String).join()];
exports.functions = () => ['compileFunction', 'Script', 'runInContext', 'runInNewContext', 'runInThisContext', 'createContext', 'isContext', 'SourceTextModule', 'SyntheticModule'].map(name => [name, typeof vm[name], vm[name] && vm[name].name, vm[name] && vm[name].length, String(vm[name]).slice(0, 400), JSON.stringify(Object.getOwnPropertyDescriptor(vm, name))]);
exports.compiled = () => { const f = vm.compileFunction('return [new Error("compiled").stack.split("\\n")[1], a]', ['a'], {filename: 'compiled.js', lineOffset: 3, columnOffset: 5}); return [f(1), String(f), f.name, f.length]; };
exports.compiledTwice = () => { const context = vm.createContext({}); return [1, 2].map(() => { const f = vm.compileFunction('return this', [], {parsingContext: context, filename: 'twice.js'}); return [f() === vm.runInContext('this', context), f instanceof Function, String(f)]; }); };
exports.likeJest = () => { const context = vm.createContext({}); const all = [1, 2, 3].map(() => vm.compileFunction('exports.a = new Error("like").stack.split("\\n")[1]; exports.b = String(arguments.callee)', ['module', 'exports', 'require', '__dirname', '__filename', 'jest'], {parsingContext: context, filename: __filename})); return all.map(f => { const exports = {}; f({}, exports); return [exports, all.filter(other => other === f).length]; }); };
exports.cachedData = () => { const f = vm.compileFunction('return 1', [], {produceCachedData: true}); return [f.cachedDataProduced, typeof f.cachedData, Object.keys(f).sort()]; };
exports.script = () => { const script = new vm.Script('var inScript; new Error("script").stack.split("\\n")[1]', {filename: 'script.js', lineOffset: 1, columnOffset: 2}); return [script.runInThisContext(), script.runInNewContext({}), Object.keys(script), script.cachedDataRejected, script instanceof vm.Script]; };
// A text of its own: of one that it knows already, V8 looks at no data.
exports.rejected = () => new vm.Script('1 //' + process.hrtime.bigint(), {cachedData: Buffer.from('no')}).cachedDataRejected;
exports.made = () => Buffer.isBuffer(new vm.Script('1 + 1').createCachedData());
exports.fresh = () => vm.runInNewContext('typeof require + typeof Array', {});
exports.wrong = () => vm.compileFunction('}', []);
exports.wrongType = () => vm.compileFunction(1);
exports.isContext = () => vm.isContext(globalThis);
exports.inModule = () => { const m = require('module'); return [m.wrap && m.wrap('a'), typeof m.createRequire, m.builtinModules.includes('vm'), m.prototype && typeof m.prototype._compile, m._extensions && Object.keys(m._extensions), typeof m.Module]; };
exports.createRequire = () => { const made = require('module').createRequire(__filename); return [made('vm') === vm, typeof made('./texts').plain, made.resolve('./texts') === require.resolve('./texts')]; };
`,
  'imports.js': String.raw`const tell = promise => promise.then(namespace => Object.keys(namespace).sort().join(), error => error);
exports.own = () => tell(import('./texts.js'));
exports.builtin = () => tell(import('node:querystring'));
exports.missing = () => tell(import('./not-there.js'));
exports.evaluated = () => tell(eval("import('./texts.js')"));
exports.indirect = () => tell((0, eval)("import('node:querystring') //" + process.hrtime.bigint()));
exports.made = () => tell(new Function("return import('node:querystring') //" + process.hrtime.bigint())());
exports.script = () => tell(new (require('vm').Script)("import('node:querystring')").runInThisContext());
`,
};

/** By their paths in a project. */
export const ODD_MODULES: Files = Object.fromEntries(
  Object.entries({...FORMS, ...MEANINGS, ...SYNTAX_ERRORS, ...CLOSES_ITS_WRAPPER}).map(([name, text]) => [
    `odd/${name}`,
    text,
  ]),
);

import {Imports} from '../../../../src/worker/compile/imports';
import {inOwnProcess} from './ownProcess';

const answered = {nodeArguments: ['--experimental-vm-modules']};

test.each([
  ['import("a")', true],
  ['import ("a")', true],
  ['import\n("a")', true],
  ['import/* lazily */("a")', true],
  ['import// lazily\n("a")', true],
  ['import.source("a")', true],
  ['x=>import(x)', true],
  ['new Function("a", "return import(a)")', true],
  ['important("a")', false],
  ['reimport("a")', false],
  ['{imports: [1]}', false],
])('%j mentions an import(): %s', (source, expected) => {
  expect(Imports.mentionedIn(source)).toBe(expected);
});

/** Two realms whose modules call `import()`, one after the other; the kept script of a module that only evaluates is that of both. */
const TWO_REALMS = `
  const vm = require('vm'); const {KeptCode} = ours('compile/keptCode'); const {vmFor} = ours('compile/jestVm');
  const kept = new KeptCode({disk: null}); const mine = vmFor(kept, () => true);
  const load = async (source, name) => {
    const exports = {};
    const realm = vm.createContext({});
    const importModuleDynamically = async specifier => {
      const module = new vm.SyntheticModule(['name'], function () { this.setExport('name', name + ' ' + specifier) }, {context: realm});
      await module.link(() => {}); await module.evaluate();
      return module;
    };
    mine.compileFunction(source, ['exports'], {filename: '/m.js', importModuleDynamically, parsingContext: realm})(exports);
    return exports;
  };
  const names = async source => {
    const files = [await load(source, 'first'), await load(source, 'second'), await load(source, 'third')];
    const at = [];
    for (const file of files) at.push((await file.get('a')).name);
    return at;
  };`;

test('a module that calls import() is answered in the realm of the caller, even late', () => {
  const script = `${TWO_REALMS} return names('exports.get = name => import(name)');`;
  expect(inOwnProcess(script, answered)).toEqual(['first a', 'second a', 'third a']);
});

test('what is evaluated is answered where the module was run last', () => {
  const script = `${TWO_REALMS}
    const source = '\\nexports.get = name => eval("im" + "port(name)")';
    const now = [];
    for (const name of ['first', 'second', 'third']) now.push((await (await load(source, name)).get('b')).name);
    return [now, (await names(source)).slice(1)];`;
  expect(inOwnProcess(script, answered)).toEqual([
    ['first b', 'second b', 'third b'],
    ['third a', 'third a'],
  ]);
});

test('nobody is noted or asked where Node does not answer', () => {
  const script = `${TWO_REALMS}
    const failures = [];
    for (const name of ['first', 'second', 'third']) {
      const file = await load('exports.get = () => import("a")', name);
      failures.push(await file.get().then(() => 'answered', error => error.code));
    }
    return failures;`;
  expect(inOwnProcess(script)).toEqual(Array(3).fill('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG'));
});

test('an answer of nobody is an error that names the file', () => {
  expect(() => new Imports().answer(undefined, '/a.js', [])).toThrow('nobody is left to answer an import() in /a.js');
});

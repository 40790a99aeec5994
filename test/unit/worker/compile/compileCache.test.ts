import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {temporaryFolder} from '../../run/temporaryFolder';
import {inOwnProcess} from './ownProcess';

/** What stands for jest-runtime, and runs test files. */
const RUNTIME = `
  function _nodeVm() { const data = require('node:vm'); _nodeVm = () => data; return data; }
  exports.load = (filename, parsingContext) =>
    (0, _nodeVm().compileFunction)('exports.a = 1', ['exports'], {filename, importModuleDynamically: () => {}, parsingContext});
`;

const SCRIPT = `
  const vm = require('vm'); const fs = require('fs');
  const {CompileCache} = ours('compile/compileCache');
  const order = {runtime: process.cwd() + '/runtime.js', core: process.cwd() + '/core.js', folder: process.cwd() + '/code'};
  const written = () => fs.existsSync('code') ? fs.readdirSync('code').filter(name => name !== 'node').length : 0;
  /** A run of some test files, which all load a module. */
  const run = names => {
    const kept = CompileCache.start(order);
    for (const name of names) {
      const realm = vm.createContext();
      kept?.fileBegins(name);
      for (const filename of [name, '/module.js']) require(order.runtime).load(filename, realm);
    }
    kept?.save();
    return kept;
  };`;

const answer = (script: string, options: object = {}) => {
  const folder = temporaryFolder({'runtime.js': RUNTIME});
  return {value: inOwnProcess(`${SCRIPT}${script}`, {folder, ...options}), folder};
};

test('what a run has compiled is left for the next process', () => {
  expect(answer(`run(['/a.test.js', '/b.test.js']); return written();`).value).toBe(1);
});

test('without an order nothing is kept', () => {
  expect(answer(`return CompileCache.start(null);`).value).toBeNull();
});

test("where V8's coverage is taken nothing is kept", () => {
  const {value, folder} = answer(`return [run(['/a.test.js', '/b.test.js']), written()];`, {
    environment: {NODE_V8_COVERAGE: 'coverage'},
  });
  expect(value).toEqual([null, 0]);
  expect(existsSync(join(folder, 'code'))).toBe(false);
});

test('a further run in the process, as in watch mode, goes on with what is kept', () => {
  const script = `
    const first = run(['/a.test.js']);
    const before = written();
    const second = run(['/b.test.js']);
    return [first === second, before, written()];`;
  // A module of the project is left once two files have loaded it: one in each run.
  expect(answer(script).value).toEqual([true, 0, 1]);
});

test('and knows the test files of that', () => {
  const script = `run(['/a.test.js', '/b.test.js']); run(['/c.test.js']); run(['/c.test.js']); run(['/c.test.js']); return written();`;
  expect(answer(script).value).toBe(1);
});

test('a jest-runtime that cannot be loaded is an error, and no run goes on with half of it', () => {
  const script = `
    order.runtime += '.gone';
    const failures = [];
    for (let time = 0; time < 2; time++) try { CompileCache.start(order) } catch (error) { failures.push(error.code) }
    return failures;`;
  expect(answer(script).value).toEqual(['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
});

test('up to Node 21 nothing is left where imports are answered', () => {
  const {value} = answer(`run(['/a.test.js', '/b.test.js']); return written();`, {
    nodeArguments: ['--experimental-vm-modules'],
  });
  expect(value).toBe(Number.parseInt(process.versions.node, 10) >= 22 ? 1 : 0);
});

test('without a folder what is compiled is kept in the process alone', () => {
  const script = `
    order.folder = null;
    const find = run(['/a.test.js', '/b.test.js', '/c.test.js']);
    return [find !== null, written()];`;
  expect(answer(script).value).toEqual([true, 0]);
});

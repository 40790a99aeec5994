/**
 * Runs a few test files with both runners on any version of Jest, and lists the private parts of Jest that are missing.
 */
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {CAPABILITY_NAMES, JEST_CAPABILITIES, type CapabilityName} from '../../src/core/jest/capabilities';
import {PARENT_CAPABILITIES} from '../../src/run/jest/jestCapabilities';
import {jestOf} from '../../src/run/jest/runningJest';
import {comparable, type ParityOptions} from './parity';
import {Project, type Files, type JestOutput} from './project';

const FILES: Files = {
  'src/sum.js': 'exports.sum = (a, b) => a + b;\nexports.unused = () => 1;\n',
  'passing.test.js': `
    const {sum} = require('./src/sum');
    describe('sum', () => {
      beforeAll(() => {});
      test('adds', () => expect(sum(1, 2)).toBe(3));
      test.each([[1, 1, 2], [2, 2, 4]])('%i + %i', (a, b, c) => expect(sum(a, b)).toBe(c));
      test.todo('subtracts');
      test.skip('divides', () => {});
      test.concurrent('later', async () => { await 1; });
    });
  `,
  'failing.test.js': `
    test('differs', () => expect({a: 1, b: [1, 2]}).toEqual({a: 2, b: [1, 3]}));
    test('throws a string', () => { throw 'a string'; });
    test('has a cause', () => { throw new Error('outer', {cause: new Error('inner')}); });
    test('times out', done => {}, 20);
    describe('hooks', () => { beforeAll(() => { throw new Error('in beforeAll'); }); test('never', () => {}); });
  `,
  'retried.test.js': `
    jest.retryTimes(2);
    let tries = 0;
    test('third time lucky', () => { if (++tries < 3) throw new Error('try ' + tries); });
  `,
  'snapshot.test.js': `
    test('new one', () => expect({a: 1}).toMatchSnapshot());
    test('stored', () => expect('stored').toMatchSnapshot());
    test('changed', () => expect('is').toMatchSnapshot());
  `,
  '__snapshots__/snapshot.test.js.snap':
    '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`changed 1`] = `"was"`;\n\nexports[`gone 1`] = `"gone"`;\n\nexports[`stored 1`] = `"stored"`;\n',
  'shared.test.js': `/** @can-split */\n${Array.from(
    {length: 8},
    (_, index) => `test('s${index}', () => expect(${index}).toMatchSnapshot());`,
  ).join('\n')}`,
  'syntax.test.js': 'test("broken", () => {\n  const = 1;\n});\n',
  'console.test.js': "console.log('loaded'); test('logs', () => { console.warn('a warning'); });",
};

const DEATH: Files = {
  'dies.test.js': "test('first', () => {}); test('dies', () => process.kill(process.pid, 'SIGKILL'));",
};

const RUNS: readonly (ParityOptions & {readonly name: string; readonly args: readonly string[]})[] = [
  {name: 'over workers', args: ['-w', '2'], split: true},
  {name: 'in band', args: ['-i'], inBand: true},
  {name: 'with coverage', args: ['-w', '2', '--coverage', '--collectCoverageFrom=src/**'], split: true},
];

/** @param install a folder with a Jest and our package @returns whether both runners give the same */
export async function tryJest(install: string): Promise<boolean> {
  const core = createRequire(join(install, 'package.json')).resolve('jest');
  const running = jestOf(createRequire(core).resolve('@jest/core'));
  const missing = new Set<CapabilityName>(PARENT_CAPABILITIES.filter(name => !running.capabilities.has(name)));
  let same = true;
  console.log(`Jest ${running.version}, Node ${process.version}`);
  const check = (name: string, act: () => void) => {
    try {
      act();
      console.log(`  same    ${name}`);
    } catch (error) {
      same = false;
      console.log(`  DIFFERS ${name}\n${(error as Error).message.replace(/^/gm, '    ')}`);
    }
  };
  const project = new Project('30', 'next', FILES, {}, install);
  for (const {name, args, ...options} of RUNS) {
    const outputs: unknown[] = [];
    for (const runner of ['stock', 'xdist'] as const) {
      project.reset();
      const output = await project.run(args, {runner, env: runner === 'stock' ? {} : {XDIST_IN_BAND: 'never'}});
      for (const part of missingIn(output)) missing.add(part);
      outputs.push(comparable(output, project.readAll('__snapshots__'), options));
    }
    check(name, () => assert.deepEqual(outputs[1], outputs[0]));
  }
  const dying = new Project('30', 'next-death', DEATH, {}, install);
  const death = await dying.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never'}});
  for (const part of missingIn(death)) missing.add(part);
  check('a worker dies: the test before has its result', () =>
    assert.deepEqual([death.json?.numPassedTests, death.json?.numFailedTests], [1, 1]),
  );
  console.log(missing.size === 0 ? 'No feature is off.' : 'Off:');
  for (const name of CAPABILITY_NAMES) if (missing.has(name)) console.log(`  ${name}: ${JEST_CAPABILITIES[name].off}`);
  for (const each of [project, dying]) each.remove();
  return same;
}

/** By the line that a run ends with. */
function missingIn({stderr}: JestOutput): readonly CapabilityName[] {
  const line = stderr.split('\n').find(text => text.includes('The internals of Jest')) ?? '';
  return CAPABILITY_NAMES.filter(name => new RegExp(`[(, ]${name}[,)]`).test(line));
}

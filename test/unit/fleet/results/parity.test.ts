/**
 * What Jest was told in one checkout, told in another: Jest runs a project in a folder, its events are sent as results,
 * and a checkout in another folder is told the same, with its own paths.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {deserialize} from 'node:v8';
import type {Test, TestResult} from '@jest/test-result';
import {LiveReplay} from '../../../../src/fleet/results/liveReplay';
import {decodeResult, decodeSource, encodeResult, encodeSource} from '../../../../src/fleet/results/resultBytes';
import {ResultWriter} from '../../../../src/fleet/results/resultWriter';
import type {SourceLine} from '../../../../src/recording/lines';
import {toJson} from '../../../../src/recording/json';
import {RepoPaths} from '../../../../src/recording/repoPaths';
import {Reports} from '../../../../src/run/files/reports';
import {jestTest} from '../../run/jestTests';
import {temporaryFolder} from '../../run/temporaryFolder';
import {job} from './jobResults';

const JEST = join(__dirname, '../../../../node_modules/jest/bin/jest.js');

/** Stock Jest's runner, which writes its events to a file. Jest changes a result after its reporters have heard it. */
const RUNNER = `
const {writeFileSync} = require('node:fs');
const {serialize} = require('node:v8');
const {default: Runner} = require(${JSON.stringify(require.resolve('jest-runner'))});
const NAMES = ['file-start', 'file-success', 'file-failure', 'case-start', 'case-result'];
module.exports = class extends Runner {
  heard = [];
  constructor(...args) {
    super(...args);
    for (const name of NAMES.map(one => 'test-' + one)) {
      this.on(name, ([about, told]) => void this.heard.push(serialize({name, path: about.path ?? about, told})));
    }
  }
  async runTests(...args) {
    await super.runTests(...args);
    writeFileSync(process.env.HEARD, serialize(this.heard));
  }
};
`;

const PROJECT = {
  'package.json': '{}',
  'runner.js': RUNNER,
  'src/half.js': 'exports.half = n => (n % 2 === 0 ? n / 2 : NaN);\nexports.unused = () => 7;\n',
  'test/passes.test.js': `
    const {half} = require('../src/half');
    describe('half', () => {
      test('of 4', () => { console.log('printed', {a: 1}); expect(half(4)).toBe(2); });
      test.skip('of nothing', () => {});
      test.todo('of more');
      test('is as before', () => expect({half: half(8)}).toMatchInlineSnapshot(\`
        {
          "half": 4,
        }
      \`));
    });`,
  'test/fails.test.js': `
    const {half} = require('../src/half');
    jest.retryTimes(1, {logErrorsBeforeRetry: true});
    test('of 3', () => { console.error('printed'); expect(half(3)).toBe(1.5); });
    test('deep', () => expect({a: [undefined, NaN, new Map([[1, new Date(0)]])]}).toEqual({a: [-0, 1n, /x/g]}));
    test('throws', () => { throw Object.assign(new TypeError('no', {cause: new Error('why')}), {code: 'E', at: new Set([1])}); });
    test('rejects', () => Promise.reject('a text'));
    test('a snapshot that is not the same', () => expect('new').toMatchSnapshot());`,
  'test/__snapshots__/fails.test.js.snap':
    '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`a snapshot that is not the same 1`] = `"old"`;\n\nexports[`gone 1`] = `1`;\n',
  'test/broken.test.js': "require('../src/half');\nthrow new Error('cannot load');\n",
  'test/syntax.test.js': 'const = 1;\n',
  'test/outside.test.js': "require('../src/half'); describe('x', () => { throw new Error('in a block'); });\n",
};

interface Heard {
  readonly name: string;
  readonly path: string;
  readonly told: unknown;
}

const first = temporaryFolder(PROJECT);
/** Its path is longer. */
const second = join(temporaryFolder(), 'another', 'checkout');

/** @param mode in band, or over workers: these deliver errors in another form */
function run(provider: string, mode: string): Heard[] {
  const file = join(first, `${provider}.bin`);
  const coverage = ['--coverage', `--coverageProvider=${provider}`, '--coverageReporters=none'];
  const args = [JEST, `--rootDir=${first}`, '--ci', mode, '--runner=./runner.js', ...coverage];
  const env = {...process.env, HEARD: file, NODE_OPTIONS: ''};
  const {status, stderr} = spawnSync(process.execPath, args, {cwd: first, env, encoding: 'utf8'});
  if (status !== 1 || !existsSync(file)) throw new Error(stderr);
  return (deserialize(readFileSync(file)) as Buffer[]).map(event => deserialize(event) as Heard);
}

function endsOf(all: readonly Heard[]): TestResult[] {
  return all.flatMap(({name, told}) => (name === 'test-file-success' ? [told as TestResult] : []));
}

/** As the second checkout's Jest is told it. */
async function retell(all: readonly Heard[]): Promise<Heard[]> {
  const at = (root: string) => [...new Set(all.map(({path}) => path))].map(path => jestTest(path.replace(first, root)));
  const [here, there] = [at(first), at(second)];
  const told: Heard[] = [];
  const emitter = {
    on: () => () => undefined,
    emit: (name: string, payload: unknown) => {
      const [about, of] = payload as [Test | string, unknown];
      told.push({name, path: typeof about === 'string' ? about : about.path, told: of});
      return Promise.resolve();
    },
  };
  const live = new LiveReplay({
    tests: there,
    cuts: [],
    reports: new Reports({emitter, bail: 0, beforeBail: () => Promise.resolve(), onFailure: () => undefined}),
    paths: new RepoPaths(second),
    maps: join(second, 'maps'),
    toolsOf: () => ({mergeCoverage: () => ({}), mergeV8Coverage: () => [], slowTestThresholdS: 5}),
  });
  const [put, named] = [new Set<string>(), new Set<string>()];
  const putSource = (line: SourceLine) => {
    put.add(line.id);
    live.addSource(decodeSource(encodeSource(line), line.id));
  };
  const writer = new ResultWriter({paths: new RepoPaths(first), placeOf: test => here.indexOf(test), putSource});
  for (const [place, test] of here.entries()) {
    for (const {name, path, told} of all) {
      if (path === test.path) writer.told(test, name, [name.startsWith('test-case') ? path : test, told]);
    }
    const result = writer.ended(test, {record: null, slot: 1, at: 1, ms: 1});
    for (const id of result.sources) named.add(id);
    const bytes = encodeResult({machine: 'm', files: [result]});
    await live.take(job(place), decodeResult(bytes, job(place)));
  }
  expect(named).toEqual(put);
  return told;
}

/** All that can be told of events, sorted by file, with the source maps that they name. @param root of the checkout */
function plain(all: readonly Heard[], root: string): unknown {
  const files = [...new Set(all.map(({path}) => path))].sort();
  const events = files.flatMap(file => all.filter(({path}) => path === file));
  const seen = events.map(({name, path, told}) => {
    const scripts = (told as Partial<TestResult> | undefined)?.v8Coverage ?? [];
    const maps = scripts.map(({codeTransformResult}) => readMap(codeTransformResult?.sourceMapPath));
    return {name, path, told: toJson(told), maps};
  });
  const text = JSON.stringify(seen, (key, value: unknown) => (key === 'sourceMapPath' ? typeof value : value));
  // A text of Babel's names the file as it was where Babel read it. It is no stack frame.
  const babels = text.replaceAll(`${first}/test/syntax.test.js: Unexpected token`, 'Unexpected token');
  return JSON.parse(babels.replaceAll(root, '<root>')) as unknown;
}

function readMap(path: string | null | undefined): unknown {
  return path != null && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : null;
}

test.each([
  ['babel', '--maxWorkers=2'],
  ['v8', '--runInBand'],
] as const)('another checkout is told the same: coverage by %s, %s', async (provider, mode) => {
  const heard = run(provider, mode);
  const ends = endsOf(heard);
  const stack = `Error: TCPSERVERWRAP\n    at listen (${first}/src/half.js:1:2)`;
  Object.assign(ends[0]!, {openHandles: [Object.assign(new Error('TCPSERVERWRAP'), {stack})]});
  expect(plain(await retell(heard), second)).toEqual(plain(heard, first));
  // The project has what it is meant to have.
  const field = provider === 'babel' ? 'coverage' : 'v8Coverage';
  expect(ends.some(result => Object.keys(result[field] ?? {}).length > 0)).toBe(true);
  const statuses = new Set(ends.flatMap(({testResults}) => testResults.map(({status}) => status)));
  expect([...statuses].sort()).toEqual(['failed', 'passed', 'pending', 'todo']);
  expect(heard.filter(({name}) => name === 'test-file-failure')).not.toHaveLength(0);
  expect(ends.some(({console}) => (console ?? []).length > 0)).toBe(true);
  expect(ends.some(({snapshot}) => snapshot.unmatched > 0 && snapshot.unchecked > 0)).toBe(true);
  const tests = ends.flatMap(({testResults}) => testResults);
  expect(tests.some(({retryReasons}) => (retryReasons ?? []).length > 0)).toBe(true);
  expect(tests.some(({failureDetails}) => JSON.stringify(failureDetails).includes('matcherResult'))).toBe(true);
});

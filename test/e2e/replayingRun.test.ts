/** Jest is told a run again, in another checkout: all that a user sees is as in the run, and nothing is executed. */
import {readRecording} from '../../src/recording';
import {RecordingFile} from '../../src/recording/recordingFile';
import {onEachLine, onLatestLine, type Files, type JestLine} from './project';
import {report, showAsJest, visible} from './replays';

/** A file that says that it was executed. */
const ran = (what: string) => `require('fs').appendFileSync(require('path').join(__dirname, 'ran'), '${what}\\n');`;

const SNAP_HEADER: Readonly<Record<JestLine, string>> = {
  29: '// Jest Snapshot v1, https://goo.gl/fbAQLP',
  30: '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing',
};

const filesOf = (line: JestLine): Files => ({
  '.git/HEAD': 'ref: refs/heads/main\n',
  'tsconfig.json': '{"compilerOptions": {"sourceMap": true, "module": "commonjs", "target": "es2020"}}',
  'globalSetup.js': `module.exports = () => { ${ran('globalSetup')} };`,
  'globalTeardown.js': `module.exports = () => { ${ran('globalTeardown')} };`,
  'environment.js': `${ran('environment')} module.exports = require('jest-environment-node').TestEnvironment;`,
  'setup.js': ran('setup'),
  'src/signs.ts':
    'export interface Sign { text: string }\n\nexport const sign = (x: number): Sign => {\n' +
    "  if (x > 0) return {text: 'plus'};\n  return {text: x < 0 ? 'minus' : 'none'};\n};\n",
  'src/unused.ts': 'export const unused = (): number => 1;\n',
  'one/plain.test.js': `${ran('test')}
const {sign} = require('../src/signs');
console.log('printed');
test('passes', () => expect(sign(1).text).toBe('plus'));
test('fails', () => expect({sign: sign(0), list: [undefined, NaN]}).toEqual({sign: sign(-1)}));
test('throws', () => { throw Object.assign(new RangeError('no'), {cause: new Error('why')}); });
describe('block', () => {
  test.todo('later');
  test.skip('skipped', () => {});
  test.each([[1, 2], [2, 3]])('%s and %s', (a, b) => expect(a + 1).toBe(b));
});
`,
  'one/snapshots.test.js': `
test('new', () => expect({a: 1}).toMatchSnapshot());
test('changed', () => expect('is').toMatchSnapshot());
`,
  'one/__snapshots__/snapshots.test.js.snap': `${SNAP_HEADER[line]}\n\nexports[\`changed 1\`] = \`"was"\`;\n\nexports[\`gone 1\`] = \`0\`;\n`,
  'one/__snapshots__/deleted.test.js.snap': `${SNAP_HEADER[line]}\n\nexports[\`a 1\`] = \`1\`;\n`,
  'two/broken.test.js': "require('../src/signs');\nthrow new Error('cannot load');\n",
  'two/empty.test.js': '',
  'two/sign.test.ts': "import {sign} from '../src/signs';\ntest('minus', () => expect(sign(-1).text).toBe('minus'));\n",
});

const project = (displayName: string) => ({
  displayName,
  runner: 'xdist',
  testEnvironment: '<rootDir>/environment.js',
  setupFiles: ['<rootDir>/setup.js'],
  testMatch: [`<rootDir>/${displayName}/**/*.test.[jt]s`],
  transform: {'\\.ts$': ['ts-jest', {diagnostics: false}]},
});

const CONFIG = {
  globalSetup: '<rootDir>/globalSetup.js',
  globalTeardown: '<rootDir>/globalTeardown.js',
  collectCoverageFrom: ['src/**'],
  coverageReporters: ['json', 'lcovonly', 'text'],
  coverageThreshold: {global: {lines: 99}},
  projects: [project('one'), project('two')],
};

/** Arguments of the run that are not recorded, as they say only where results go. */
const OUTPUT = ['--reporters=jest-junit'];

/** What Jest's reporters print of coverage and of failures differs from line to line, so these run on each line. */
const ON_EACH_LINE = [
  ['with coverage by istanbul, over workers', ['-w', '2', '--coverage', '--ci'], 'never', ['coverage']],
  ['with coverage by V8, over workers', ['-w', '2', '--coverage', '--coverageProvider=v8'], 'never', ['coverage']],
] as const;
const ON_LATEST_LINE = [
  ['with coverage by istanbul, in band', ['-i', '--coverage', '-t', 's'], '', ['coverage']],
  ['of some files', ['-w', '2', '--randomize', '--seed=7', 'one'], 'never', []],
  ['that bails', ['-i', '--bail'], '', []],
] as const;

describe.each([
  ...ON_EACH_LINE.map(run => [...run, onEachLine] as const),
  ...ON_LATEST_LINE.map(run => [...run, onLatestLine] as const),
])('a run %s', (_, args, inBand, reports, define) => {
  define('is told again', async (line, make) => {
    const here = make(filesOf(line), CONFIG);
    const there = make(filesOf(line), CONFIG);
    const run = await here.run([...OUTPUT, ...args], {env: {XDIST_IN_BAND: inBand || 'auto'}});
    expect(here.read('ran')).toMatch(/globalSetup[^]*environment/);
    const sources = {one: there.readAll('one'), two: there.readAll('two')};

    const replay = await showAsJest(there, OUTPUT, {recordings: [here.path('run.xdist')]});
    expect(visible(there, replay)).toEqual(visible(here, run));
    expect(run.exitCode).toBe(1);
    expect(there.exists('ran')).toBe(false);
    expect({one: there.readAll('one'), two: there.readAll('two')}).toEqual(sources);
    const written = [...reports.flatMap(folder => [`${folder}/lcov.info`, `${folder}/coverage-final.json`])];
    if (here.exists('junit.xml')) written.push('junit.xml');
    for (const path of written) expect(report(there, path)).toBe(report(here, path));
  });
});

onLatestLine('a run that was cut off is told up to there, and fails', async (_line, make) => {
  const files = {
    '.git/HEAD': '',
    'a.test.js': 'test("a", () => {});',
    'b.test.js': 'test("b", () => {});',
  };
  const here = make(files);
  const there = make(files);
  await here.run(['-w', '2']);
  const cut = there.path('cut.xdist');
  const file = new RecordingFile(cut, error => {
    throw error;
  });
  const {run, lines} = readRecording(here.path('run.xdist'));
  for (const line of [run, ...lines]) if (line.type !== 'end') file.append(line);
  file.close();
  const refused = await showAsJest(there, [], {recordings: [cut]});
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toMatch(/cut\.xdist: .*--allow-incomplete/);
  const allowed = await showAsJest(there, [], {recordings: [cut], allowIncomplete: true});
  expect(allowed.exitCode).toBe(1);
  expect(allowed.stderr).toMatch(/cut\.xdist: .*This replay is incomplete, so it fails\./);
  expect(allowed.json).toMatchObject({numTotalTestSuites: 2, numFailedTests: 0});
});

onLatestLine('a project with another runner', async (_line, make) => {
  const files = {
    '.git/HEAD': '',
    'a.test.js': 'test("a", () => {});',
    'b.test.js': 'test("b", () => {});',
  };
  const config = {
    projects: [
      {displayName: 'ours', testMatch: ['<rootDir>/a.test.js'], transform: {}, runner: 'xdist'},
      {displayName: 'other', testMatch: ['<rootDir>/b.test.js'], transform: {}},
    ],
  };
  const here = make(files, config);
  const there = make(files, config);
  const run = await here.run(['-w', '2'], {runner: 'config'});
  expect(run.json?.numTotalTests).toBe(2);
  const recordings = [here.path('run.xdist')];

  const refused = await showAsJest(there, [], {recordings});
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toContain('the project "other" has another runner');
  const told = await showAsJest(there, [], {recordings, withoutProjects: ['other']});
  expect(told).toMatchObject({exitCode: 0, json: {numTotalTests: 1, numTotalTestSuites: 1}});
});

/** A project with all kinds of results, whose run is told again. A file `ran` says what was executed. */
import type {Files, JestLine} from './project';

/** A file that says that it was executed. */
const ran = (what: string) => `require('fs').appendFileSync(require('path').join(__dirname, 'ran'), '${what}\\n');`;

const SNAP_HEADER: Readonly<Record<JestLine, string>> = {
  29: '// Jest Snapshot v1, https://goo.gl/fbAQLP',
  30: '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing',
};

export const replayedFiles = (line: JestLine): Files => ({
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

const project = (name: string, runner: string | null) => ({
  // Without a colour here, Jest takes one that depends on the runner.
  displayName: {name, color: 'cyan'},
  ...(runner !== null && {runner}),
  testEnvironment: '<rootDir>/environment.js',
  setupFiles: ['<rootDir>/setup.js'],
  testMatch: [`<rootDir>/${name}/**/*.test.[jt]s`],
  transform: {'\\.ts$': ['@swc/jest', {}]},
});

/** @param runner null: Jest's own */
export const replayedConfig = (runner: string | null) => ({
  globalSetup: '<rootDir>/globalSetup.js',
  globalTeardown: '<rootDir>/globalTeardown.js',
  collectCoverageFrom: ['src/**'],
  coverageReporters: ['json', 'lcovonly', 'text'],
  coverageThreshold: {global: {lines: 99}},
  projects: [project('one', runner), project('two', runner)],
});

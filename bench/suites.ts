/** Whole runs of the `jest` command, the stock runner and ours in turn, on generated suites. */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {median} from './statistics';

const INSTALLS = join(__dirname, '..', 'test', 'e2e', 'installs');

interface Suite {
  readonly name: string;
  readonly goal: number;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly rounds: number;
}

/** 60 small files: some logic of their own, a module that they share, a few timers. */
function smallFiles(): Suite {
  const files: Record<string, string> = {
    'shared.js': `exports.table = Array.from({length: 2000}, (_, i) => ({id: i, name: 'n' + i}));
exports.find = id => exports.table.find(row => row.id === id);`,
  };
  for (let index = 0; index < 60; index++) {
    files[`small${index}.test.js`] = `const {find} = require('./shared');
describe('file ${index}', () => {
${Array.from({length: 10}, (_, test) => `  test('test ${test}', () => { expect(find(${index * 10 + test})).toEqual({id: ${index * 10 + test}, name: 'n${index * 10 + test}'}); });`).join('\n')}
});`;
  }
  return {name: '60 small files, -w 2', goal: 1, files, args: ['-w', '2'], rounds: 9};
}

function oneTinyFile(): Suite {
  return {name: 'one tiny file', goal: 1.05, files: {'tiny.test.js': 'test("tiny", () => {});'}, args: [], rounds: 31};
}

/** @returns the ratio of the medians, ours to stock's */
function compare(install: string, suite: Suite): void {
  const folder = join(INSTALLS, install, 'run', `bench-${suite.name.replace(/\W+/g, '-')}`);
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  const files = {
    'package.json': '{"name": "bench"}',
    'jest.config.json': JSON.stringify({transform: {}, cacheDirectory: '<rootDir>/.cache'}),
    ...suite.files,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(JEST_|XDIST_|NODE_ENV$|npm_)/.test(name)),
  );
  const jest = join(folder, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');
  const seconds = (runner: readonly string[]) => {
    const start = performance.now();
    execFileSync(process.execPath, [jest, ...runner, '--reporters=default', ...suite.args], {
      cwd: folder,
      stdio: 'ignore',
      env: environment,
    });
    return (performance.now() - start) / 1000;
  };
  const sides = {stock: [] as string[], xdist: ['--runner=xdist']};
  const times = {stock: [] as number[], xdist: [] as number[]};
  for (const args of Object.values(sides)) seconds(args); // both warm: transforms, durations
  for (let round = 0; round < suite.rounds; round++) {
    const order = round % 2 === 0 ? (['stock', 'xdist'] as const) : (['xdist', 'stock'] as const);
    for (const side of order) times[side].push(seconds(sides[side]));
  }
  const [stock, xdist] = [median(times.stock), median(times.xdist)];
  console.log(
    `${install}  ${suite.name}: stock ${stock.toFixed(2)} s, xdist ${xdist.toFixed(2)} s, ` +
      `ratio ${(xdist / stock).toFixed(3)}   (goal: <= ${suite.goal.toFixed(2)}, median of ${suite.rounds})`,
  );
  rmSync(folder, {recursive: true, force: true});
}

export function benchmarkSuites(): void {
  if (!existsSync(join(INSTALLS, 'jest-30', 'node_modules'))) throw new Error('Run `node test/e2e/install.mjs` first.');
  for (const install of ['jest-30', 'jest-29']) {
    for (const suite of [smallFiles(), oneTinyFile()]) compare(install, suite);
  }
}

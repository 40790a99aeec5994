/**
 * Measures how evenly shards share the CPU time of a run, over several runs in a row from a cold start on. Each shard
 * runs alone. The variable BENCH_PROJECT names the folder of a project to measure besides the suites here.
 */
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {seeded} from '../test/seeded';
import {TELLING_CPU, childrensCpu} from './measuredRun';
import {prepareSuite, type Files, type Install, type PreparedSuite} from './turns';

const COUNTS = [2, 5, 12];
/** After the cold start. */
const RUNS = 3;
/** How far the measured slowest/mean may be above what the plan calls its bound. */
const TOLERANCE = 0.05;

/** The source of a test that computes: the same work on each machine. */
const computes = (name: string, units: number) =>
  `test(${JSON.stringify(name)}, () => { let x = 1; for (let i = 0; i < ${units} * 60_000; i++) x = (x * 48271) % 2147483647; expect(x).toBeGreaterThan(0); });\n`;

/** How much work each shard has: about 10 s. With 2.5 s, a tenth of a second more than usual in one process counts 4%. */
const UNITS_PER_SHARD = 8_000;

/**
 * 120 files with Pareto-distributed work.
 *
 * @param long the share of one file in the work of all; it may be split
 * @param count how many shards there will be: each has the same work, however many there are
 */
function suite(long: number, count: number): Files {
  const random = seeded(7);
  const parts = Array.from({length: 120}, () => Math.min(30, (1 - random()) ** (-1 / 1.3)));
  const whole = (count * UNITS_PER_SHARD * (1 - long)) / parts.reduce((sum, part) => sum + part, 0);
  const units = parts.map(part => Math.round(part * whole));
  const files = Object.fromEntries(
    units.map((count, file) => [
      `file${file}.test.js`,
      Array.from({length: 4}, (_, test) => computes(`test ${test}`, Math.ceil(count / 4))).join(''),
    ]),
  );
  if (long === 0) return files;
  const all = units.reduce((sum, count) => sum + count, 0);
  const own = Math.ceil((all * long) / (1 - long) / 60);
  const tests = Array.from({length: 60}, (_, test) => computes(`long ${test}`, own));
  return {...files, 'long.test.js': `/** @can-split */\n${tests.join('')}`};
}

interface Balance {
  /** The slowest shard's CPU time over the mean of all shards. */
  readonly measured: number;
  /** The plan's own bound; null: stock's shards have no plan. */
  readonly bound: number | null;
}

export function benchmarkShardBalance(installs: readonly Install[]): void {
  const install = installs.at(-1);
  if (install === undefined) return;
  const suites = [
    ['120 files that compute', 0],
    ['120 files that compute and one that is 30% of all', 0.3],
  ] as const;
  for (const [name, long] of suites) {
    for (const count of COUNTS) {
      // These shards take seconds. Those of a CI take minutes, and none of them runs in band.
      const options = {args: ['-w', '2', '--ci'], env: {XDIST_IN_BAND: 'never'}};
      const prepared = prepareSuite(install, name, suite(long, count), options);
      measure(name, count, prepared, join(install.folder, 'node_modules', 'jest-runner-xdist'));
      rmSync(prepared.folder, {recursive: true, force: true});
    }
  }
  const project = process.env.BENCH_PROJECT;
  if (project !== undefined) measureProject(project);
}

/** Measures a copy of a project that has our package in its node_modules. Words after `--` in BENCH_PROJECT_ARGUMENTS go to Jest. */
function measureProject(project: string): void {
  const folder = `${project}-bench`;
  rmSync(folder, {recursive: true, force: true});
  cpSync(project, folder, {recursive: true, verbatimSymlinks: true});
  const jest = join(folder, 'node_modules', 'jest', 'bin', 'jest.js');
  const given = (process.env.BENCH_PROJECT_ARGUMENTS ?? '').split(' ').filter(word => word !== '');
  const command = [jest, '--reporters=default', '-w', '2', '--ci', ...given];
  const ours = join(folder, 'node_modules', 'jest-runner-xdist');
  for (const count of COUNTS) measure(basename(project), count, {folder, command, environment: process.env}, ours);
  rmSync(folder, {recursive: true, force: true});
}

function measure(name: string, count: number, prepared: PreparedSuite, ours: string): void {
  const timings = join(prepared.folder, 'bench-timings.json');
  rmSync(timings, {force: true});
  const environment = {...prepared.environment, XDIST_TIMINGS: timings};
  runOurs({...prepared, environment}, count, ours, timings); // cold
  const runs = Array.from({length: RUNS}, () => runOurs({...prepared, environment}, count, ours, timings));
  const stock = balance(Array.from({length: count}, (_, at) => cpuOf(prepared, [`--shard=${at + 1}/${count}`])));
  const shown = runs.map(({measured, bound}) => `${measured.toFixed(3)} (bound ${bound?.toFixed(3) ?? '?'})`);
  const holds = runs.every(({measured, bound}) => measured <= (bound ?? 1) + TOLERANCE);
  console.log(
    `slowest/mean CPU of ${count} shards, ${name}: ${shown.join(', ')}; stock's shards ${stock.toFixed(3)}   ` +
      `(goal: <= bound + ${TOLERANCE} in each; ${holds ? 'reached' : 'MISSED'})`,
  );
}

/** One run of all shards, and what it leaves for the next run's plan. */
function runOurs(prepared: PreparedSuite, count: number, ours: string, timings: string): Balance {
  const {folder, environment} = prepared;
  const recordings = join(folder, 'bench-recordings');
  rmSync(recordings, {recursive: true, force: true});
  mkdirSync(recordings);
  const plan = join(folder, 'bench-plan.json');
  rmSync(plan, {force: true});
  const own = ['--runner=jest-runner-xdist', `--testSequencer=${join(ours, 'dist', 'shard', 'sequencer.js')}`];
  const cpu = Array.from({length: count}, (_, at) => {
    const env = {
      ...environment,
      XDIST_RECORDING: join(recordings, `${at + 1}.xdist`),
      // The first shard writes the plan that the others would make, too.
      [at === 0 ? 'XDIST_SHARD_PLAN_TO' : 'XDIST_SHARD_PLAN']: plan,
    };
    return cpuOf({...prepared, environment: env}, [...own, `--shard=${at + 1}/${count}`]);
  });
  const made = readdirSync(recordings).map(file => join(recordings, file));
  const command = [join(ours, 'dist', 'cli', 'main.js'), 'timings', 'from', ...made, '-o', timings];
  const {status, stderr} = spawnSync(process.execPath, command, {cwd: folder, encoding: 'utf8'});
  if (status !== 0 || !existsSync(timings)) throw new Error(stderr);
  const {bound} = JSON.parse(readFileSync(plan, 'utf8')) as {bound: number};
  return {measured: balance(cpu), bound};
}

function cpuOf({folder, command, environment}: PreparedSuite, args: readonly string[]): number {
  const words = ['-c', TELLING_CPU, 'sh', process.execPath, ...command, '--passWithNoTests', ...args];
  const {status, output} = spawnSync('sh', words, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) console.log(`  (Jest has ended with ${String(status)}: ${args.at(-1) ?? ''})`);
  return childrensCpu(String(output[3] ?? '')) ?? 0;
}

function balance(cpu: readonly number[]): number {
  return Math.max(...cpu) / (cpu.reduce((sum, ms) => sum + ms, 0) / cpu.length);
}

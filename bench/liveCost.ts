/** Measures what the live view costs. In a terminal, runs with it and with Jest's own reporters take turns. */
import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {spawn} from '@lydell/node-pty';
import {inTerminal} from '../test/e2e/terminalSession';
import {childrensCpu, TELLING_CPU} from './measuredRun';
import {tinyFiles} from './speed/generated';
import {describeRatios} from './statistics';
import {prepareSuite, turns, type Install, type PreparedSuite} from './turns';

const PAIRS = 15;
/** The limit for the median ratio of CPU times with the live view and with Jest's own reporters. */
const GOAL = 1.02;

const REPORTERS = {
  jest: ['default', 'summary'],
  live: ['jest-runner-xdist/reporter', 'summary'],
};
type SideName = keyof typeof REPORTERS;
const NAMES = ['jest', 'live'] as const;

/** @param pairs null: the number for which the goal is defined */
export async function benchmarkLiveView(installs: readonly Install[], pairs: number | null): Promise<void> {
  if (process.platform === 'win32') return console.log('The cost of the live view is not measured on Windows.');
  for (const install of installs) await compare(install, pairs ?? PAIRS);
}

async function compare(install: Install, pairs: number): Promise<void> {
  const suite = tinyFiles();
  const side = (name: SideName) =>
    prepareSuite(install, `${suite.name} in a terminal ${name}`, suite.files, {
      args: ['--runner=xdist', ...suite.args],
      reporters: REPORTERS[name],
    });
  const sides = {jest: side('jest'), live: side('live')};
  const runs: Record<SideName, number[]> = {jest: [], live: []};
  for (const name of NAMES) await cpuInTerminal(sides[name]); // fills the caches
  for (const name of turns(NAMES, pairs)) runs[name].push(await cpuInTerminal(sides[name]));
  console.log(
    `${install.label}  ${suite.name} in a terminal: CPU with the live view / with Jest's reporters ` +
      `${describeRatios(runs.jest, runs.live)} (goal: <= ${GOAL.toFixed(2)} in the median), ${pairs} pairs`,
  );
  for (const {folder} of Object.values(sides)) rmSync(folder, {recursive: true, force: true});
}

/** @returns the CPU time (ms) of a run, all its processes together */
async function cpuInTerminal({folder, command, environment}: PreparedSuite): Promise<number> {
  const told = join(folder, '.cpu');
  const terminal = spawn('sh', ['-c', `exec 3>"$BENCH_CPU"; ${TELLING_CPU}`, 'sh', process.execPath, ...command], {
    cwd: folder,
    cols: 100,
    rows: 30,
    env: {...inTerminal(environment), BENCH_CPU: told},
  });
  terminal.onData(() => undefined); // a terminal that nobody reads blocks Jest
  const exitCode = await new Promise<number>(resolve => terminal.onExit(end => resolve(end.exitCode)));
  if (exitCode !== 0) throw new Error(`Jest has ended with ${exitCode} in ${folder}`);
  const cpuMs = childrensCpu(readFileSync(told, 'utf8'));
  if (cpuMs === null) throw new Error(`The shell has not told the CPU time of Jest in ${folder}`);
  return cpuMs;
}

/** Runs the `jest` command and measures the run. */
import {spawn, spawnSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {followMemory} from './processTree';
import type {PreparedSuite} from './turns';

export interface Measured {
  readonly wallMs: number;
  /** CPU time of Jest, its workers and all other processes that these have waited for. null where there is no `sh`. */
  readonly cpuMs: number | null;
  /** CPU time of Jest's own process. */
  readonly parentCpuMs: number;
  /** From the load of the runner's module to the end of its runTests. */
  readonly inRunnerMs: number;
  readonly passedTests: number;
}

/** The JSON that jestHook.cjs writes. */
interface ToldByHook {
  readonly inRunnerMs: number;
  readonly cpuMs: number;
  readonly passedTests: number;
  readonly node: string;
}

const HOOK = join(__dirname, 'jestHook.cjs');
/** Unlike Node, a shell can tell the CPU time of its children after they have ended. */
export const TELLING_CPU = '"$@"; code=$?; times >&3; exit $code';

export function measureRun({folder, command, environment}: PreparedSuite): Measured {
  const report = join(folder, '.bench.json');
  rmSync(report, {force: true});
  const words = ['--require', HOOK, ...command, `--reporters=${HOOK}`];
  const options = {cwd: folder, env: {...environment, BENCH_OF_JEST: report}};
  const start = performance.now();
  const ran =
    process.platform === 'win32'
      ? spawnSync(process.execPath, words, {...options, stdio: 'ignore'})
      : spawnSync('sh', ['-c', TELLING_CPU, 'sh', process.execPath, ...words], {
          ...options,
          stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        });
  const wallMs = performance.now() - start;
  if (ran.status !== 0) throw new Error(`Jest has ended with ${String(ran.status)} in ${folder}`);
  const told = JSON.parse(readFileSync(report, 'utf8')) as ToldByHook;
  if (told.inRunnerMs === 0) throw new Error(`No runner was seen in ${folder}`);
  if (told.node !== process.version) throw new Error(`Jest ran on Node ${told.node} in ${folder}`);
  const {inRunnerMs, passedTests, cpuMs: parentCpuMs} = told;
  return {wallMs, cpuMs: childrensCpu(String(ran.output[3] ?? '')), parentCpuMs, inRunnerMs, passedTests};
}

/**
 * Reads the output of `times`: user and system time of the shell on the first line, and of its children on the second.
 */
export function childrensCpu(printed: string): number | null {
  const times = [...printed.matchAll(/(?<minutes>\d+)m(?<seconds>[\d.]+)s/g)].map(
    ({groups}) => Number(groups?.minutes) * 60_000 + Number(groups?.seconds) * 1000,
  );
  return times.length === 4 ? times[2]! + times[3]! : null;
}

/**
 * The peak memory of a run, in MB. null where there is no /proc. The run is not timed, because reading /proc takes CPU.
 */
export async function peakMemory({folder, command, environment}: PreparedSuite): Promise<number | null> {
  const jest = spawn(process.execPath, command, {cwd: folder, env: environment, stdio: 'ignore'});
  const ended = new Promise<void>((resolve, reject) => {
    jest.on('error', reject);
    jest.on('exit', code => {
      if (code === 0) resolve();
      else reject(new Error(`Jest has ended with ${String(code)} in ${folder}`));
    });
  });
  const memory = followMemory(jest.pid!);
  try {
    await ended;
  } finally {
    memory.stop();
  }
  return memory.peakMb();
}

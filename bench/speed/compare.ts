/** Compares the time, CPU and memory that a suite takes with the stock runner and with ours. */
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {measureRun, peakMemory, type Measured} from '../measuredRun';
import {median} from '../statistics';
import {prepareSuite, turns, type Install, type PreparedSuite} from '../turns';
import type {Goals, SpeedSuite} from './suite';

type Sides<T> = Readonly<Record<'stock' | 'xdist', T>>;

/** How a suite is run. */
export interface Turns {
  /** How many times each runner runs the suite. null: as often as the suite says. */
  readonly pairs: number | null;
  /** Whether each run starts without the files of earlier runs in Jest's cache directory. */
  readonly cold: boolean;
}

const MEMORY_ROUNDS = 3;

/** Prints the figures of a suite on an install. */
export async function compareRunners(install: Install, suite: SpeedSuite, {pairs, cold}: Turns): Promise<void> {
  const side = (name: string, args: readonly string[]) =>
    prepareSuite(install, `${suite.name} ${name}`, suite.files, {args: [...args, ...suite.args]});
  const sides: Sides<PreparedSuite> = {stock: side('stock', []), xdist: side('xdist', ['--runner=xdist'])};
  const rounds = pairs ?? suite.rounds;
  const prepare = ({folder}: PreparedSuite) => {
    if (cold) rmSync(join(folder, '.cache'), {recursive: true, force: true});
  };
  const measure = (prepared: PreparedSuite): Measured => {
    prepare(prepared);
    const run = measureRun(prepared);
    if (run.passedTests !== suite.tests)
      throw new Error(`${run.passedTests} of ${suite.tests} tests have passed in ${prepared.folder}`);
    return run;
  };
  // Each runner runs once before the first pair, so that transforms and durations are known.
  for (const name of NAMES) measure(sides[name]);
  const runs = await inTurn(rounds, name => measure(sides[name]));
  const peaks = await inTurn(Math.min(rounds, MEMORY_ROUNDS), name => {
    prepare(sides[name]);
    return peakMemory(sides[name]);
  });
  const state = `${cold ? 'cold' : 'warm'}, median of ${rounds}`;
  for (const line of table(runs, peaks, suite.goals?.[install.line] ?? {}))
    console.log(`${install.label}  ${suite.name} (${state}): ${line}`);
  // If a suite fails, its folders stay, so that somebody can run Jest there.
  for (const {folder} of Object.values(sides)) rmSync(folder, {recursive: true, force: true});
}

const NAMES = ['stock', 'xdist'] as const;

async function inTurn<T>(rounds: number, run: (name: keyof Sides<T>) => T | Promise<T>): Promise<Sides<readonly T[]>> {
  const results: Sides<T[]> = {stock: [], xdist: []};
  for (const name of turns(NAMES, rounds)) results[name].push(await run(name));
  return results;
}

function table(
  runs: Sides<readonly Measured[]>,
  peaks: Sides<readonly (number | null)[]>,
  {wall, inRunner, memory}: Goals,
): string[] {
  const of = (pick: (run: Measured) => number | null) =>
    medians({
      stock: runs.stock.map(pick),
      xdist: runs.xdist.map(pick),
    });
  const shares = of(run => (run.cpuMs === null ? null : (100 * run.parentCpuMs) / run.cpuMs));
  const ofAll = shares === null ? '' : `, of all ${shares.stock.toFixed(0)} % and ${shares.xdist.toFixed(0)} %`;
  return [
    row(
      'wall',
      of(run => run.wallMs),
      'ms',
      wall,
    ),
    ...(inRunner === undefined
      ? []
      : [
          row(
            'in the runner',
            of(run => run.inRunnerMs),
            'ms',
            inRunner,
          ),
        ]),
    row(
      'CPU of all processes',
      of(run => run.cpuMs),
      'ms',
    ),
    row(
      "CPU of Jest's own process",
      of(run => run.parentCpuMs),
      'ms',
    ) + ofAll,
    row('memory at the peak', medians(peaks), 'MB', memory),
  ];
}

/** @returns null if this machine cannot measure the value */
function medians({stock, xdist}: Sides<readonly (number | null)[]>): Sides<number> | null {
  const known = (values: readonly (number | null)[]) => values.filter(value => value !== null);
  if (known(stock).length === 0) return null;
  return {stock: median(known(stock)), xdist: median(known(xdist))};
}

function row(what: string, values: Sides<number> | null, unit: string, goal?: number): string {
  if (values === null) return `${what}: n/a`;
  const {stock, xdist} = values;
  const wanted = goal === undefined ? '' : ` (goal: <= ${goal.toFixed(2)})`;
  const absolute = `stock ${stock.toFixed(0)} ${unit}, xdist ${xdist.toFixed(0)} ${unit}`;
  return `${what} ${(xdist / stock).toFixed(3)}${wanted}   ${absolute}`;
}

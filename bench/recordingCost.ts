/**
 * Measures what the recording of a run costs. Runs without a recording, with a default one and with a full one take
 * turns.
 */
import {rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {JestLine} from '../test/e2e/project';
import {measureRun, type Measured} from './measuredRun';
import {installFor} from './speed/install';
import {react} from './speed/react';
import {tinyFiles} from './speed/generated';
import type {SpeedSuite} from './speed/suite';
import {describeRatios} from './statistics';
import {prepareSuite, turns, type Install} from './turns';

const PAIRS = 15;
/**
 * The limit for the ratio of CPU times with a default recording and without one. The upper 95% bound of the mean ratio
 * has to be within it.
 */
const GOAL = 1.03;
/** The same limit for a full recording of a run with coverage. */
const GOAL_WITH_COVERAGE = 1.05;

type SideName = 'without' | 'default' | 'full';

const FULL = 'full.xdist';

/** @param pairs null: the number for which the goal is defined */
export async function benchmarkRecording(lines: readonly JestLine[], pairs: number | null): Promise<void> {
  for (const line of lines) {
    const [tiny, components] = [tinyFiles(), react()];
    compare(await installFor('tiny', tiny, line), tiny, ['without', 'default'], [], pairs ?? PAIRS);
    const install = await installFor('react', components, line);
    compare(install, components, ['without', 'default'], [], pairs ?? PAIRS);
    compare(install, components, ['without', 'full'], ['--coverage'], pairs ?? PAIRS);
  }
}

function compare(
  install: Install,
  suite: SpeedSuite,
  names: readonly [SideName, SideName],
  args: readonly string[],
  pairs: number,
): void {
  const recording: Readonly<Record<SideName, string>> = {without: 'false', default: '{"keep": 1}', full: FULL};
  const side = (name: SideName) =>
    prepareSuite(install, `${suite.name} recording ${name}`, suite.files, {
      args: ['--runner=xdist', ...suite.args, ...args],
      env: {XDIST_RECORDING: recording[name]},
    });
  const [before, after] = names;
  const sides = new Map(names.map(name => [name, side(name)]));
  const runs = new Map(names.map(name => [name, [] as Measured[]]));
  for (const prepared of sides.values()) measureRun(prepared); // fills the caches
  for (const name of turns(names, pairs)) runs.get(name)?.push(measureRun(sides.get(name)!));
  const cpu = (name: SideName) => runs.get(name)!.map(run => run.cpuMs ?? NaN);
  const goal = args.length === 0 ? GOAL : GOAL_WITH_COVERAGE;
  console.log(
    `${install.label}  ${[suite.name, ...args].join(' ')}: CPU with a ${after} recording / without ` +
      `${describeRatios(cpu(before), cpu(after))} (goal: <= ${goal.toFixed(2)}), ${pairs} pairs`,
  );
  if (after === 'full') {
    const {size} = statSync(join(sides.get(after)!.folder, FULL));
    console.log(`${install.label}  ${suite.name}: a full recording has ${Math.round(size / 1024)} KB`);
  }
  for (const {folder} of sides.values()) rmSync(folder, {recursive: true, force: true});
}

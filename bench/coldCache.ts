/**
 * Measures what the compile cache costs a run that fills it: the first run, and every run in a CI without a kept cache.
 */
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {measureRun, type Measured} from './measuredRun';
import {median} from './statistics';
import {prepareSuite, turns, type Files, type Install} from './turns';

const ROUNDS = 9;
/**
 * The limit for the ratio of the cost with the cache to the cost without it. The part above 1 allows for measurement
 * noise.
 */
const GOAL = 1.03;
const NAMES = ['without', 'with'] as const;

/** A few files that wait. Within the run, the cache gains nothing back. */
const FILES: Files = {
  'jest.config.json': JSON.stringify({
    transform: {},
    cacheDirectory: '<rootDir>/.cache',
    testEnvironment: 'jsdom',
  }),
  ...Object.fromEntries(
    [0, 1, 2, 3].map(index => [
      `file${index}.test.js`,
      "test('waits', async () => { await new Promise(resolve => setTimeout(resolve, 300)); });",
    ]),
  ),
};

export function benchmarkColdCache(installs: readonly Install[]): void {
  for (const install of installs) {
    const side = (of: (typeof NAMES)[number]) =>
      prepareSuite(install, `cold ${of}`, FILES, {
        args: ['--runner=xdist', '-w', '2'],
        env: {XDIST_COMPILE_CACHE: String(of === 'with')},
      });
    const sides = {without: side('without'), with: side('with')};
    const runs: Record<(typeof NAMES)[number], Measured[]> = {without: [], with: []};
    for (const of of turns(NAMES, ROUNDS)) {
      rmSync(join(sides[of].folder, '.cache'), {recursive: true, force: true});
      runs[of].push(measureRun(sides[of]));
    }
    for (const {folder} of Object.values(sides)) rmSync(folder, {recursive: true, force: true});
    const row = (what: string, pick: (run: Measured) => number, goal = '') => {
      const [without, with_] = [median(runs.without.map(pick)), median(runs.with.map(pick))];
      console.log(
        `${install.label}  cold compile cache, 4 files in jsdom: ${what} ${(with_ / without).toFixed(3)}${goal}   ` +
          `without ${without.toFixed(0)} ms, with ${with_.toFixed(0)} ms`,
      );
    };
    row('wall', run => run.wallMs, ` (goal: <= ${GOAL.toFixed(2)})`);
    row('CPU', run => run.cpuMs ?? NaN);
  }
}

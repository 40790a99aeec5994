/** What the compile cache costs the run that fills it: the first one, and each in a CI that keeps no cache. */
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {measureRun, type Measured} from './measuredRun';
import {median} from './statistics';
import {prepareSuite, turns, type Files, type Install} from './turns';

const ROUNDS = 9;
/** What it takes, to what it takes without the cache; what is above 1 is the measuring's. */
const GOAL = 1.03;
const NAMES = ['without', 'with'] as const;

/** Few files that wait: nothing of what the cache costs is gained back within the run. */
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

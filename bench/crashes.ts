/** Measures what a worker's death costs, and what the watchdog and the journal cost a suite in which no worker dies. */
import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {median} from './statistics';
import {smallFiles} from './suites';
import {runOnce, timeInTurn, type Files, type Install} from './turns';

const OURS = ['--runner=xdist', '-w', '2'];
const PARALLEL = {XDIST_IN_BAND: 'never'};
const DEATHS = 10;
/** Both sides load the hook, so that the cost of loading it does not count. */
const HOOK = {NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, 'unguarded.cjs'))}`};

/**
 * Every fourth test kills its worker. Each test writes down when it began; a killing test does so just before it kills.
 */
const DYING: Files = {
  'dying.test.js': `
    const fs = require('fs');
    const note = what => fs.appendFileSync(process.env.NOTES, what + ' ' + Date.now() + '\\n');
    for (let i = 0; i < ${DEATHS * 4}; i++) test('t' + i, () => {
      if (i % 4 !== 1) return note('lives');
      note('dies');
      process.kill(process.pid, 'SIGKILL');
      for (;;);
    });`,
  'other.test.js': 'test("other", () => {});',
};

export function benchmarkCrashes(installs: readonly Install[]): void {
  for (const install of installs) {
    const delays = timesToGoOn(install);
    console.log(
      `${install.label}  from a worker's death to the next test of its file in another: p50 ${median(delays).toFixed(0)} ms, ` +
        `longest ${Math.max(...delays).toFixed(0)} ms   (goal: p50 <= 1000 ms, ${delays.length} deaths)`,
    );
    const {args, files, rounds} = smallFiles();
    const {unguarded, guarded} = timeInTurn(
      install,
      {name: 'guarded', files, rounds: 2 * rounds + 1},
      {
        unguarded: {args: [...OURS, ...args], env: {...PARALLEL, ...HOOK, BENCH_UNGUARDED: '1'}},
        guarded: {args: [...OURS, ...args], env: {...PARALLEL, ...HOOK}},
      },
    );
    console.log(
      `${install.label}  watchdog and journal on 60 small files, -w 2: without ${unguarded.toFixed(2)} s, with ${guarded.toFixed(2)} s, ` +
        `ratio ${(guarded / unguarded).toFixed(3)}   (goal: <= 1.02, median of ${2 * rounds + 1})`,
    );
  }
}

function timesToGoOn(install: Install): number[] {
  const folder = join(tmpdir(), `xdist-bench-${process.pid}`);
  mkdirSync(folder, {recursive: true});
  const notes = join(folder, 'notes');
  try {
    runOnce(install, {name: 'dying', files: DYING}, {args: OURS, env: {...PARALLEL, NOTES: notes}, fails: true});
    const lines = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [];
    const times = lines.map(line => line.split(' '));
    const delays = times.flatMap(([what, at], index) => {
      const next = times[index + 1]?.[1];
      return what === 'dies' && next !== undefined ? [Number(next) - Number(at)] : [];
    });
    if (delays.length !== DEATHS) throw new Error(`${delays.length} of ${DEATHS} deaths were gone on from`);
    return delays;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

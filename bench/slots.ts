/**
 * Measures what `slots: 'auto'` gains for a suite that waits, and what it costs for a suite that computes. Whole runs
 * take turns.
 */
import {timeInTurn, type Files, type Install} from './turns';

const ROUNDS = 5;
const AUTO = {XDIST_SLOTS: 'auto'};

/** @returns `count` files with one test each */
function suite(count: number, body: string): Files {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [`file${index}.test.js`, `test('works', ${body});`]),
  );
}

/** Tests that wait, as for a database, a server or a child process. */
const WAITING = suite(40, '() => new Promise(resolve => setTimeout(resolve, 300))');

/**
 * Tests that take about 300 ms on a core of their own. The amount of work is fixed, however much of a core a test gets.
 */
const COMPUTING = suite(
  24,
  `() => {
  let sum = 0;
  for (let index = 0; index < 1e7; index++) sum = (sum + index * index) % 1000003;
  expect(sum).toBeGreaterThan(0);
}`,
);

export function benchmarkSlots(installs: readonly Install[]): void {
  for (const install of installs) {
    const waiting = timeInTurn(
      install,
      {name: 'slots waiting', files: WAITING, rounds: ROUNDS},
      {stock: {args: ['-w', '2']}, auto: {args: ['--runner=xdist', '-w', '2'], env: AUTO}},
    );
    console.log(
      `${install.label}  40 files that wait for 300 ms, -w 2: stock ${waiting.stock.toFixed(2)} s, slots auto ${waiting.auto.toFixed(2)} s, ` +
        `ratio ${(waiting.auto / waiting.stock).toFixed(3)}   (goal: <= 0.45, median of ${ROUNDS})`,
    );
    const computing = timeInTurn(
      install,
      {name: 'slots computing', files: COMPUTING, rounds: ROUNDS},
      {
        without: {args: ['--runner=xdist', '-w', '2']},
        auto: {args: ['--runner=xdist', '-w', '2'], env: AUTO},
      },
    );
    console.log(
      `${install.label}  24 files that compute for some 300 ms, -w 2: without ${computing.without.toFixed(2)} s, ` +
        `slots auto ${computing.auto.toFixed(2)} s, ratio ${(computing.auto / computing.without).toFixed(3)}   ` +
        `(goal: <= 1.03, median of ${ROUNDS})`,
    );
  }
}

/** What `slots: 'auto'` gives a suite that waits, and what it costs one that computes: whole runs, in turn. */
import {timeInTurn, type Files, type Install} from './turns';

const ROUNDS = 5;
const AUTO = {XDIST_SLOTS: 'auto'};

/** So many files of one test each. */
function suite(count: number, body: string): Files {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [`file${index}.test.js`, `test('works', ${body});`]),
  );
}

/** As for a database, a server, a child process. */
const WAITING = suite(40, '() => new Promise(resolve => setTimeout(resolve, 300))');

/** Some 300 ms on a core of its own: as much work each time, however much of a core it gets. */
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

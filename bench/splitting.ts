/** Measures what splitting a file's tests gains, and what it costs where it gains nothing. */
import {timeInTurn, type Files, type Install, type Side, type Suite} from './turns';

const OURS = ['--runner=xdist'];
/** Splits the one long file of these suites. The side that does not split it differs only in this. */
const SPLIT = {XDIST_CAN_SPLIT: 'long.test.js', XDIST_IN_BAND: 'never'};
const WHOLE = {XDIST_IN_BAND: 'never'};
/** The smallest run: it starts Jest and one worker. */
const START: Side = {args: [...OURS, '-w', '2'], env: WHOLE, files: {'tiny.test.js': 'test("tiny", () => {});'}};

const waits = (count: number, ms: number) =>
  `for (let i = 0; i < ${count}; i++) test('waits ' + i, () => new Promise(done => setTimeout(done, ${ms})));\n`;
const computes = (count: number, ms: number) =>
  `for (let i = 0; i < ${count}; i++) test('computes ' + i, () => { const end = Date.now() + ${ms}; while (Date.now() < end); });\n`;

interface Comparison extends Suite {
  readonly goal: number;
  readonly args: readonly string[];
  readonly against: 'stock' | 'unsplit';
}

/**
 * A suite that is compared with a lower bound. No schedule is shorter than `bound` plus the start of Jest and a worker.
 */
interface Bounded extends Suite {
  readonly goal: number;
  readonly args: readonly string[];
  /** In seconds. */
  readonly bound: number;
}

function comparisons(): Comparison[] {
  return [
    {
      name: 'one file of 64 tests that wait 300 ms, -w 8',
      files: {'long.test.js': waits(64, 300)},
      args: ['-w', '8'],
      against: 'stock',
      goal: 0.25,
      rounds: 3,
    },
    {
      name: 'one file of 40 tests that compute 100 ms, -w 2',
      files: {'long.test.js': computes(40, 100)},
      args: ['-w', '2'],
      against: 'stock',
      goal: 0.7,
      rounds: 5,
    },
    {
      name: 'one file of 10,000 tests of less than 1 ms, -w 2',
      files: {'long.test.js': `for (let i = 0; i < 10000; i++) test('t' + i, () => { expect(i + 1).toBe(1 + i); });\n`},
      args: ['-w', '2'],
      against: 'unsplit',
      goal: 1,
      rounds: 7,
    },
    {
      name: 'a file that may be split, among enough others, -w 2',
      files: {'long.test.js': waits(20, 20), ...others(40, 4, 20)},
      args: ['-w', '2'],
      against: 'unsplit',
      goal: 1.02,
      rounds: 15,
    },
  ];
}

function bounded(): Bounded[] {
  return [
    {
      name: 'one file of 80 x 100 ms and 24 files of 200 ms, -w 4',
      files: {'long.test.js': waits(80, 100), ...others(24, 1, 200)},
      args: ['-w', '4'],
      bound: (80 * 0.1 + 24 * 0.2) / 4,
      goal: 1.2,
      rounds: 5,
    },
    {
      name: '64 x 100 ms and a last test of 5 s, -w 8',
      files: {
        'long.test.js': waits(64, 100) + `test('last', () => new Promise(done => setTimeout(done, 5000)), 60_000);\n`,
      },
      args: ['-w', '8'],
      bound: 5,
      goal: 1.1,
      rounds: 5,
    },
  ];
}

function others(files: number, tests: number, ms: number): Files {
  return Object.fromEntries(
    Array.from({length: files}, (_, index) => [`other${index}.test.js`, waits(tests, ms)] as const),
  );
}

export function benchmarkSplitting(installs: readonly Install[]): void {
  for (const install of installs) {
    for (const {name, args, against, goal, ...suite} of comparisons()) {
      const {base, split} = timeInTurn(
        install,
        {name, ...suite},
        {
          base: against === 'stock' ? {args} : {args: [...OURS, ...args], env: WHOLE},
          split: {args: [...OURS, ...args], env: SPLIT},
        },
      );
      console.log(
        `${install.label}  ${name}: ${against} ${base.toFixed(2)} s, split ${split.toFixed(2)} s, ` +
          `ratio ${(split / base).toFixed(3)}   (goal: <= ${goal.toFixed(2)}, median of ${suite.rounds})`,
      );
    }
    for (const {name, args, bound, goal, ...suite} of bounded()) {
      const {start, split} = timeInTurn(
        install,
        {name, ...suite},
        {
          start: START,
          split: {args: [...OURS, ...args], env: SPLIT},
        },
      );
      console.log(
        `${install.label}  ${name}: split ${split.toFixed(2)} s, bound ${bound.toFixed(2)} s and ${start.toFixed(2)} s to start, ` +
          `ratio ${((split - start) / bound).toFixed(3)}   (goal: <= ${goal.toFixed(2)}, median of ${suite.rounds})`,
      );
    }
  }
}

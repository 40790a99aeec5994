/** Runs a suite whose workers are killed at random: the suite, the killer, and the deaths that the failures name. */
import {spawnSync, type ChildProcess} from 'node:child_process';
import type {FormattedTestResults} from '@jest/test-result';
import {seeded} from '../seeded';
import type {Files, Project} from './project';

/** All that end a process which has no listener for them, and that a shell, a kernel or an impatient user sends. */
const SIGNALS = [
  'SIGKILL',
  'SIGTERM',
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
] as const;

/**
 * What the test files begin with. Each test says in a file when it begins and when it has ended, and in which
 * process: what the run's results say is held against that. Now and then a test has a process of its own.
 */
const PRELUDE = `const {appendFileSync} = require('fs');
const {spawn} = require('child_process');
const note = (what, name) => appendFileSync('notes', JSON.stringify({what, name, pid: process.pid, file: __filename}) + '\\n');
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const takesTime = (n, name) => async () => {
  name ??= expect.getState().currentTestName;
  note('begins', name);
  const child = n % 7 === 0 ? spawn('sleep', ['600'], {stdio: 'ignore'}) : null;
  await sleep(40 + (n * 37) % 120);
  child?.kill('SIGKILL');
  note('ends', name);
};
`;

const tests = (from: number, count: number) =>
  Array.from({length: count}, (_, index) => `test('t${from + index}', takesTime(${from + index}));`).join('\n');

interface Shape {
  readonly tests: number;
  readonly split?: true;
  readonly concurrent?: true;
  /** @param from the number of the first test: no other file has one of these */
  readonly body: (from: number, count: number) => string;
}

const SHAPES: readonly Shape[] = [
  {tests: 8, body: tests},
  {tests: 14, split: true, body: tests},
  {
    tests: 8,
    body: (from, count) =>
      `describe('block', () => { beforeAll(() => sleep(60)); afterAll(() => sleep(60)); ${tests(from, 2)} });\n` +
      `beforeEach(() => sleep(5)); afterEach(() => sleep(5)); ${tests(from + 2, count - 2)}`,
  },
  {
    tests: 14,
    split: true,
    body: (from, count) =>
      `describe('block', () => { beforeAll(() => sleep(60)); ${tests(from, 3)} });\n${tests(from + 3, count - 3)}`,
  },
  {
    tests: 6,
    concurrent: true,
    body: (from, count) =>
      `${tests(from, count - 2)}\n` +
      `for (const n of [${from + count - 2}, ${from + count - 1}]) test.concurrent('t' + n, takesTime(n, 't' + n));`,
  },
];

const ROUNDS = 4;

/** The largest files run first: at the end there are only those left that workers share. */
const PADDING = `// ${'a large file '.repeat(200)}\n`;

export interface ChaosSuite {
  readonly files: Files;
  /** By file: the numbers that its tests have as their names, in their order. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** Files whose tests run at the same time: those that did when their worker died are run again, alone. */
  readonly concurrent: ReadonlySet<string>;
}

/** 200 tests in 20 files. */
export function chaosSuite(): ChaosSuite {
  const files: Record<string, string> = {};
  const numbers = new Map<string, number[]>();
  const concurrent = new Set<string>();
  let from = 0;
  for (let index = 0; index < ROUNDS * SHAPES.length; index++) {
    const {tests: count, split, concurrent: isConcurrent, body} = SHAPES[index % SHAPES.length] as Shape;
    const name = `f${index}.test.js`;
    const whole = `${PRELUDE}${body(from, count)}\n`;
    files[name] = split === true ? `/** @can-split */\n${whole}` : `${whole}${PADDING}`;
    if (isConcurrent === true) concurrent.add(name);
    numbers.set(
      name,
      Array.from({length: count}, (_, place) => from + place),
    );
    from += count;
  }
  return {files, numbers, concurrent};
}

/** What a test said of itself. */
export interface TestNote {
  readonly what: 'begins' | 'ends';
  /** In full, as Jest has it. */
  readonly name: string;
  readonly pid: number;
  readonly file: string;
}

export interface Kill {
  readonly pid: number;
  readonly signal: NodeJS.Signals;
  /** Whether a test had begun in the process. */
  readonly ready: boolean;
}

/**
 * The worker processes of a Jest, by the system's table of processes. Those that read its files for
 * jest-haste-map are jest-worker's, too; but only ours lead a group of processes.
 */
function workersOf(jest: ChildProcess): number[] {
  return spawnSync('ps', ['-eo', 'pid=,ppid=,pgid=,stat=,args='], {encoding: 'utf8'})
    .stdout.split('\n')
    .flatMap(line => {
      const [, pid, parent, group, state = '', args = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      const ours =
        Number(parent) === jest.pid && group === pid && !state.startsWith('Z') && args.includes('processChild');
      return ours ? [Number(pid)] : [];
    });
}

export interface KillerOptions {
  readonly seed: number;
  readonly kills: number;
  /** In the mean. */
  readonly everyMs: number;
}

/**
 * A slot stays down of which three workers in a row had run nothing yet. That is what is to become of a worker that
 * cannot start; here it would only take workers out of the game.
 */
const MOST_UNREADY = 2;

/** Kills a worker now and then, until there were so many, or Jest has left. */
export async function killAtRandom(
  project: Project,
  jest: ChildProcess,
  {seed, kills: wanted, everyMs}: KillerOptions,
): Promise<Kill[]> {
  const random = seeded(seed);
  const oneOf = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)];
  const kills: Kill[] = [];
  let unready = 0;
  while (kills.length < wanted && jest.exitCode === null && jest.signalCode === null) {
    await new Promise(resolve => setTimeout(resolve, everyMs * (0.5 + random())));
    const began = new Set(project.lines<TestNote>('notes').map(({pid}) => pid));
    const killed = new Set(kills.map(({pid}) => pid));
    const isReady = (pid: number) => began.has(pid);
    const pid = oneOf(
      workersOf(jest).filter(worker => !killed.has(worker) && (isReady(worker) || unready < MOST_UNREADY)),
    );
    const signal = oneOf(SIGNALS);
    if (pid === undefined || signal === undefined) continue; // they are all starting
    try {
      process.kill(pid, signal);
    } catch {
      continue; // it has just ended
    }
    kills.push({pid, signal, ready: isReady(pid)});
    if (!isReady(pid)) unready++;
  }
  return kills;
}

/** What a failure says: this process died of this signal while it was at that. */
export interface Accusation {
  readonly pid: number;
  readonly signal: string;
  /** As in `while this test ran`. */
  readonly at: string;
  readonly file: string;
  /** In full; null: it is the file's failure. */
  readonly test: string | null;
}

const CRASH =
  /The worker process (?:that ran this test file )?died ?([^:]*): it was killed by signal (SIG\w+)\.[^]*?worker w\d+ \(pid (\d+)\)/g;

function accusationsIn(text: string, file: string, test: string | null): Accusation[] {
  return [...text.matchAll(CRASH)].map(([, at = '', signal = '', pid]) => ({pid: Number(pid), signal, at, file, test}));
}

/** Of all failures of a run: first those of tests, then those that are only the file's. */
export function accusationsOf(json: FormattedTestResults): Accusation[] {
  return json.testResults.flatMap(({name: file, message, assertionResults}) => {
    const ofTests = assertionResults.flatMap(({fullName, failureMessages}) =>
      accusationsIn((failureMessages ?? []).join('\n'), file, fullName),
    );
    const known = new Set(ofTests.map(({pid}) => pid));
    return [...ofTests, ...accusationsIn(message, file, null).filter(({pid}) => !known.has(pid))];
  });
}

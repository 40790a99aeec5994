/** Starts Jests at the same time, each in a folder of its own, and tells when their test files began and ended. */
import {spawn, type ChildProcess} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Files, PreparedSuite} from './turns';

/** Code of a test file that waits, and notes its time in the file NOTES, with the worker's id. */
const waits = (ms: number) => `
const {appendFileSync} = require('fs');
const begun = Date.now();
test('waits', () => new Promise(end => setTimeout(end, ${ms})), 120_000);
afterAll(() => appendFileSync(process.env.NOTES, process.env.JEST_WORKER_ID + ' ' + begun + ' ' + Date.now() + '\\n'));
`;

/** A file for each duration (ms). A `.git` makes the folder a checkout. */
export function filesThatWait(durations: readonly number[]): Files {
  return {
    '.git/HEAD': '',
    ...Object.fromEntries(durations.map((ms, index) => [`file${index}.test.js`, waits(ms)])),
  };
}

/** Times in ms. */
export interface Measured {
  /** From the start of the first Jest to the end of the last one that was not killed. */
  readonly wall: number;
  /** From the start of the first Jest to the load of the first test file. */
  readonly start: number;
  /** From the end of the last test to the end of the last Jest. */
  readonly end: number;
  /** For each worker, the time between its first and its last file in which no file ran. */
  readonly between: number;
  /** For each worker, the time from the first file of the run to its own first one. */
  readonly late: number;
  /** For each worker, the time from the end of its last file to the end of the last file of the run. */
  readonly idleAtEnd: number;
  /** How long all files ran, by their own clocks. */
  readonly ran: number;
}

/** @param meanwhile may end machines; it is passed how many files have ended so far */
export async function measureMachines(
  machines: readonly PreparedSuite[],
  meanwhile: (ended: number, jests: readonly ChildProcess[]) => void = () => undefined,
): Promise<Measured> {
  const noted = machines.map(({folder}) => join(folder, 'bench-notes'));
  for (const path of noted) writeFileSync(path, '');
  const begun = Date.now();
  const jests = machines.map(({folder, command, environment}, index) =>
    spawn(process.execPath, command, {
      cwd: folder,
      env: {...environment, NOTES: noted[index]},
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
  const looks = setInterval(() => meanwhile(spans(noted).length, jests), 50);
  const ends = await Promise.all(jests.map(endOf));
  clearInterval(looks);
  const ended = Math.max(...ends.filter(end => end !== null));
  const files = spans(noted);
  const [first, last] = [Math.min(...files.map(file => file.begun)), Math.max(...files.map(file => file.ended))];
  const workers = ofWorkers(files);
  const ran = files.reduce((sum, file) => sum + file.ended - file.begun, 0);
  const mean = (of: (worker: Omit<Span, 'worker'>) => number) =>
    workers.reduce((sum, worker) => sum + of(worker), 0) / workers.length;
  return {
    wall: ended - begun,
    start: first - begun,
    end: ended - last,
    between: mean(({begun: begins, ended: ends}) => ends - begins) - ran / workers.length,
    late: mean(({begun: begins}) => begins - first),
    idleAtEnd: mean(({ended: ends}) => last - ends),
    ran,
  };
}

/** @returns when it ended; null: it was killed */
function endOf(jest: ChildProcess): Promise<number | null> {
  let printed = '';
  jest.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  return new Promise((resolve, reject) => {
    jest.on('error', reject);
    jest.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null);
      else if (code === 0 || jest.killed) resolve(Date.now());
      else reject(new Error(`Jest has ended with ${String(code)}:\n${printed.slice(-2000)}`));
    });
  });
}

interface Span {
  readonly worker: string;
  readonly begun: number;
  readonly ended: number;
}

function spans(noted: readonly string[]): Span[] {
  return noted.flatMap((path, machine) =>
    [...readFileSync(path, 'utf8').matchAll(/^(\d+) (\d+) (\d+)\n/gm)].map(([, worker, begun, ended]) => {
      return {worker: `${machine}/${worker ?? ''}`, begun: Number(begun), ended: Number(ended)};
    }),
  );
}

/** For each worker, from its first file's begin to its last one's end. */
function ofWorkers(files: readonly Span[]): Omit<Span, 'worker'>[] {
  const workers = new Map<string, Omit<Span, 'worker'>>();
  for (const {worker, begun, ended} of files) {
    const known = workers.get(worker);
    workers.set(worker, {
      begun: Math.min(begun, known?.begun ?? begun),
      ended: Math.max(ended, known?.ended ?? ended),
    });
  }
  return [...workers.values()];
}

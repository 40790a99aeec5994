/** Builds projects with one file whose tests are spread over several workers. */
import type {RecordingLine} from '../../src/recording';
import {expectSameAsStock, type BothOutputs, type ParityOptions} from './parity';
import type {Files, JestOutput, Project} from './project';

export const PARALLEL = {XDIST_IN_BAND: 'never'};

/** The beginning of each test file. `note` records which worker does what, in order. */
const PRELUDE = `const {appendFileSync, existsSync, openSync, readFileSync} = require('fs');
const me = process.env.XDIST_WORKER ?? 'stock';
const note = what => appendFileSync('notes', JSON.stringify({worker: me, what}) + '\\n');
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
`;

/**
 * Records that this worker has loaded the file. `loaders` tells how many workers of the run have loaded the file; with
 * the stock runner, it always returns enough. A test may wait long for other workers, so the timeout is raised. The
 * symbol is what `jest.setTimeout` sets; without injected globals, a test file has no `jest`.
 */
export const LOADERS = `globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] ??= 200_000;
const loaded = 'loaded-' + process.env.XDIST_RUN_ID;
appendFileSync(loaded, me + ' ');
const loaders = () => (me === 'stock' ? Infinity : new Set(readFileSync(loaded, 'utf8').trim().split(' ')).size);
`;

const PAUSE = `const pause = (ms = 25) => sleep(ms);
`;

/**
 * The first pause in a worker lasts until another worker has loaded the file, too. On a machine of any speed, tests are
 * then left for the other worker.
 */
const PAUSE_IN_COMPANY = `${LOADERS}const pause = async (ms = 25) => {
  while (loaders() < 2) await sleep(10);
  await sleep(ms);
};
`;

/** Other files, which start further workers before the split file has tests to share. */
const OTHERS: Files = {
  'other1.test.js': 'test("other 1", () => {});',
  'other2.test.js': 'test("other 2", () => {});',
};

export interface SplitFileOptions {
  readonly pragmas?: string;
  readonly name?: string;
  /** Whether the tests pause without waiting for a second worker, because there will be none. */
  readonly alone?: boolean;
}

/** A project with a test file that may be split. The file runs first, because it is the largest. */
export function splitFile(
  body: string,
  {pragmas = '@can-split', name = 'split.test.js', alone = false}: SplitFileOptions = {},
): Files {
  const prelude = PRELUDE + (alone ? PAUSE : PAUSE_IN_COMPANY);
  return {
    ...OTHERS,
    [name]: `/** ${pragmas} */\n${prelude}${body}\n// ${'the largest file runs first '.repeat(10)}\n`,
  };
}

/** So many slow tests that a second worker is worth its start. */
export function slowTests(count = 14, body = '', name = 'slow'): string {
  return `for (let i = 0; i < ${count}; i++) test('${name} ' + i, async () => { note('${name} ' + i); await pause(); ${body} });`;
}

/** With `--reporters=./busy.js`, Jest's process is busy most of the time and reads no messages. */
export const BUSY_REPORTER: Files = {
  'busy.js': `module.exports = class {
    onTestFileStart() { this.block(); }
    onTestCaseStart() { this.block(); }
    onTestCaseResult() { this.block(); }
    onTestFileResult() { this.block(); }
    block() { const end = Date.now() + 60; while (Date.now() < end); }
  };`,
};

export interface Note {
  readonly worker: string;
  readonly what: string;
}

export function notesOf(project: Project): Note[] {
  return project.lines<Note>('notes');
}

/** The notes of each worker, in the order in which they were written. */
export function notesByWorker(project: Project): Record<string, string[]> {
  const byWorker: Record<string, string[]> = {};
  for (const {worker, what} of notesOf(project)) (byWorker[worker] ??= []).push(what);
  return byWorker;
}

/** The workers that got tests of a file, according to the log of one run. */
export function workersOf(log: readonly RecordingLine[], file = 'split.test.js'): string[] {
  const units = new Set(unitsOf(log, file));
  const slots = log.flatMap(line =>
    'command' in line &&
    line.command.type === 'give-tests' &&
    units.has(line.command.unit) &&
    line.command.groups.length > 0
      ? [`w${line.command.slot}`]
      : [],
  );
  return [...new Set(slots)].sort();
}

/** The units of a file: it has one for each project that contains it. */
export function unitsOf(log: readonly RecordingLine[], file = 'split.test.js'): number[] {
  return log.flatMap(line =>
    'plan' in line ? line.plan.units.filter(unit => unit.file.path.endsWith(file)).map(({id}) => id) : [],
  );
}

export function expectSplit(output: Pick<JestOutput, 'log'>, file?: string): void {
  expect(workersOf(output.log, file).length).toBeGreaterThan(1);
}

/** Expects that no worker has listed tests to be shared. */
export function expectWhole({log}: Pick<JestOutput, 'log'>): void {
  expect(log.filter(line => 'event' in line && line.event.type === 'unit-opened')).toEqual([]);
}

/** Expects the same output as with the stock runner, and that the file's tests ran in two workers, or in `workers`. */
export async function expectSplitSameAsStock(
  project: Project,
  args: readonly string[] = [],
  {workers = 2, ...options}: ParityOptions & {readonly workers?: number} = {},
): Promise<BothOutputs> {
  const both = await expectSameAsStock(project, ['-w', String(workers), ...args], {...options, split: true});
  expectSplit(both.xdist);
  return both;
}

/** The results of a file's tests in --json. */
export function testsOf({json}: JestOutput, file = 'split.test.js') {
  return json?.testResults.find(({name}) => name.endsWith(file))?.assertionResults ?? [];
}

/** Projects with one file whose tests are spread over workers. */
import type {RecordingLine} from '../../src/recording';
import {expectSameAsStock, type BothOutputs, type ParityOptions} from './parity';
import type {Files, JestOutput, Project} from './project';

export const PARALLEL = {XDIST_IN_BAND: 'never'};

/** What the test files begin with. `note` says who does what in which order. */
const PRELUDE = `const {appendFileSync, existsSync, openSync, readFileSync} = require('fs');
const me = process.env.XDIST_WORKER ?? 'stock';
const note = what => appendFileSync('notes', JSON.stringify({worker: me, what}) + '\\n');
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
`;

/**
 * Says that this worker has loaded the file; `loaders` says how many have in this run, which is enough with the
 * stock runner. To wait for others may take long: the symbol is what `jest.setTimeout` sets, as there is no
 * `jest` where globals are not injected.
 */
export const LOADERS = `globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] ??= 200_000;
const loaded = 'loaded-' + process.env.XDIST_RUN_ID;
appendFileSync(loaded, me + ' ');
const loaders = () => (me === 'stock' ? Infinity : new Set(readFileSync(loaded, 'utf8').trim().split(' ')).size);
`;

const PAUSE = `const pause = (ms = 25) => sleep(ms);
`;

/**
 * The first pause in a worker lasts until another one has loaded the file, too: on a machine of whatever
 * speed there is something left for it then.
 */
const PAUSE_IN_COMPANY = `${LOADERS}const pause = async (ms = 25) => {
  while (loaders() < 2) await sleep(10);
  await sleep(ms);
};
`;

/** Other files, so that more workers than one are up by the time that there are tests to share. */
const OTHERS: Files = {
  'other1.test.js': 'test("other 1", () => {});',
  'other2.test.js': 'test("other 2", () => {});',
};

export interface SplitFileOptions {
  readonly pragmas?: string;
  readonly name?: string;
  /** Its tests pause without waiting for a second worker: there will be none. */
  readonly alone?: boolean;
}

/** A test file that may be split; itself the first to begin, being the largest. */
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

/** Tests that take their time, so many that a second worker is worth it. */
export function slowTests(count = 14, body = '', name = 'slow'): string {
  return `for (let i = 0; i < ${count}; i++) test('${name} ' + i, async () => { note('${name} ' + i); await pause(); ${body} });`;
}

/** With `--reporters=./busy.js` Jest's process is busy, and deaf, most of the time. */
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

/** By worker, in the order of what was noted. */
export function notesByWorker(project: Project): Record<string, string[]> {
  const byWorker: Record<string, string[]> = {};
  for (const {worker, what} of notesOf(project)) (byWorker[worker] ??= []).push(what);
  return byWorker;
}

/** The workers that were given tests of a file, by the log of one run. */
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

/** A file may be a unit of several projects. */
export function unitsOf(log: readonly RecordingLine[], file = 'split.test.js'): number[] {
  return log.flatMap(line =>
    'plan' in line ? line.plan.units.filter(unit => unit.file.path.endsWith(file)).map(({id}) => id) : [],
  );
}

export function expectSplit(output: Pick<JestOutput, 'log'>, file?: string): void {
  expect(workersOf(output.log, file).length).toBeGreaterThan(1);
}

/** No worker listed its tests to be shared. */
export function expectWhole({log}: Pick<JestOutput, 'log'>): void {
  expect(log.filter(line => 'event' in line && line.event.type === 'unit-opened')).toEqual([]);
}

/** The same as with the stock runner, with the file's tests in several workers: in two, unless `workers` says more. */
export async function expectSplitSameAsStock(
  project: Project,
  args: readonly string[] = [],
  {workers = 2, ...options}: ParityOptions & {readonly workers?: number} = {},
): Promise<BothOutputs> {
  const both = await expectSameAsStock(project, ['-w', String(workers), ...args], {...options, split: true});
  expectSplit(both.xdist);
  return both;
}

/** A file's tests in --json. */
export function testsOf({json}: JestOutput, file = 'split.test.js') {
  return json?.testResults.find(({name}) => name.endsWith(file))?.assertionResults ?? [];
}

/** Runs a project with the stock runner and with ours, and compares all that a user can see. */
import {stripVTControlCharacters} from 'node:util';
import type {JestOutput, Project, ReporterEvent, RunOptions} from './project';

export interface BothOutputs {
  readonly stock: JestOutput;
  readonly xdist: JestOutput;
}

export interface ParityOptions extends RunOptions {
  /** Prepares the project before each of the two runs: an earlier run, a change. */
  readonly before?: (project: Project, run: (args: readonly string[]) => Promise<JestOutput>) => Promise<void>;
  /** Files that a run writes, to be compared too. */
  readonly outputs?: readonly string[];
  /** What workers print goes straight out (--verbose), in between the reporter's lines: their order is chance. */
  readonly interleaved?: boolean;
  /** Runs in band, so there is no log of a schedule. */
  readonly inBand?: boolean;
  /** Workers are told to end in the midst of the run: on a busy machine the stock runner may have to force one, and says so. */
  readonly endings?: boolean;
  /** A file's tests run in several workers: when each of them begins and ends is chance. */
  readonly split?: boolean;
}

/** Runs both and expects the same: exit code, --json, reporter events, printed text, written files. */
export async function expectSameAsStock(
  project: Project,
  args: readonly string[],
  options: ParityOptions = {},
): Promise<BothOutputs> {
  const outputs: Partial<Record<'stock' | 'xdist', JestOutput>> = {};
  const files: Partial<Record<'stock' | 'xdist', unknown>> = {};
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const runOptions = {
      ...options,
      runner,
      env: {...(runner === 'xdist' && !options.inBand && {XDIST_IN_BAND: 'never'}), ...options.env},
    };
    await options.before?.(project, before => project.run(before, runOptions));
    outputs[runner] = await project.run(args, runOptions);
    files[runner] = (options.outputs ?? []).map(path => project.readAll(path));
  }
  const {stock, xdist} = outputs as unknown as BothOutputs;
  expect(comparable(xdist, files.xdist, options)).toEqual(comparable(stock, files.stock, options));
  expect(stock.log).toHaveLength(0);
  expect(xdist.stderr).not.toContain('The internals of Jest'); // no feature is off
  // Otherwise the stock runner would have been compared with itself.
  if (options.inBand) expect(xdist.log).toHaveLength(0);
  else expect(xdist.log.length).toBeGreaterThan(0);
  return {stock, xdist};
}

/** What a user can see of a run, without times and what else is chance. */
export function comparable(output: JestOutput, files: unknown, options: ParityOptions): Record<string, unknown> {
  const text = (printed: string) =>
    normalizeText(printed, options.interleaved === true ? /\n/ : REPORTER_BLOCK).filter(
      piece => options.endings !== true || !piece.startsWith('A worker process has failed to exit gracefully'),
    );
  return {
    exitCode: output.exitCode,
    json: normalizeJson(output.json),
    events: normalizeEvents(output.events, options.split === true),
    text: text(output.stderr),
    stdout: text(output.stdout),
    files,
  };
}

const TIMES = new Set([
  'startTime',
  'endTime',
  'startAt',
  'startedAt',
  'duration',
  'perfStats',
  'memoryUsage',
  'start',
  'end',
  'runtime',
  'slow',
]);

export function normalizeJson(json: JestOutput['json']): unknown {
  if (json === null) return null;
  const {testResults, ...rest} = withoutTimes(json) as {testResults: unknown[]};
  return {...rest, testResults: sorted(testResults)};
}

/**
 * Per file and kind of event, in order. Files finish in any order; and the stock runner does not wait
 * for one reporter to have heard of a test's start before another hears of its end.
 */
function normalizeEvents(events: readonly ReporterEvent[], split: boolean): unknown {
  const byFile: Record<string, unknown[]> = {};
  for (const event of events) (byFile[`${event.path ?? 'run'} ${event.event}`] ??= []).push(withoutTimes(event));
  // One path may be run by two projects: which of them came first is chance.
  for (const [path, list] of Object.entries(byFile)) {
    const [file] = path.split(' ');
    const isCase = /case-(start|result)$/.test(path);
    if ((byFile[`${file} file-start`]?.length ?? 0) > 1 || (split && isCase)) byFile[path] = sorted(list);
  }
  return byFile;
}

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? normalizeLine(value) : value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !TIMES.has(key))
      .map(([key, field]) => [key, withoutTimes(field)]),
  );
}

/** Where the default reporter begins to print of something else. */
const REPORTER_BLOCK =
  /^(?= ?PASS| ?FAIL| ?LOGGING RETRY ERRORS|Seed:|Jest: |A worker process|Test Suites:|Summary of all failing|Snapshot Summary|-----+\|)/m;

/** What was printed, without times, in pieces that are put into a fixed order. */
function normalizeText(text: string, separator: RegExp): string[] {
  return withoutSplitNotes(stripVTControlCharacters(text))
    .split('\n')
    .filter(line => !/^(Time: |Ran all test suites|jest-runner-xdist: |worker w\d+ \(pid )/.test(line))
    .map(normalizeLine)
    .join('\n')
    .split(separator)
    .map(piece => piece.trim())
    .filter(piece => piece !== '')
    .sort();
}

function normalizeLine(line: string): string {
  return (
    withoutSplitNotes(line)
      // Say only from where a queue was run.
      .replace(/\n +at \S+ \(node:internal\/(process\/task_queues|timers|async_hooks):.*\)/g, '')
      // V8 leaves out the last asynchronous frames now and then, under the stock runner, too.
      .replace(/\n +at (?:async )?\S+ \([^()\n]*[\\/]jest-runner[\\/]build[\\/][^()\n]*\)/g, '')
      .replace(/\(\d+(\.\d+)? m?s\)/g, '(time)')
      .replace(/ \(time\)$/gm, '')
      .replace(/\(\d+ MB heap size\)/g, '(heap)')
      .replace(/"(startTime|endTime|duration|start|end|runtime)":\d+/g, '"$1":0')
  );
}

/** What we add to the failures of tests of a file that was split; the stock runner has no such thing to say. */
export function withoutSplitNotes(text: string): string {
  return text.replace(/\n {4}This file was split: [^\n]*\n|\n\nThis file was split: [^\n]*/g, '');
}

function sorted(list: readonly unknown[]): unknown[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Runs a project with the stock runner and with ours, and compares everything that a user can see. */
import {stripVTControlCharacters} from 'node:util';
import type {JestOutput, Project, ReporterEvent, RunOptions} from './project';

export interface BothOutputs {
  readonly stock: JestOutput;
  readonly xdist: JestOutput;
}

export interface ParityOptions extends RunOptions {
  /** Prepares the project before each of the two runs, for example with an earlier run or a change. */
  readonly before?: (project: Project, run: (args: readonly string[]) => Promise<JestOutput>) => Promise<void>;
  /** Files that the run writes and that are compared, too. */
  readonly outputs?: readonly string[];
  /** With --verbose, workers print directly, in between the reporter's lines. The order of such lines is random. */
  readonly interleaved?: boolean;
  /** The run is in band, so the scheduler writes no log. */
  readonly inBand?: boolean;
  /** The tests of a file run in several workers, so the order in which they begin and end is random. */
  readonly split?: boolean;
}

/**
 * Runs the project with both runners and expects the same exit code, --json, reporter events, printed text and files.
 */
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
  if (!stock.stderr.includes(FORCE_EXITED)) expect(xdist.stderr).not.toMatch(/^worker w\d+ .* still open since/m);
  expect(stock.log).toHaveLength(0);
  expect(xdist.stderr).not.toContain('The internals of Jest'); // all features are on
  // Without this check, the test might compare the stock runner with itself.
  if (options.inBand) expect(xdist.log).toHaveLength(0);
  else expect(xdist.log.length).toBeGreaterThan(0);
  return {stock, xdist};
}

/** The output of a run that a user can see, without times and other random parts. */
export function comparable(output: JestOutput, files: unknown, options: ParityOptions): Record<string, unknown> {
  // On a busy machine, either runner may have to kill a worker that is merely slow to exit, and then prints a warning.
  const text = (printed: string) =>
    normalizeText(printed, options.interleaved === true ? /\n/ : REPORTER_BLOCK).filter(
      piece => !piece.startsWith(FORCE_EXITED),
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

const FORCE_EXITED = 'A worker process has failed to exit gracefully';

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
 * Groups the events by file and kind, in order. Files end in any order. The stock runner may also report a test's end
 * to one reporter before all reporters have got the test's start.
 */
function normalizeEvents(events: readonly ReporterEvent[], split: boolean): unknown {
  const byFile: Record<string, unknown[]> = {};
  for (const event of events) (byFile[`${event.path ?? 'run'} ${event.event}`] ??= []).push(withoutTimes(event));
  // Two projects may run the same path, in either order.
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

/** Matches where the default reporter begins a new block of output. */
const REPORTER_BLOCK =
  /^(?= ?PASS| ?FAIL| ?LOGGING RETRY ERRORS|Seed:|Jest: |A worker process|Test Suites:|Summary of all failing|Snapshot Summary|-----+\|)/m;

/** The printed text without times, split into sorted pieces. */
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
      // These frames only tell from where Node has run a queue.
      .replace(/\n +at \S+ \(node:internal\/(process\/task_queues|timers|async_hooks):.*\)/g, '')
      // V8 sometimes omits the last asynchronous frames, also under the stock runner.
      .replace(/\n +at (?:async )?\S+ \([^()\n]*[\\/]jest-runner[\\/]build[\\/][^()\n]*\)/g, '')
      .replace(/\(\d+(\.\d+)? m?s\)/g, '(time)')
      .replace(/ \(time\)$/gm, '')
      .replace(/\(\d+ MB heap size\)/g, '(heap)')
      .replace(/"(startTime|endTime|duration|start|end|runtime)":\d+/g, '"$1":0')
  );
}

/** Removes the notes that we add to test failures of a split file. The stock runner has no such notes. */
export function withoutSplitNotes(text: string): string {
  return text.replace(/\n {4}This file was split: [^\n]*\n|\n\nThis file was split: [^\n]*/g, '');
}

function sorted(list: readonly unknown[]): unknown[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** `timings`: what is remembered of past runs, and how to make it of other files. */
import {readFileSync, writeFileSync} from 'node:fs';
import {posix, relative, resolve} from 'node:path';
import {
  fileKey,
  formatDurations,
  mergeDurations,
  parseTimings,
  testDurations,
  type Durations,
  type FileRecord,
} from '../core/plan/durations';
import {slotTimeline} from '../analysis/slotTimeline';
import {fileTimes} from '../analysis/summary';
import {describeTimeSpan} from '../core/texts/timeSpan';
import {readRecording, type FileLine, type Recording, type RunLine, type ShareLine} from '../recording';
import {CommandError, UsageError, type Arguments, type Command, type Surroundings} from './command';
import {printable, table} from './printable';
import {PROJECT_FLAGS, timingsOfProject} from './project';

export const timings: Command = {
  summary: 'Show, merge or make the file of past durations',
  usage: ['timings show [file]', 'timings merge <files…> -o <file>', 'timings from <recordings…> -o <file>'],
  help: `
"show" prints the durations that are remembered, the longest first: those of a timings file, or of this project.
"merge" makes one timings file of several; of each test file, the newest record counts.
"from" makes a timings file of recordings.`,
  flags: {...PROJECT_FLAGS, output: {value: 'file', short: 'o', text: 'Where "merge" and "from" write to.'}},
  run: (args, surroundings) => {
    const [action, ...paths] = args.positionals;
    if (args.rest !== null) throw new UsageError('"timings" takes no arguments after "--".');
    if (action === 'show') return showTimings(args, paths, surroundings);
    if (action !== 'merge' && action !== 'from') throw new UsageError('"timings" needs one of: show, merge, from.');
    const of = filesAt(paths, surroundings).map(action === 'merge' ? read : fromRecording);
    return write(args, surroundings, mergeDurations(of, Date.now()));
  },
};

function showTimings(args: Arguments, paths: readonly string[], {cwd, print}: Surroundings): number {
  if (args.flags.has('output')) throw new UsageError('"timings show" writes no file.');
  if (paths.length > 1) throw new UsageError('"timings show" takes one file.');
  const path = paths[0] === undefined ? timingsOfProject(args, cwd) : resolve(cwd, paths[0]);
  const records = [...read(path)].sort(([, a], [, b]) => (b.ms ?? 0) - (a.ms ?? 0));
  const rows = records.map(([key, {ms, tests, short, end}]) => [
    ms === null ? 'unknown' : describeTimeSpan(ms),
    String(Object.keys(tests).length + short),
    end,
    printable(key),
  ]);
  print(`${table([['DURATION', 'TESTS', 'LAST RUN', 'FILE'], ...rows], new Set([0, 1])).join('\n')}\n`);
  return 0;
}

function filesAt(paths: readonly string[], {cwd}: Surroundings): string[] {
  if (paths.length === 0) throw new UsageError('Name at least one file to read.');
  return paths.map(path => resolve(cwd, path));
}

function write({flags}: Arguments, {cwd, print}: Surroundings, durations: Durations): number {
  const [output] = flags.get('output') ?? [];
  if (output === undefined) throw new UsageError('Name the file to write: -o <file>.');
  const path = resolve(cwd, output);
  try {
    writeFileSync(path, formatDurations(durations));
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${(error as Error).message}`);
  }
  print(`${relative(cwd, path)} has the durations of ${durations.size} test files.\n`);
  return 0;
}

function read(path: string): Durations {
  try {
    return parseTimings(readFileSync(path, 'utf8')).files;
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** @throws {CommandError} if the run says nothing of whole files */
function fromRecording(path: string): Durations {
  const recording = readRecording(path);
  const {run, lines} = recording;
  if (run.jest.testNamePattern !== null) {
    throw new CommandError(`${path}: the run was of some tests only (-t), so it says nothing of whole files.`);
  }
  const ended = new Map(lines.flatMap(line => (line.type === 'file' ? [[line.file, line] as const] : [])));
  const shares = new Map<string, ShareLine[]>();
  for (const line of lines) {
    if (line.type !== 'share') continue;
    const key = JSON.stringify([line.file, line.node]);
    shares.set(key, [...(shares.get(key) ?? []), line]);
  }
  const durations = new Map<string, FileRecord>();
  const times = fileTimes(
    lines,
    slotTimeline(lines, () => false),
  );
  for (const of of shares.values()) {
    const [first] = of;
    const end = first === undefined ? undefined : ended.get(first.file);
    const key = first === undefined ? null : keyOf(recording, first);
    if (first === undefined || key === null || end === undefined) continue;
    const ofWhole = first.node === null ? (times.get(first.file) ?? null) : null;
    durations.set(key, recordOf(run, of, end, ofWhole));
  }
  return durations;
}

function keyOf({run, lines}: Recording, {file, node}: ShareLine): string | null {
  const recorded = lines.find(line => line.type === 'files')?.files[file];
  if (recorded === undefined) return null;
  const path = posix.relative(`/${run.rootDir}`, `/${recorded.path}`);
  return fileKey(run.projects[recorded.project]?.name ?? null, path, node);
}

/** @param ofWhole what the file took (ms), for a share that nobody measured; null: unknown */
function recordOf(
  {startedAt}: RunLine,
  shares: readonly ShareLine[],
  {at, status}: FileLine,
  ofWhole: number | null,
): FileRecord {
  const profiled = shares.every(({profile}) => profile !== null);
  const ms = profiled ? shares.reduce((sum, {profile}) => sum + (profile?.ms ?? 0), 0) : ofWhole;
  const tests = shares.flatMap(share =>
    share.tests.map(test => ({fullName: test.titles.join(' '), duration: test.ms})),
  );
  return {
    at: Math.round(startedAt + at),
    ms: ms === null ? null : Math.round(ms),
    ...testDurations(tests),
    end: status === 'failed' ? 'failed' : 'passed',
  };
}

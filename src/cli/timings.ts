/** `timings`: what is remembered of past runs, and how to make it of other files. */
import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {timingsAfter} from '../analysis/recordedTimings';
import {formatTimings, mergeTimings, parseTimings, type Timings} from '../core/plan/durations';
import {describeTimeSpan} from '../core/texts/timeSpan';
import {CommandError, UsageError, type Arguments, type Command, type Surroundings} from './command';
import {keyedRecording} from './keyedRecording';
import {printable, table} from './printable';
import {PROJECT_FLAGS, projectArguments, timingsOfProject} from './project';
import {writeOutput} from './writeOutput';

const NOTHING: Timings = {files: new Map(), costs: null};

export const timings: Command = {
  summary: 'Show, merge or make the file of past durations',
  usage: ['timings show [file]', 'timings merge <files…> -o <file>', 'timings from <recordings…> -o <file>'],
  help: `
"show" prints the durations that are remembered, the longest first: those of a timings file, or of this project.
"merge" makes one timings file of several; of each test file, the newest record counts.
"from" makes a timings file of recordings. If the file exists, its records continue. The recordings of all shards of
a run make one record of each file that was cut.`,
  flags: {...PROJECT_FLAGS, output: {value: 'file', short: 'o', text: 'Where "merge" and "from" write to.'}},
  run: (args, surroundings) => {
    const [action, ...paths] = args.positionals;
    if (args.rest !== null) throw new UsageError('"timings" takes no arguments after "--".');
    if (action === 'show') return showTimings(args, paths, surroundings);
    if (action !== 'merge' && action !== 'from') throw new UsageError('"timings" needs one of: show, merge, from.');
    const files = filesAt(paths, surroundings);
    const path = outputOf(args, surroundings);
    const now = Date.now();
    if (action === 'merge') return write(path, mergeTimings(files.map(read), now), surroundings);
    return write(
      path,
      timingsAfter(existsSync(path) ? read(path) : NOTHING, files.map(keyedRecording), now),
      surroundings,
    );
  },
};

function showTimings(args: Arguments, paths: readonly string[], {cwd, print}: Surroundings): number {
  if (args.flags.has('output')) throw new UsageError('"timings show" writes no file.');
  if (paths.length > 1) throw new UsageError('"timings show" takes one file.');
  const path = paths[0] === undefined ? timingsOfProject(projectArguments(args), cwd).path : resolve(cwd, paths[0]);
  const records = [...read(path).files].sort(([, a], [, b]) => (b.ms ?? 0) - (a.ms ?? 0));
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

function outputOf({flags}: Arguments, {cwd}: Surroundings): string {
  const [output] = flags.get('output') ?? [];
  if (output === undefined) throw new UsageError('Name the file to write: -o <file>.');
  return resolve(cwd, output);
}

function write(path: string, made: Timings, {cwd, print}: Surroundings): number {
  print(`${writeOutput(path, cwd, formatTimings(made))} has the durations of ${made.files.size} test files.\n`);
  return 0;
}

function read(path: string): Timings {
  try {
    return parseTimings(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** `runs`: the recordings that there are for this project. */
import {statSync} from 'node:fs';
import {relative} from 'node:path';
import {describeTimeSpan} from '../core/texts/timeSpan';
import {readLines, type EndLine, type FileLine, type RunLine} from '../recording';
import {UsageError, type Command} from './command';
import {bytesText, printable, table} from './printable';
import {PROJECT_FLAGS, recordingsOfProject} from './project';

export const runs: Command = {
  summary: 'List the recordings of this project',
  usage: ['runs [flags]'],
  help: `
Lists the recordings that runs of this project have left, the latest first. Asks the project's own Jest where
they are.`,
  flags: PROJECT_FLAGS,
  run: (args, {cwd, print}) => {
    if (args.positionals.length > 0 || args.rest !== null) throw new UsageError('"runs" takes no arguments.');
    const paths = recordingsOfProject(args, cwd);
    if (paths.length === 0) {
      print('There is no recording of this project. Each run of Jest with this runner leaves one.\n');
      return 0;
    }
    const rows = paths.map(path => rowOf(path, cwd));
    const head = ['TIME', 'VERDICT', 'FILES', 'TESTS', 'DURATION', 'LEVEL', 'SIZE', 'RECORDING'];
    print(`${table([head, ...rows], new Set([2, 3, 4, 6])).join('\n')}\n`);
    return 0;
  },
};

function rowOf(path: string, cwd: string): string[] {
  const size = bytesText(statSync(path, {throwIfNoEntry: false})?.size ?? 0);
  const inside = relative(cwd, path);
  const name = printable(inside.startsWith('..') ? path : inside);
  let run: RunLine | null = null;
  let end: EndLine | null = null;
  let files = 0;
  let tests = 0;
  let last = 0;
  try {
    for (const line of readLines(path)) {
      if (line.type === 'run') run = line;
      else if (line.type === 'end') end = line;
      else if (line.type === 'files') files = line.files.length;
      else if (line.type === 'file') tests += testsOf(line);
      if ('at' in line) last = Math.max(last, line.at);
    }
  } catch {
    run = null;
  }
  if (run === null) return ['', 'unreadable', '', '', '', '', size, name];
  const time = new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const verdict = end?.verdict ?? 'unfinished';
  return [time, verdict, String(files), String(tests), describeTimeSpan(end?.at ?? last), run.level, size, name];
}

function testsOf({tests: {passed, failed, pending, todo}}: FileLine): number {
  return passed + failed + pending + todo;
}

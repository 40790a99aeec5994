/** `advise`: what would make a run shorter, from its recording. */
import {resolve} from 'node:path';
import {adviceOn} from '../analysis/advice';
import {planOf} from '../analysis/scheduleReplay';
import {readRecording} from '../recording';
import {adviceText} from './adviceText';
import {CommandError, UsageError, type Command} from './command';
import {PROJECT_FLAGS, recordingsOfProject} from './project';

/** Virtual runs of hundreds of thousands of tests take seconds. This many ms end hostile ones. */
const COMPUTE_MS = 20_000;

export const advise: Command = {
  summary: 'Say what would make a run shorter',
  usage: ['advise [recording] [flags]'],
  help: `
Repeats a run in virtual time, by the scheduler that real runs have, with other numbers of workers and with files
split, and prints how long it would take. Also prints which packages, hooks and files cost most. Without a name: of
this project's latest run.`,
  flags: {
    ...PROJECT_FLAGS,
    workers: {value: 'n', short: 'w', multiple: true, text: 'Also predict the time with this many workers.'},
  },
  run: (args, {cwd, print}) => {
    if (args.rest !== null || args.positionals.length > 1) throw new UsageError('"advise" takes one recording.');
    const tryWorkers = (args.flags.get('workers') ?? []).map(workersIn);
    const [given] = args.positionals;
    const path = given === undefined ? recordingsOfProject(args, cwd)[0] : resolve(cwd, given);
    if (path === undefined) {
      throw new CommandError('There is no recording of this project. Each run of Jest with this runner leaves one.');
    }
    const {run, lines} = readRecording(path);
    const until = performance.now() + COMPUTE_MS;
    const advice = adviceOn(run, lines, {tryWorkers, mayGoOn: () => performance.now() < until});
    const files = lines.flatMap(line => (line.type === 'files' ? line.files : []));
    const units = lines.flatMap(line => (line.type === 'plan' ? line.files : []));
    print(
      adviceText(
        advice,
        file => files[file]?.path ?? `file ${file}`,
        unit => units[unit] ?? -1,
        planOf(lines),
      ),
    );
    return 0;
  },
};

const MOST_WORKERS = 1000;

function workersIn(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MOST_WORKERS) {
    throw new UsageError(`--workers must be a whole number from 1 to ${MOST_WORKERS}.`);
  }
  return count;
}

/** `show`: what a run did, from its recording. */
import {resolve} from 'node:path';
import {planOf} from '../analysis/scheduleReplay';
import {summaryOf} from '../analysis/summary';
import {readRecording} from '../recording';
import {ctrf} from '../report/ctrf';
import {markdown} from '../report/markdown';
import {reportModel} from '../report/reportModel';
import {UsageError, type Arguments, type Command} from './command';
import {PROJECT_FLAGS} from './project';
import {recordingAt} from './recordingAt';
import {showText} from './showText';

/** The replay of a schedule takes a second for hundreds of thousands of tests. This many ms end a hostile one. */
const REPLAY_MS = 20_000;

/** What asJest.ts exports. */
interface AsJest {
  readonly showAsJest: (args: {
    readonly recordings: string[];
    readonly jestArguments: string[];
    readonly withoutProjects: string[];
    readonly allowIncomplete: boolean;
    readonly cwd: string;
  }) => Promise<number>;
}

export const show: Command = {
  summary: 'Show what a run did: failures, slowest files, floor, idle workers',
  usage: [
    'show [recording] [--markdown | --ctrf]',
    'show --as-jest <recordings or folders…> [flags] [-- jest arguments]',
  ],
  help: `
Prints a summary of a run from its recording. Without a name: of this project's latest run.

With --as-jest, the project's own Jest reports the run of full recordings again: its reporters, files and exit
code are those of the run. No test is executed. What follows "--" is passed to Jest.

Exits with 1 if the run failed or did not end.`,
  flags: {
    ...PROJECT_FLAGS,
    markdown: {text: 'Print Markdown: a job summary of GitHub Actions, at most 1 MiB.'},
    ctrf: {text: 'Print JSON in the Common Test Report Format (https://ctrf.io).'},
    'as-jest': {text: 'Let Jest report the run of full recordings again.'},
    'without-project': {
      value: 'name',
      multiple: true,
      text: 'With --as-jest: leave out this project of the Jest config. May be given several times.',
    },
    'allow-incomplete': {text: 'With --as-jest: report also recordings that are cut off.'},
  },
  run: async (args, {cwd, print}) => {
    if (args.flags.has('as-jest')) return showAsJest(args, cwd);
    for (const flag of ['without-project', 'allow-incomplete']) {
      if (args.flags.has(flag)) throw new UsageError(`--${flag} goes with --as-jest.`);
    }
    if (args.rest !== null) throw new UsageError('Arguments after "--" go with --as-jest.');
    if (args.positionals.length > 1) throw new UsageError('"show" takes one recording.');
    const recording = readRecording(recordingAt(args.positionals[0], args, cwd));
    const format = formatOf(args);
    if (format !== null) {
      const model = reportModel(recording);
      print(format === 'markdown' ? markdown(model) : `${JSON.stringify(ctrf(model), null, 2)}\n`);
      return model.run.verdict === 'passed' ? 0 : 1;
    }
    const {run, lines, problem} = recording;
    const until = performance.now() + REPLAY_MS;
    const summary = summaryOf(lines, () => performance.now() < until);
    print(showText(run, planOf(lines), summary, problem));
    return summary.verdict === 'passed' ? 0 : 1;
  },
};

/** null: text. */
function formatOf({flags}: Arguments): 'markdown' | 'ctrf' | null {
  if (flags.has('markdown') && flags.has('ctrf')) throw new UsageError('--markdown and --ctrf exclude each other.');
  return flags.has('markdown') ? 'markdown' : flags.has('ctrf') ? 'ctrf' : null;
}

function showAsJest({flags, positionals, rest}: Arguments, cwd: string): Promise<number> {
  if (positionals.length === 0) throw new UsageError('--as-jest needs at least one recording.');
  for (const name of ['markdown', 'ctrf']) {
    if (flags.has(name)) throw new UsageError(`--${name} does not go with --as-jest.`);
  }
  for (const name of Object.keys(PROJECT_FLAGS)) {
    if (flags.has(name)) throw new UsageError(`With --as-jest, --${name} goes after "--".`);
  }
  const module = require('./asJest') as AsJest;
  return module.showAsJest({
    recordings: positionals.map(path => resolve(cwd, path)),
    jestArguments: [...(rest ?? [])],
    withoutProjects: [...(flags.get('without-project') ?? [])],
    allowIncomplete: flags.has('allow-incomplete'),
    cwd,
  });
}

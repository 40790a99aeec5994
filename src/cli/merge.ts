/** `merge`: the shards of a run, told as one run. */
import type * as MergedRun from '../replay/mergedRun';
import {UsageError, type Command} from './command';

export const merge: Command = {
  summary: 'Report the shards of a run as one run',
  usage: ['merge <recordings or folders…> [flags] [-- jest arguments]'],
  help: `
The project's own Jest reports the full recordings of all shards as one run: its reporters, thresholds of
coverage, obsolete snapshots and exit code are those of the run without shards. No test is executed. What
follows "--" is passed to Jest.

Exits with Jest's exit code; with 2 if the recordings are not those of all shards of one run.`,
  flags: {
    'allow-incomplete': {text: 'Report what there is if something is missing. The exit code is never 0 then.'},
    'without-project': {
      value: 'name',
      multiple: true,
      text: 'Leave out this project of the Jest config, which has another runner. May be given several times.',
    },
  },
  run: ({flags, positionals, rest}, {cwd}) => {
    if (positionals.length === 0) throw new UsageError('"merge" needs the recordings of all shards.');
    // Loaded only here: other commands start faster.
    const {mergeShards} = require('../replay/mergedRun') as typeof MergedRun;
    return mergeShards({
      recordings: positionals,
      jestArguments: rest ?? [],
      withoutProjects: flags.get('without-project') ?? [],
      allowIncomplete: flags.has('allow-incomplete'),
      cwd,
    });
  },
};

/** `merge`: the shards of a run, told as one run. */
import {timingsAfter} from '../analysis/recordedTimings';
import {RecordingError} from '../recording';
import {findRecordings} from '../replay/checkedRecordings';
import type * as MergedRun from '../replay/mergedRun';
import {ReplayError} from '../replay/replayError';
import {CommandError, UsageError, type Command} from './command';
import {keyedRecording} from './keyedRecording';
import {timingsOfProject} from './project';

export const merge: Command = {
  summary: 'Report the shards of a run as one run',
  usage: ['merge <recordings or folders…> [flags] [-- jest arguments]'],
  help: `
The project's own Jest reports the full recordings of all shards as one run: its reporters, thresholds of
coverage, obsolete snapshots and exit code are those of the run without shards. No test is executed. What
follows "--" is passed to Jest. The durations of all shards are written to the timings file.

Exits with Jest's exit code; with 2 if the recordings are not those of all shards of one run.`,
  flags: {
    'allow-incomplete': {text: 'Report what there is if something is missing. The exit code is never 0 then.'},
    'without-project': {
      value: 'name',
      multiple: true,
      text: 'Leave out this project of the Jest config, which has another runner. May be given several times.',
    },
  },
  run: async ({flags, positionals, rest}, {cwd}) => {
    if (positionals.length === 0) throw new UsageError('"merge" needs the recordings of all shards.');
    // Loaded only here: other commands start faster.
    const {mergeShards} = require('../replay/mergedRun') as typeof MergedRun;
    const jestArguments = rest ?? [];
    const code = await mergeShards({
      recordings: positionals,
      jestArguments,
      withoutProjects: flags.get('without-project') ?? [],
      allowIncomplete: flags.has('allow-incomplete'),
      cwd,
    });
    noteTimings(positionals, jestArguments, cwd);
    return code;
  },
};

/**
 * A run writes the durations of its files, and a shard does not: see TimingsOptions. A merge that fails writes what there
 * is, because the next run must not cut a file again whose tests were not the same in all shards.
 */
function noteTimings(places: readonly string[], jestArguments: readonly string[], cwd: string): void {
  try {
    const recordings = findRecordings(places, cwd).map(keyedRecording);
    const timings = timingsOfProject(jestArguments, cwd);
    timings.load();
    timings.recordAll(timingsAfter(timings.past, recordings, Date.now()));
    timings.save();
  } catch (error) {
    // The merge has said what is wrong with a recording or with the project; and a run with -t leaves no durations.
    if (error instanceof RecordingError || error instanceof ReplayError || error instanceof CommandError) return;
    throw error;
  }
}

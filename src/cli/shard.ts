/** `shard`: runs one shard of the project's tests, and leaves the recording that `merge` makes one result of. */
import {existsSync, rmSync} from 'node:fs';
import {relative, resolve} from 'node:path';
import {shardOfCi, type ShardOfCi} from './ciShards';
import {CommandError, UsageError, type Arguments, type Command} from './command';
import {checkJestArguments, findShardedJest} from './shardedJest';
import {readLines} from '../recording/reader';
import {runJest} from '../replay/checkout';
import {warn} from '../run/warn';
import {PLAN_VARIABLE} from '../core/rules/optionSchemas';

export const shard: Command = {
  summary: "Run one shard of the project's tests",
  usage: ['shard [i/n | ci] [--plan file] [-- jest arguments]'],
  help: `
Runs shard i of n with the project's own Jest, and leaves xdist-shard-<i>-of-<n>.xdist: the file to keep for "merge".
The shards are balanced by past durations. Each must have the same timings file: see docs/ci.md.
"ci", the default, takes i and n from the variables of GitLab, CircleCI, Buildkite or Azure Pipelines.
The variable XDIST_RECORDING names another file for the recording. "merge" judges the coverage threshold, not a shard.`,
  flags: {plan: {value: 'file', text: 'Take the plan from this file, which "plan" has written.'}},
  run: async (args, {cwd}) => {
    const {index, count} = shardIn(args);
    const given = args.rest ?? [];
    checkJestArguments('shard', given);
    const jest = findShardedJest(cwd, given);
    const recording = resolve(cwd, process.env.XDIST_RECORDING || `xdist-shard-${index}-of-${count}.xdist`);
    // One that an earlier run left would be taken for this run's.
    rmSync(recording, {force: true});
    if (jest.hasThreshold)
      warn('the coverage threshold is not checked in a shard. `jest-runner-xdist merge` checks it.');
    const [plan] = args.flags.get('plan') ?? [];
    const ended = await runJest(
      jest,
      cwd,
      [
        `--shard=${index}/${count}`,
        ...jest.sequencerArguments,
        '--passWithNoTests',
        ...(jest.hasThreshold ? ['--coverageThreshold={}'] : []),
        ...given,
      ],
      {XDIST_RECORDING: recording, ...(plan !== undefined && {[PLAN_VARIABLE]: resolve(cwd, plan)})},
    );
    return ended === 0 ? checkRecording(recording, cwd) : ended;
  },
};

function shardIn({positionals}: Arguments): ShardOfCi {
  const [named = 'ci', ...others] = positionals;
  if (others.length > 0) throw new UsageError('"shard" takes one shard, as in 2/5. Jest\'s arguments follow "--".');
  if (named === 'ci') {
    const found = shardOfCi(process.env);
    if (typeof found === 'string') throw new CommandError(found);
    return found;
  }
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(named) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new UsageError(`"${named}" is no shard. Write which one of how many, as in 2/5, or "ci".`);
  }
  return {index, count};
}

/** @returns the exit code: a run that passed without being a shard of ours would make the merge wrong */
function checkRecording(path: string, cwd: string): number {
  if (!existsSync(path)) {
    warn('this shard has run no test of this runner, so it leaves no recording.');
    return 0;
  }
  for (const line of readLines(path)) {
    if (line.type === 'shard') return 0;
    if (line.type === 'plan' || line.type === 'told') break;
  }
  warn(
    `${relative(cwd, path)} is not the recording of a shard: the project's testSequencer does not extend ours. ` +
      "Let its class extend require('jest-runner-xdist/sequencer').",
  );
  return 1;
}

/** The project's own Jest with our test sequencer, for the commands that start it on a shard. */
import {realpathSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import * as v from 'valibot';
import {CommandError, UsageError} from './command';
import {findJestCommand, showConfig} from '../run/jest/projectJest';
import {jestOf} from '../run/jest/runningJest';
import {OUR_SEQUENCER} from '../run/shard/ourSequencer';

const shown = v.object({
  globalConfig: v.looseObject({
    testSequencer: v.string(),
    collectCoverage: v.boolean(),
    coverageThreshold: v.optional(v.unknown()),
  }),
});

export interface ShardedJest {
  /** The script of the command `jest`. */
  readonly bin: string;
  /** What makes Jest use our sequencer; empty: the project has a sequencer of its own, which must extend ours. */
  readonly sequencerArguments: readonly string[];
  /** Whether the project's config sets a threshold for coverage, and coverage is collected. */
  readonly hasThreshold: boolean;
}

/** @throws {CommandError} if there is no Jest, or if it cannot read its config */
export function findShardedJest(cwd: string, jestArguments: readonly string[]): ShardedJest {
  const bin = findJestCommand(join(cwd, 'package.json'));
  if (bin === null) throw new CommandError(`There is no Jest in ${cwd}: install the project's dependencies first.`);
  const {config, stdout, stderr, error} = showConfig(bin, cwd, jestArguments);
  if (error !== null) throw new CommandError(`Jest could not be started: ${error}`);
  const parsed = v.safeParse(shown, config);
  if (!parsed.success) throw new CommandError(`Jest cannot show its config.\n\n${stderr.trim() || stdout.trim()}`);
  const {testSequencer, collectCoverage, coverageThreshold} = parsed.output.globalConfig;
  return {
    bin,
    sequencerArguments: isJestsOwn(testSequencer, bin) ? [`--testSequencer=${OUR_SEQUENCER}`] : [],
    hasThreshold: collectCoverage && coverageThreshold != null,
  };
}

/** @throws {UsageError} if the user passes what the command itself decides */
export function checkJestArguments(command: string, jestArguments: readonly string[]): void {
  for (const argument of jestArguments) {
    if (argument === '--') return;
    if (/^--shard(=|$)/.test(argument)) {
      throw new UsageError(`"${command}" itself tells Jest which shard it runs: leave out ${argument}.`);
    }
    if (/^--(watch|watchAll|watch-all)(=|$)/.test(argument)) {
      throw new UsageError(`"${command}" is for one run: leave out ${argument}.`);
    }
  }
}

/** Whether a config's sequencer is Jest's default one, which cuts by counts. */
function isJestsOwn(testSequencer: string, bin: string): boolean {
  const core = createRequire(realpathSync(bin)).resolve('@jest/core');
  return jestOf(core).defaultSequencer() === testSequencer;
}

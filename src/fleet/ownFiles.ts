/** The test files of this machine, in the order that all machines have. */
import type {Test} from '@jest/test-result';
import type {FileRecord} from '../core/plan/durations';
import {compareTexts} from '../core/shards/shardInput';
import type {RepoPaths} from '../recording/repoPaths';
import type {RunOptions} from '../run/runOptions';
import {runMayCut, shardInputs, type ShardedFile} from '../shard/shardInputs';
import {sortedConfigs} from './ownCollection';

export type OwnFile = Pick<ShardedFile<Test>, 'test' | 'input' | 'canSplit'>;

/**
 * @param paths of this checkout
 * @param recordOf what is remembered of a file, by its key
 */
export function ownFiles(run: RunOptions, paths: RepoPaths, recordOf: (key: string) => FileRecord | null): OwnFile[] {
  const {jest, globalConfig, options, tests} = run;
  const mayCut = runMayCut(options, globalConfig);
  // Projects without names may have the same file: which of them is the first must not depend on the machine.
  const ranks = new Map(sortedConfigs(run, paths).map(({id}, rank) => [id, rank]));
  const rankOf = ({context}: Test) => ranks.get(context.config.id) ?? 0;
  const ordered = [...tests].sort((a, b) => rankOf(a) - rankOf(b));
  const inputs = shardInputs(ordered, {jest, rootDir: globalConfig.rootDir, options, mayCut, recordOf});
  return inputs.sort((a, b) => compareTexts(a.input.key, b.input.key));
}

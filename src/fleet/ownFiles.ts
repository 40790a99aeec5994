/** The test files of this machine, in the order that all machines have. */
import type {Test} from '@jest/test-result';
import type {FileRecord} from '../core/plan/durations';
import {compareTexts, type ShardInput} from '../core/shards/shardInput';
import {findRoot, RepoPaths} from '../recording/repoPaths';
import type {RunOptions} from '../run/runOptions';
import {runMayCut, shardInputs} from '../shard/shardInputs';

export interface OwnFile {
  readonly test: Test;
  readonly input: ShardInput;
}

/** @param recordOf what is remembered of a file, by its key */
export function ownFiles(
  {jest, globalConfig, options, tests}: RunOptions,
  recordOf: (key: string) => FileRecord | null,
): OwnFile[] {
  const mayCut = runMayCut(options, globalConfig);
  const inputs = shardInputs(tests, {jest, rootDir: globalConfig.rootDir, options, mayCut, recordOf});
  return inputs.sort((a, b) => compareTexts(a.input.key, b.input.key));
}

/** The paths of this checkout. */
export function ownPaths({globalConfig, tests}: Pick<RunOptions, 'globalConfig' | 'tests'>): RepoPaths {
  const folders = new Set(tests.map(({context}) => context.config.rootDir));
  return new RepoPaths(findRoot(globalConfig.rootDir, [...folders, ...tests.map(({path}) => path)]));
}

/** Decides which files of this shard are cut: the shard runs some of their tests. */
import {relative} from 'node:path';
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import {MODES} from '../../core/plan/dist';
import type {FileRules} from '../../core/rules/fileRules';
import type {Dist} from '../../core/rules/options';
import type {PlannedFile} from '../../core/shards/shardPlan';
import type {FileCut} from '../../core/wire/fileCut';
import type {CurrentShard} from './currentShard';

export interface FileCutsOptions {
  /** null: the run is not sharded, or not by us. */
  readonly shard: Pick<CurrentShard, 'index' | 'planned'> | null;
  readonly globalConfig: Pick<Config.GlobalConfig, 'rootDir' | 'updateSnapshot'>;
  readonly dist: Dist;
  readonly rulesOf: (test: Test) => Pick<FileRules, 'canSplit'>;
  /** Whether Jest has the parts that merge the parts of a file. Called only if a file is to be cut. */
  readonly canMerge: () => boolean;
  readonly warn: (text: string) => void;
}

export interface FileCuts {
  readonly cuts: ReadonlyMap<Test, FileCut>;
  /** The files that this shard runs nothing of: the plan cuts them, this run cannot, and another shard runs them. */
  readonly leftOut: ReadonlySet<Test>;
}

/** All shards of a run have the same plan and the same settings, so they agree on the files that cannot be cut. */
export function findCuts(tests: readonly Test[], options: FileCutsOptions): FileCuts {
  const {shard, globalConfig, dist, rulesOf, warn} = options;
  const planned = shard === null ? [] : tests.flatMap(test => cutFile(test, shard));
  if (shard === null || planned.length === 0) return {cuts: new Map(), leftOut: new Set()};
  const obstacle = whyNot(options);
  if (obstacle !== null) {
    const shown = planned.map(({test, owner}) => `  ${relative(globalConfig.rootDir, test.path)}: shard ${owner}`);
    warn(`the shards do not cut these files, because ${obstacle} One shard runs all of a file:\n${shown.join('\n')}`);
    const ofOthers = planned.filter(({owner}) => owner !== shard.index);
    return {cuts: new Map(), leftOut: new Set(ofOthers.map(({test}) => test))};
  }
  const cuts = planned.map(({test, owner, given}): [Test, FileCut] => [
    test,
    // A plan may be older than the file's rules: then the coarser groups are the safe ones.
    {granularity: rulesOf(test).canSplit ?? 'tests', grouping: MODES[dist].grouping, shard: shard.index, owner, given},
  ]);
  return {cuts: new Map(cuts), leftOut: new Set()};
}

interface PlannedCut {
  readonly test: Test;
  readonly owner: number;
  readonly given: NonNullable<PlannedFile['given']>;
}

function cutFile(test: Test, shard: Pick<CurrentShard, 'planned'>): PlannedCut[] {
  const planned = shard.planned(test.context.config.id, test.path);
  return planned === null || planned.given === null ? [] : [{test, owner: planned.shard, given: planned.given}];
}

/** Why no file of the run can be cut, as a sentence; null: files can. */
function whyNot({globalConfig, canMerge}: FileCutsOptions): string | null {
  // Each shard would write a snapshot file that lacks what the other shards write.
  if (globalConfig.updateSnapshot !== 'none') return 'this run may write snapshots. Run the shards with --ci.';
  return canMerge() ? null : 'this version of Jest is not known well enough.';
}

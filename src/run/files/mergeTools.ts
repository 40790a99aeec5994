/** The running Jest's code that merges the results of one file from several workers or several nodes. */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {MergeTools} from '../../core/results/merge';
import type {NodeMergeTools} from '../../core/results/mergeNodes';
import {updateSnapshotFor, type SnapshotUse} from '../../core/results/snapshotUse';
import type {CoverageTools} from '../../core/results/sumResults';
import {mergeCoverage, mergeV8Coverage} from './coverage';
import type {RunningJest} from '../jest/runningJest';
import {NOT_SAVED, saveSnapshots, snapshotSettings} from './snapshotFile';

/** Whether this Jest has the parts that merge the slices of a file. */
export function canMerge(
  {capabilities}: Pick<RunningJest, 'capabilities'>,
  {collectCoverage}: Pick<Config.GlobalConfig, 'collectCoverage'>,
): boolean {
  return capabilities.has('snapshotState') && (!collectCoverage || capabilities.has('coverage'));
}

export function mergeTools(
  test: Test,
  jest: RunningJest,
  {updateSnapshot, expand}: Config.GlobalConfig,
  use: SnapshotUse,
): MergeTools {
  const settings = snapshotSettings(test, {updateSnapshot: updateSnapshotFor(use, updateSnapshot), expand});
  return {
    ...coverageTools(jest),
    // If a file's worker died, its ended tests keep their results even if their snapshots cannot be saved.
    saveSnapshots: changes =>
      jest.capabilities.has('snapshotState')
        ? saveSnapshots(changes, settings, jest.snapshotState(), use === 'keep-obsolete')
        : NOT_SAVED,
    slowTestThresholdS: test.context.config.slowTestThreshold,
  };
}

export function nodeMergeTools(
  {context: {config}, path}: Test,
  jest: RunningJest,
  globalConfig: Config.GlobalConfig,
  nodeCount: number,
): NodeMergeTools {
  return {
    ...coverageTools(jest),
    formatError: ({message, stack}) =>
      jest.messageUtil().formatExecError({message, stack: stack ?? ''}, config, globalConfig, path),
    nodeCount,
  };
}

export function coverageTools(jest: Pick<RunningJest, 'istanbulCoverage' | 'bcoeCoverage'>): CoverageTools {
  return {
    mergeCoverage: all => mergeCoverage(all, jest.istanbulCoverage()),
    mergeV8Coverage: all => mergeV8Coverage(all, jest.bcoeCoverage()),
  };
}

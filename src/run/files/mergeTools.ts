/** The running Jest's own ways of merging what several workers, or several nodes, have made of one file. */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {MergeTools} from '../../core/results/merge';
import type {NodeMergeTools} from '../../core/results/mergeNodes';
import {updateSnapshotFor, type SnapshotUse} from '../../core/results/snapshotUse';
import type {CoverageTools} from '../../core/results/sumResults';
import {mergeCoverage, mergeV8Coverage} from './coverage';
import type {RunningJest} from '../jest/runningJest';
import {NOT_SAVED, saveSnapshots, snapshotSettings} from './snapshotFile';

/** Whether this Jest has what it takes to merge what several workers have made of one file. */
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
    // Of a file whose worker died the tests that ended keep their results, whatever becomes of their snapshots.
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

function coverageTools(jest: RunningJest): CoverageTools {
  return {
    mergeCoverage: all => mergeCoverage(all, jest.istanbulCoverage()),
    mergeV8Coverage: all => mergeV8Coverage(all, jest.bcoeCoverage()),
  };
}

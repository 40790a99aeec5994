/**
 * Removes, with -u, the snapshots of a file that no node has a test for, after the file has ended on all nodes.
 * A single node cannot remove them, because it does not know which snapshots the other nodes need.
 */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {UnitOutcome} from '../../core/wire/workerMessages';
import type {RunningJest} from '../jest/runningJest';
import {removeSnapshots, snapshotSettings} from './snapshotFile';

/** @param outcome the outcome of all nodes together; its unchecked keys are unchecked on every node */
export async function removeObsolete(
  outcome: UnitOutcome,
  test: Test,
  jest: Pick<RunningJest, 'snapshotPath' | 'snapshotState'>,
  globalConfig: Pick<Config.GlobalConfig, 'updateSnapshot' | 'expand'>,
): Promise<UnitOutcome> {
  if (outcome.type === 'error' || globalConfig.updateSnapshot !== 'all') return outcome;
  const {result} = outcome;
  const {snapshot} = result;
  if (snapshot.uncheckedKeys.length === 0) return outcome;
  try {
    const path = await jest.snapshotPath(test.context.config, test.path);
    const settings = snapshotSettings(test, globalConfig);
    if (!removeSnapshots(path, snapshot.uncheckedKeys, settings, jest.snapshotState())) return outcome;
    // jest-circus counts in the same way.
    return {type: 'result', result: {...result, snapshot: {...snapshot, fileDeleted: true, unchecked: 0}}};
  } catch (thrown) {
    // As in Jest: a file has no result if its snapshots cannot be saved.
    const {message, stack = ''} = thrown as Error;
    return {type: 'error', error: {message, stack, type: 'Error'}};
  }
}

/**
 * Snapshots of a file that runs on several nodes, and that none of these has a test for. With -u they are
 * removed when it has ended on all of them: a node that removed them could not know what the next one has, and
 * what that one's test does not get to in this run would be lost.
 */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {UnitOutcome} from '../../core/wire/workerMessages';
import type {RunningJest} from '../jest/runningJest';
import {removeSnapshots, snapshotSettings} from './snapshotFile';

/** @param outcome what all nodes together have made of the file; its unchecked keys are those that all have */
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
    // As jest-circus counts.
    return {type: 'result', result: {...result, snapshot: {...snapshot, fileDeleted: true, unchecked: 0}}};
  } catch (thrown) {
    // Jest, too, has no result of a file whose snapshots cannot be saved.
    const {message, stack = ''} = thrown as Error;
    return {type: 'error', error: {message, stack, type: 'Error'}};
  }
}

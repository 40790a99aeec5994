/** The paths of the checkout in which a run is. */
import {findRoot, RepoPaths} from '../recording/repoPaths';
import type {RunOptions} from './runOptions';

export function checkoutPaths({globalConfig, tests}: Pick<RunOptions, 'globalConfig' | 'tests'>): RepoPaths {
  const folders = new Set(tests.map(({context}) => context.config.rootDir));
  return new RepoPaths(findRoot(globalConfig.rootDir, [...folders, ...tests.map(({path}) => path)]));
}

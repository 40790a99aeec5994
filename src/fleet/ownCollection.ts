/** What this machine has of what all machines of a run must have in common. */
import {MODES} from '../core/plan/dist';
import type {Collection} from '../core/fleet/collection';
import {gitOfCi} from '../run/recording/gitOfCi';
import {configFingerprint, jestSettings} from '../run/recording/runLine';
import {nodeMajor} from './nodeMajor';
import {ownPackage} from '../run/ownPackage';
import type {RunOptions} from '../run/runOptions';

/**
 * @param keys of all test files, sorted
 * @param root of the repository in this checkout
 */
export function ownCollection(run: RunOptions, keys: readonly string[], root: string): Collection {
  const {jest, globalConfig, options, tests} = run;
  const configs = new Map(tests.map(({context}) => [context.config.id, context.config]));
  const {testNamePattern, bail, collectCoverage, coverageProvider, randomize, seed} = jestSettings(globalConfig);
  return {
    files: keys,
    config: configFingerprint([...configs.values()], root),
    versions: {runner: ownPackage().version, jest: jest.version, node: nodeMajor()},
    commit: gitOfCi(process.env).commit,
    settings: {
      bail: String(bail),
      coverage: collectCoverage ? coverageProvider : 'off',
      dist: options.dist,
      randomize: randomize ? `seed ${seed}` : 'off',
      testNamePattern: testNamePattern ?? 'none',
    },
    nodes: MODES[options.dist].each ? options.nodes.map(({name}) => name) : [],
  };
}

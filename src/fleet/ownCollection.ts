/** What this machine has of what all machines of a run must have in common. */
import type {Config} from '@jest/types';
import type {Collection} from '../core/fleet/collection';
import {MODES} from '../core/plan/dist';
import {compareTexts} from '../core/shards/shardInput';
import type {RepoPaths} from '../recording/repoPaths';
import {ownPackage} from '../run/ownPackage';
import {gitOfCi} from '../run/recording/gitOfCi';
import {configFingerprint, jestSettings} from '../run/recording/runLine';
import type {RunOptions} from '../run/runOptions';
import {nodeMajor} from './nodeMajor';

/**
 * @param keys of all test files, sorted
 * @param paths of this checkout
 */
export function ownCollection(run: RunOptions, keys: readonly string[], paths: RepoPaths): Collection {
  const {jest, globalConfig, options} = run;
  const {rootDir} = globalConfig;
  const {testNamePattern, bail, collectCoverage, coverageProvider, randomize, seed} = jestSettings(globalConfig);
  return {
    files: keys,
    config: configFingerprint(sortedConfigs(run, paths), rootDir, paths.root),
    versions: {runner: ownPackage().version, jest: jest.version, node: nodeMajor()},
    commit: gitOfCi(process.env).commit,
    settings: {
      bail: String(bail),
      coverage: collectCoverage ? coverageProvider : 'off',
      dist: options.dist,
      randomize: randomize ? `seed ${seed}` : 'off',
      // Results name files from the root, which is the folder with `.git`. A checkout without it may have another root.
      'rootDir, from the root of the repository': paths.toRecorded(rootDir) || '.',
      testNamePattern: testNamePattern ?? 'none',
    },
    nodes: MODES[options.dist].each ? options.nodes.map(({name}) => name) : [],
  };
}

/**
 * The projects in an order that all machines have. Jest's order of the tests depends on what this machine remembers of
 * earlier runs, and a project's id on its folder.
 */
export function sortedConfigs({globalConfig, tests}: Pick<RunOptions, 'globalConfig' | 'tests'>, paths: RepoPaths) {
  const configs = new Map(tests.map(({context}) => [context.config.id, context.config]));
  const printOf = (config: Config.ProjectConfig) => configFingerprint([config], globalConfig.rootDir, paths.root);
  const printed = [...configs.values()].map(config => ({config, print: printOf(config)}));
  return printed.sort((a, b) => compareTexts(a.print, b.print)).map(({config}) => config);
}

/** Reads what every file of a run asks for. A file that asks for something that the run does not have will not run. */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import {NO_FIXTURES, type RunFixtures} from '../core/plan/runFixtures';
import {type FileRules, NO_RULES, overdrawn, type RuleProblem, rulesOf} from '../core/rules/fileRules';
import {type FilePragmas, NO_PRAGMAS} from '../core/rules/pragmas';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import {unmetRules} from '../core/texts/deaths';
import type {Reports} from './files/reports';
import {readAllPragmas} from './jest/filePragmas';
import {globMatcher} from './jest/globs';
import type {RunningJest} from './jest/runningJest';
import type * as FixtureModules from './fixtures/fixtureModules';

export interface RunRulesOptions {
  readonly jest: RunningJest;
  readonly globalConfig: Config.GlobalConfig;
  readonly options: ResolvedOptions;
  readonly reports: Pick<Reports, 'fileRefused'>;
}

export interface RunRules {
  /** The files that can be run. */
  readonly tests: readonly Test[];
  readonly rulesOf: (test: Test) => FileRules;
  readonly fixtures: RunFixtures;
}

/** Reports the files with invalid pragmas and the files that ask for something that the run does not have. */
export function readRunRules(all: readonly Test[], {jest, globalConfig, options, reports}: RunRulesOptions): RunRules {
  const {rootDir} = globalConfig;
  const readRules = rulesReader({jest, rootDir, options});
  const rules = new Map<Test, FileRules>();
  for (const [test, pragmas] of readAllPragmas(all, jest, reports)) rules.set(test, readRules(test.path, pragmas));

  let problems: ReadonlyMap<Test, readonly RuleProblem[]> = new Map(
    [...rules].map(([test, asked]) => [test, overdrawn(asked, options.resources)] as const),
  );
  let fixtures: RunFixtures = NO_FIXTURES;
  if ([...rules.values()].some(({sharedFixtures}) => sharedFixtures.length > 0)) {
    // Loaded only if needed: most suites have no fixtures.
    const {findFixtures} = require('./fixtures/fixtureModules') as typeof FixtureModules;
    ({fixtures, problems} = findFixtures(rules, problems, {docblock: jest.docblock(), rootDir}));
  }
  const refused = new Set<Test>();
  for (const [test, unmet] of problems) {
    if (unmet.length === 0) continue;
    refused.add(test);
    reports.fileRefused(test, unmetRules(unmet));
  }
  return {
    tests: [...rules.keys()].filter(test => !refused.has(test)),
    rulesOf: test => rules.get(test) ?? NO_RULES,
    fixtures,
  };
}

/** @returns a function that combines a file's pragmas with the options */
export function rulesReader({
  jest,
  rootDir,
  options: {canSplit, files},
}: {
  readonly jest: Pick<RunningJest, 'globMatcher'>;
  readonly rootDir: string;
  readonly options: Pick<ResolvedOptions, 'canSplit' | 'files'>;
}): (path: string, pragmas: FilePragmas) => FileRules {
  const splitByOption = globMatcher(canSplit, rootDir, jest);
  const folders = files.map(rules => ({rules, matches: globMatcher(rules.match, rootDir, jest)}));
  return (path, pragmas) => {
    const matching = folders.filter(({matches}) => matches(path)).map(({rules}) => rules);
    const split = splitByOption(path);
    if (pragmas === NO_PRAGMAS && matching.length === 0 && !split) return NO_RULES;
    return rulesOf(path, pragmas, matching, split);
  };
}

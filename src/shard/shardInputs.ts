/** What the plan of the shards is made of: for each test file, its rules and what is remembered of it. */
import {realpathSync} from 'node:fs';
import {basename, dirname, join, relative} from 'node:path';
import {fileKey, type FileRecord} from '../core/plan/durations';
import {MODES} from '../core/plan/dist';
import type {Granularity} from '../core/plan/units';
import {NO_RULES, whyWhole, type FileRules} from '../core/rules/fileRules';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import type {ShardInput} from '../core/shards/shardInput';
import {findFixtures} from '../run/fixtures/fixtureModules';
import {readPragmas} from '../run/jest/filePragmas';
import type {RunningJest} from '../run/jest/runningJest';
import {rulesReader} from '../run/runRules';

/** The part of Jest's Test that we use. */
export interface SequencedTest {
  readonly path: string;
  readonly context: {
    readonly config: {
      readonly id: string;
      readonly rootDir: string;
      readonly cwd: string;
      readonly cacheDirectory: string;
      readonly displayName?: {readonly name: string};
      readonly runner: string;
      readonly runnerOptions?: unknown;
      readonly testRunner: string;
    };
    readonly hasteFS: {getSize(path: string): number | null};
  };
}

export interface ShardedFile<T> {
  readonly test: T;
  readonly input: ShardInput;
  /** How the tests of the file may be divided; null: its rules allow no splitting. */
  readonly canSplit: Granularity | null;
  readonly isOurs: boolean;
}

export interface ShardInputsOptions {
  readonly jest: RunningJest;
  readonly rootDir: string;
  readonly options: ResolvedOptions;
  /** Whether the run may cut files. */
  readonly mayCut: boolean;
  readonly recordOf: (key: string) => FileRecord | null;
}

/** @returns in the order of the tests */
export function shardInputs<T extends SequencedTest>(
  tests: readonly T[],
  {jest, rootDir, options, mayCut, recordOf}: ShardInputsOptions,
): ShardedFile<T>[] {
  const isOurs = ourRunner();
  const rules = readRules(tests.filter(isOurs), {jest, rootDir, options});
  const fixtures = fixturesOf(rules, jest, rootDir);
  const counts = new Map<string, number>();
  return tests.map(test => {
    const {config, hasteFS} = test.context;
    const recordKey = fileKey(config.displayName?.name ?? null, relative(rootDir, test.path));
    const number = (counts.get(recordKey) ?? 0) + 1;
    counts.set(recordKey, number);
    const own = rules.get(test) ?? NO_RULES;
    const cuts = mayCut && own.canSplit !== null && whyWhole(own) === null && isCircus(config.testRunner);
    const input: ShardInput = {
      key: number === 1 ? recordKey : `${recordKey} #${number}`,
      record: recordOf(recordKey),
      size: () => hasteFS.getSize(test.path) ?? 0,
      mayCut: cuts,
      workerGroup: own.workerGroup === null ? null : `${config.displayName?.name ?? ''}:${own.workerGroup}`,
      serial: own.serial,
      fixtures: fixtures.get(test) ?? [],
    };
    return {test, input, canSplit: own.canSplit, isOurs: isOurs(test)};
  });
}

/** Whether the settings of a run allow it to cut files. @param updateSnapshot undefined: unknown; the runner checks it */
export function runMayCut(
  {dist}: ResolvedOptions,
  {updateSnapshot, randomize}: {readonly updateSnapshot?: string; readonly randomize?: boolean},
): boolean {
  const {splits, each} = MODES[dist];
  return splits && !each && randomize !== true && (updateSnapshot === undefined || updateSnapshot === 'none');
}

function readRules<T extends SequencedTest>(
  tests: readonly T[],
  {jest, rootDir, options}: Pick<ShardInputsOptions, 'jest' | 'rootDir' | 'options'>,
): Map<T, FileRules> {
  const readRules = rulesReader({jest, rootDir, options});
  const docblock = jest.docblock();
  // The shard that runs the file reports what is wrong with its pragmas.
  return new Map(tests.map(test => [test, readRules(test.path, readPragmas(test.path, docblock).pragmas)]));
}

/** The titles of the fixtures of scope run that a file needs, also through other fixtures. */
function fixturesOf<T extends SequencedTest>(
  rules: ReadonlyMap<T, FileRules>,
  jest: RunningJest,
  rootDir: string,
): Map<T, string[]> {
  const declaring = new Map([...rules].filter(([, {sharedFixtures}]) => sharedFixtures.length > 0));
  if (declaring.size === 0) return new Map();
  const places = {docblock: jest.docblock(), rootDir, warn: () => undefined};
  const {fixtures} = findFixtures(declaring, new Map(), places);
  return new Map(
    [...declaring.keys()].map(test => [
      test,
      fixtures.neededBy(test).flatMap(id => fixtures.fixtures[id]?.title ?? []),
    ]),
  );
}

/** Whether a test's project has the runner of this very copy of the package. */
function ourRunner(): (test: SequencedTest) => boolean {
  const ours = realpathSync(join(__dirname, '..', 'index.js'));
  const known = new Map<string, boolean>();
  return ({context: {config}}) => {
    let is = known.get(config.runner);
    if (is === undefined) {
      is = realOf(config.runner) === ours;
      known.set(config.runner, is);
    }
    return is;
  };
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Only jest-circus tells us of its tests. Its entry is `runner.js` or `build/runner.js` in its package. */
function isCircus(testRunner: string): boolean {
  for (let at = dirname(testRunner); dirname(at) !== at; at = dirname(at)) {
    if (basename(at) === 'jest-circus') return true;
  }
  return false;
}

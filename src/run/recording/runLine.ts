/**
 * The first lines of a recording. They hold what decides how the run went, from lists of what may be recorded: never
 * environment variables, arguments, or parts of a config that are not named here.
 */
import {createHash} from 'node:crypto';
import {cpus, totalmem} from 'node:os';
import type {Config} from '@jest/types';
import type {ResolvedOptions} from '../../core/rules/resolvedOptions';
import {FORMAT, type FilesLine, type JestSettings, type Level, type RunLine} from '../../recording/lines';
import type {RepoPaths} from '../../recording/repoPaths';
import {ownPackage} from '../ownPackage';
import type {RunOptions} from '../runOptions';
import {gitOfCi} from './gitOfCi';

export interface FirstLines {
  readonly run: RunLine;
  readonly files: FilesLine;
}

export interface FirstLinesOptions {
  readonly run: Pick<RunOptions, 'jest' | 'globalConfig' | 'options' | 'tests' | 'watcher'>;
  readonly runId: string;
  readonly level: Level;
  readonly startedAt: number;
  readonly beforeMs: number;
  readonly paths: RepoPaths;
  /** Why the run is in band; null: it is not. */
  readonly inBand: string | null;
}

export function firstLines(options: FirstLinesOptions): FirstLines {
  const {run, runId, level, startedAt, beforeMs, paths, inBand} = options;
  const {jest, globalConfig, tests} = run;
  const configs = new Map(tests.map(({context}) => [context.config.id, context.config]));
  const ids = [...configs.keys()];
  const recorded = (path: string) => paths.toRecorded(path) ?? '';
  const cores = cpus() as readonly {readonly model?: string}[]; // some containers name no core, or no model
  const files = tests.map(({path, context}) => ({project: ids.indexOf(context.config.id), path: recorded(path)}));
  return {
    run: {
      type: 'run',
      format: FORMAT,
      level,
      runId,
      startedAt,
      beforeMs,
      versions: {runner: ownPackage().version, jest: jest.version, node: process.version},
      machine: {
        platform: process.platform,
        arch: process.arch,
        cpu: cores[0]?.model ?? '',
        cores: Math.max(1, cores.length),
        memoryBytes: totalmem(),
      },
      options: recordedOptions(run.options),
      jest: jestSettings(globalConfig),
      projects: [...configs.values()].map(config => ({
        id: config.id,
        name: config.displayName?.name ?? null,
        rootDir: recorded(config.rootDir),
        fingerprint: hash(portable(config, [paths.root])),
      })),
      rootDir: recorded(globalConfig.rootDir),
      git: gitOfCi(process.env),
      fingerprints: {
        config: configFingerprint([...configs.values()], paths.root),
        files: hash(files.map(({project, path}) => `${project}:${path}`).sort()),
      },
      inBand,
    },
    files: {type: 'files', files},
  };
}

/** The options that are not defaults. Of nodes only the names: their variables and flags may hold secrets. */
function recordedOptions(options: ResolvedOptions): RunLine['options'] {
  const {from, nodes, recording: _recording, ...rest} = options;
  const values: Readonly<Record<string, unknown>> = {...rest, nodes: nodes.map(({name}) => name)};
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, source]) =>
      name in values ? [[name, {value: withoutCredentials(values[name]), from: source}]] : [],
    ),
  );
}

/** The fields whose names or values differ between Jest 29 and 30. */
interface EitherConfig {
  readonly testPathPattern?: string;
  readonly testPathPatterns?: {readonly patterns?: readonly string[]};
  readonly runTestsByPath?: boolean;
}

/** The settings of a run that a recording holds. */
export function jestSettings(config: Config.GlobalConfig): JestSettings {
  const {testPathPattern, testPathPatterns, runTestsByPath} = config as unknown as EitherConfig;
  const patterns = testPathPatterns?.patterns ?? (testPathPattern ? [testPathPattern] : []);
  return {
    bail: config.bail,
    ci: config.ci,
    collectCoverage: config.collectCoverage,
    coverageProvider: config.coverageProvider,
    expand: config.expand,
    maxWorkers: config.maxWorkers,
    randomize: config.randomize ?? false,
    seed: config.seed,
    shard: config.shard === undefined ? null : {...config.shard},
    silent: config.silent ?? false,
    testNamePattern: config.testNamePattern ?? null,
    testPathPatterns: patterns.map(text => withoutCredentials(text) as string),
    updateSnapshot: config.updateSnapshot,
    verbose: config.verbose ?? null,
    watch: config.watch || config.watchAll,
    related:
      config.onlyChanged ||
      config.findRelatedTests ||
      config.lastCommit ||
      config.onlyFailures ||
      runTestsByPath === true ||
      Boolean(config.changedSince),
  };
}

/** A URL's user and password. */
const CREDENTIALS = /(?<=[a-z][a-z\d+.-]*:\/\/)[^\s/@]+@/gi;

/** Removes passwords from the URLs in a value's texts. */
export function withoutCredentials(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(CREDENTIALS, '');
  if (Array.isArray(value)) return value.map(withoutCredentials);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutCredentials(field)]));
}

/**
 * @param folders absolute paths of what every checkout has, such as the root of the repository; the deepest first
 * @returns the same in each checkout
 */
export function configFingerprint(configs: readonly Config.ProjectConfig[], ...folders: readonly string[]): string {
  return hash(configs.map(config => portable(config, folders)));
}

/** A project's config as it is in every checkout. */
function portable(config: Config.ProjectConfig, folders: readonly string[]): unknown {
  const {id: _id, cacheDirectory: _cache, cwd: _cwd, ...rest} = config;
  return JSON.parse(
    JSON.stringify(rest, (_key, value: unknown) => {
      if (value instanceof RegExp) return String(value);
      if (typeof value !== 'string') return value;
      return folders.reduce((text, folder, index) => text.replaceAll(folder, `<folder ${index}>`), value);
    }),
  ) as unknown;
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

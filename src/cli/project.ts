/** What the project's own Jest says of the project: where its recordings are. */
import {randomUUID} from 'node:crypto';
import {existsSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import * as v from 'valibot';
import {CommandError, type Arguments, type Flag} from './command';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import {findJestCommand, showConfig} from '../run/jest/projectJest';
import {TimingsFile} from '../run/past/timings';
import {readOptionFiles, resolveFoundOptions} from '../run/optionSources';
import {warn} from '../run/warn';
import {recordingFolder, recordingsIn} from '../run/recording/recordingPlace';

/** Flags that are passed to Jest, which then says where the project's recordings are. */
export const PROJECT_FLAGS: Readonly<Record<string, Flag>> = {
  config: {value: 'path', short: 'c', text: "Jest's config, as for jest --config."},
  rootDir: {value: 'path', text: "The project's folder, as for jest --rootDir."},
};

const shownConfig = v.object({
  configs: v.array(v.object({cacheDirectory: v.string(), runner: v.optional(v.unknown())})),
  globalConfig: v.object({rootDir: v.string()}),
});

type ShownConfig = v.InferOutput<typeof shownConfig>['configs'][number];

/**
 * The recordings of the project, the latest first.
 *
 * @throws {CommandError} if there is no Jest, or if it cannot read its config
 */
export function recordingsOfProject(args: Arguments, cwd: string): string[] {
  const {configs, rootDir} = askJest(projectArguments(args), cwd);
  const folders = [...new Set(configs.map(({cacheDirectory}) => recordingFolder(cacheDirectory, rootDir)))];
  const paths = folders.flatMap(recordingsIn);
  // Names begin with the time.
  paths.sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  const full = fullRecording(configs, rootDir);
  if (full === null) return paths;
  const at = changedAt(full);
  const later = paths.findIndex(path => changedAt(path) <= at);
  return paths.toSpliced(later === -1 ? paths.length : later, 0, full);
}

/**
 * The timings file of the project.
 *
 * @throws {CommandError} as `recordingsOfProject`
 */
export function timingsOfProject(jestArguments: readonly string[], cwd: string): TimingsFile {
  const {configs, rootDir} = askJest(jestArguments, cwd);
  const {timings: path} = optionsOf(configs, rootDir);
  const [cacheDirectory = ''] = configs.map(config => config.cacheDirectory).sort();
  return new TimingsFile({path, rootDir, cacheDirectory, runId: randomUUID().slice(0, 8), warn});
}

/**
 * The runner's options of the project, and its rootDir.
 *
 * @throws {CommandError} as `recordingsOfProject`
 */
export function optionsOfProject(
  jestArguments: readonly string[],
  cwd: string,
): {readonly options: ResolvedOptions; readonly rootDir: string} {
  const {configs, rootDir} = askJest(jestArguments, cwd);
  return {options: optionsOf(configs, rootDir), rootDir};
}

/** The recording that the options ask for; null: they ask for none, or it is not there. */
function fullRecording(configs: readonly ShownConfig[], rootDir: string): string | null {
  const {recording} = optionsOf(configs, rootDir);
  if (recording?.path == null) return null;
  const path = resolve(rootDir, recording.path);
  return existsSync(path) ? path : null;
}

function optionsOf(configs: readonly ShownConfig[], rootDir: string): ResolvedOptions {
  const ofRunner = configs.flatMap(({runner}) =>
    Array.isArray(runner) && typeof runner[1] === 'object' && runner[1] !== null
      ? [{name: "the runner's options in the Jest config", value: runner[1] as unknown}]
      : [],
  );
  return resolveFoundOptions([...readOptionFiles(rootDir), ...ofRunner.slice(0, 1)]);
}

/** The flags of a command that Jest reads. */
export function projectArguments({flags}: Arguments): string[] {
  return Object.keys(PROJECT_FLAGS).flatMap(name => (flags.get(name) ?? []).map(value => `--${name}=${value}`));
}

function askJest(jestArguments: readonly string[], cwd: string): {configs: readonly ShownConfig[]; rootDir: string} {
  const {config, stdout, stderr, status, error} = showConfig(jestOf(cwd), cwd, jestArguments);
  if (error !== null) throw new CommandError(`Jest could not be started: ${error}`);
  if (status !== 0) throw new CommandError(`Jest cannot show its config.\n\n${stderr.trim() || stdout.trim()}`);
  try {
    const {configs, globalConfig} = v.parse(shownConfig, config);
    return {configs, rootDir: globalConfig.rootDir};
  } catch (reason) {
    throw new CommandError(`The config that Jest shows cannot be read: ${(reason as Error).message}`);
  }
}

/** The script of the project's own Jest. */
function jestOf(cwd: string): string {
  const found = findJestCommand(join(cwd, 'package.json')) ?? findJestCommand(__filename);
  if (found !== null) return found;
  throw new CommandError(`There is no Jest in ${cwd}: name a recording, or call this command in your project.`);
}

function nameOf(path: string): string {
  return path.slice(dirname(path).length);
}

function changedAt(path: string): number {
  return statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0;
}

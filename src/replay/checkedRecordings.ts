/**
 * Recordings that can be told in this checkout. All is checked before Jest is told anything: what is missing would
 * otherwise end the replay in the middle.
 */
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join, resolve, sep} from 'node:path';
import type {FilesLine, RunLine, ShardLine} from '../recording/lines';
import {readLines, RecordingError} from '../recording/reader';
import {RepoPaths} from '../recording/repoPaths';
import type {ShownConfig} from './checkout';
import type {FileOrder} from './order';
import {matchProjects} from './projects';
import {ReplayError} from './replayError';

/** The beginning of a full recording. */
export interface RecordingHead {
  readonly path: string;
  readonly run: RunLine;
  readonly files: FilesLine['files'];
  /** null: the run was not sharded, or not by us. */
  readonly shard: ShardLine | null;
}

/** A recording that can be told in this checkout. */
export interface PlacedRecording {
  readonly path: string;
  /** The root of the repository in this checkout. */
  readonly root: string;
  /** For each recorded project, the id of its config in this checkout. */
  readonly configIds: readonly string[];
  /** The recorded files in this checkout, in the order of the recording. */
  readonly files: readonly FileOrder[];
}

/**
 * @param places files, or folders whose files with the extension `.xdist` are taken. So are those of their subfolders,
 *   because CIs put each job's artifacts into a folder of its own.
 * @throws {ReplayError} if a place has no recording
 */
export function findRecordings(places: readonly string[], cwd: string): string[] {
  const paths = places.flatMap(place => {
    const path = resolve(cwd, place);
    const stats = statSync(path, {throwIfNoEntry: false});
    if (stats === undefined) throw new ReplayError(`${place}: there is no such file or folder.`);
    if (!stats.isDirectory()) return [path];
    const found = [path, ...subfolders(path)].flatMap(recordingsIn);
    if (found.length === 0) throw new ReplayError(`${place}: the folder has no recording (*.xdist).`);
    return found;
  });
  if (paths.length === 0) throw new ReplayError('no recording is named.');
  return [...new Set(paths)];
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, {withFileTypes: true})
    .filter(entry => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
    .map(({name}) => join(folder, name))
    .sort();
}

function recordingsIn(folder: string): string[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.xdist'));
  return names.sort().map(name => join(folder, name));
}

/** @throws {RecordingError} if it is no full recording */
export function readHead(path: string): RecordingHead {
  let run: RunLine | null = null;
  let files: FilesLine['files'] | null = null;
  for (const line of readLines(path)) {
    if (line.type === 'run') {
      run = line;
      if (line.level === 'full') continue;
      throw new RecordingError(
        path,
        'it is a default recording, without what Jest was told. Record the run in full, with XDIST_RECORDING=run.xdist.',
      );
    }
    if (run === null) break;
    if (files !== null) return {path, run, files, shard: line.type === 'shard' ? line : null};
    if (line.type === 'files') files = line.files;
  }
  if (run !== null && files !== null) return {path, run, files, shard: null};
  throw new RecordingError(path, run === null ? 'its first line is not that of a run' : 'it has no list of files');
}

/**
 * What a recording is in this checkout.
 *
 * @throws {RecordingError} if the recording is not one of this project, or if a recorded file is missing here
 */
export function placeRecording({path, run, files}: RecordingHead, checkout: ShownConfig): PlacedRecording {
  const {rootDir} = checkout.globalConfig;
  const [major] = run.versions.jest.split('.');
  if (major !== checkout.version.split('.')[0]) {
    throw new RecordingError(
      path,
      `it is of a run of Jest ${run.versions.jest}, and this checkout has Jest ${checkout.version}. ` +
        'Install the same major version.',
    );
  }
  const root = rootAbove(rootDir, run.rootDir);
  if (root === null) {
    throw new RecordingError(
      path,
      `the rootDir of its run is ${run.rootDir} in the repository, and here it is ${rootDir}. ` +
        "Run the command where that run's command was run.",
    );
  }
  const paths = new RepoPaths(root);
  const configIds = matchProjects(path, run.projects, paths, checkout.configs);
  const placed = files.map((file): FileOrder => {
    const configId = configIds[file.project];
    if (configId === undefined) throw new RecordingError(path, `the project of ${file.path} is not in it`);
    return {configId, path: paths.fromRecorded(file.path)};
  });
  const missing = placed.filter(file => !existsSync(file.path)).map(file => file.path);
  if (missing.length > 0) {
    const others = missing.length > 1 ? `, and ${missing.length - 1} more` : '';
    const commit = run.git.commit === null ? 'the commit of the run' : `commit ${run.git.commit}`;
    throw new RecordingError(
      path,
      `this checkout does not have its test file ${missing[0]}${others}. Check out ${commit}.`,
    );
  }
  return {path, root, configIds, files: placed};
}

/** @returns null: the folder has another name */
function rootAbove(rootDir: string, recorded: string): string | null {
  if (recorded === '') return rootDir;
  const end = `${sep}${recorded.replaceAll('/', sep)}`;
  return rootDir.endsWith(end) ? rootDir.slice(0, -end.length) || sep : null;
}

/** @throws {ReplayError} if two recordings have the result of one file */
export function checkDisjoint(recordings: readonly PlacedRecording[]): void {
  const first = new Map<string, string>();
  for (const {path, files} of recordings) {
    for (const file of files) {
      const key = `${file.configId} ${file.path}`;
      const other = first.get(key);
      if (other !== undefined) throw new ReplayError(`${file.path} is in two recordings: ${other} and ${path}.`);
      first.set(key, path);
    }
  }
}

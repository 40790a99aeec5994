/** `jest-runner-xdist merge`: Jest is told the recordings of all shards as one run. */
import {placeRecording, type PlacedRecording} from './checkedRecordings';
import {mergeFiles} from './mergedFiles';
import {checkRunners} from './projects';
import {readThrough} from './recordedParts';
import {replay, type Kind, type ReplayOptions} from './replay';
import {ReplayError} from './replayError';
import {nameOf, shardSet, type ShardHead} from './shardSet';

/** @returns the exit code: Jest's own, or 2 if the recordings cannot be merged */
export function mergeShards(options: ReplayOptions): Promise<number> {
  return replay(MERGE, options);
}

const MERGE: Kind = {
  name: 'merge',
  plan: (heads, checkout, {withoutProjects}, maps) => {
    const {shards, settings, problems} = shardSet(heads);
    const placed = shards.map(head => ({head, ...placeRecording(head, checkout)}));
    checkConfigs(placed);
    const told = new Set(placed.flatMap(({configIds}) => configIds));
    checkRunners(checkout, told, withoutProjects);
    const read = placed.map(({head, ...recording}) => ({head, recording, ...readThrough(recording, maps)}));
    const cutOff = read.flatMap(({head, recording: {path}, problem}) =>
      problem === null ? [] : [`${nameOf(head)}, ${path}: ${problem}`],
    );
    const merged = mergeFiles(read.map(({head, ...rest}) => ({index: head.shard.index, ...rest})));
    return {
      order: merged.order,
      settings,
      problems: [...problems, ...cutOff, ...merged.problems],
    };
  },
};

/** @throws {ReplayError} if the config of a project is not the same in two shards */
export function checkConfigs(
  placed: readonly (Pick<PlacedRecording, 'configIds'> & {readonly head: ShardHead})[],
): void {
  const first = new Map<string, {readonly head: ShardHead; readonly fingerprint: string}>();
  for (const {head, configIds} of placed) {
    for (const [at, {fingerprint, name, rootDir}] of head.run.projects.entries()) {
      const configId = configIds[at] ?? '';
      const known = first.get(configId);
      if (known === undefined) {
        first.set(configId, {head, fingerprint});
      } else if (known.fingerprint !== fingerprint) {
        throw new ReplayError(
          `the config of the project "${name ?? (rootDir || '.')}" is not the same in ${nameOf(known.head)} and ` +
            `${nameOf(head)} (${known.head.path} and ${head.path}). Does it depend on an environment variable?`,
        );
      }
    }
  }
}

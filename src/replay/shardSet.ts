/** Whether recordings are those of the shards of one run. */
import type {JestSettings, ShardLine} from '../recording/lines';
import {RecordingError} from '../recording/reader';
import type {RecordingHead} from './checkedRecordings';
import {ReplayError} from './replayError';

/** The beginning of a shard's recording. */
export interface ShardHead extends RecordingHead {
  readonly shard: ShardLine;
}

export interface ShardSet {
  /** Those of the whole run. */
  readonly settings: JestSettings;
  /** By index. */
  readonly shards: readonly [ShardHead, ...ShardHead[]];
  /** What is missing, as sentences. */
  readonly problems: readonly string[];
}

/** Settings that each shard may have of its own. Jest decides `verbose` itself if a shard has one file. */
const OF_ONE_SHARD: ReadonlySet<string> = new Set([
  'maxWorkers',
  'seed',
  'shard',
  'testPathPatterns',
  'verbose',
] satisfies (keyof JestSettings)[]);

/** @throws {ReplayError | RecordingError} if the recordings are not of one run */
export function shardSet(heads: readonly [RecordingHead, ...RecordingHead[]]): ShardSet {
  const shards = heads.map(shardOf).sort((a, b) => a.shard.index - b.shard.index) as [ShardHead, ...ShardHead[]];
  const [first, ...others] = shards;
  for (const [at, other] of others.entries()) {
    const before = shards[at] ?? first;
    if (other.shard.index === before.shard.index && other.shard.count === before.shard.count) {
      throw new ReplayError(`${nameOf(other)} is there twice: ${before.path} and ${other.path}.`);
    }
    checkAlike(first, other);
  }
  const {run} = shards.find(({shard}) => shard.files > 1) ?? first;
  return {shards, settings: run.jest, problems: [...missingShards(shards), ...shards.flatMap(missingFiles)]};
}

/** As in `shard 2 of 5`. */
export function nameOf({shard: {index, count}}: Pick<ShardHead, 'shard'>): string {
  return `shard ${index} of ${count}`;
}

function shardOf(head: RecordingHead): ShardHead {
  const {path, shard} = head;
  if (shard === null) {
    throw new RecordingError(
      path,
      'its run was no shard. A shard runs with `jest-runner-xdist shard` or with our test sequencer. ' +
        'To be told the recording as it is: show --as-jest',
    );
  }
  if (shard.index < 1 || shard.index > shard.count) {
    throw new RecordingError(path, `there is no shard ${shard.index} of ${shard.count}`);
  }
  return {...head, shard};
}

/** @throws {ReplayError} if two shards are not of one run */
function checkAlike(one: ShardHead, other: ShardHead): void {
  const differ = (what: string, ofOne: unknown, ofOther: unknown, advice: string) => {
    if (ofOne === ofOther) return;
    throw new ReplayError(
      `the shards are not of one run, as they have different ${what}:\n` +
        `  ${nameOf(one)}: ${String(ofOne)} (${one.path})\n` +
        `  ${nameOf(other)}: ${String(ofOther)} (${other.path})\n${advice}`,
    );
  };
  const [a, b] = [one.run, other.run];
  differ('numbers of shards', one.shard.count, other.shard.count, 'Merge the shards of one run only.');
  if (a.git.commit !== null && b.git.commit !== null) {
    differ('commits', a.git.commit, b.git.commit, 'Merge the shards of one commit only.');
  }
  differ('versions of Jest', a.versions.jest, b.versions.jest, 'Install the same version for all shards.');
  const ours = 'versions of jest-runner-xdist';
  differ(ours, a.versions.runner, b.versions.runner, 'Install the same version for all shards.');
  for (const name of Object.keys(a.jest) as (keyof JestSettings)[]) {
    if (OF_ONE_SHARD.has(name)) continue;
    const shown = (value: unknown) => JSON.stringify(value);
    differ(`settings "${name}"`, shown(a.jest[name]), shown(b.jest[name]), 'Pass the same arguments to all shards.');
  }
  const planOf = ({shard: {planHash, madeFrom}}: ShardHead) => `plan ${planHash}, made from ${madeFrom}`;
  if (one.shard.planHash !== other.shard.planHash) {
    differ('plans', planOf(one), planOf(other), 'All shards must make the plan from the same files and timings.');
  }
}

function missingShards([first, ...others]: ShardSet['shards']): string[] {
  const there = new Set([first, ...others].map(({shard}) => shard.index));
  for (const index of first.shard.withoutRecording) there.add(index);
  const {count} = first.shard;
  const missing = Array.from({length: count}, (_, at) => at + 1).filter(index => !there.has(index));
  return missing.map(index => `${nameOf({shard: {...first.shard, index}})} is missing: no recording here is of it.`);
}

function missingFiles(head: ShardHead): string[] {
  const {files, ofOtherRunners} = head.shard;
  if (head.files.length === files - ofOtherRunners) return [];
  const others = ofOtherRunners === 0 ? '' : `, ${ofOtherRunners} of them with other runners`;
  return [
    `${nameOf(head)}: the plan gives it ${files} files${others}, and its recording has ${head.files.length} ` +
      `(${head.path}).`,
  ];
}

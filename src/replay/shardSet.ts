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
  checkCommits(shards);
  for (const other of others) checkAlike(first, other);
  const byIndex = new Map<number, [ShardHead, ...ShardHead[]]>();
  for (const head of shards) {
    const known = byIndex.get(head.shard.index);
    if (known === undefined) byIndex.set(head.shard.index, [head]);
    else known.push(head);
  }
  for (const ofShard of byIndex.values()) checkDisjoint(ofShard);
  const {run} = shards.find(({shard}) => shard.files > 1) ?? first;
  const missing = [...byIndex.values()].flatMap(missingFiles);
  return {shards, settings: run.jest, problems: [...missingShards(shards), ...missing]};
}

/**
 * A shard has several recordings if its projects have different options of the runner: Jest then makes several runs.
 *
 * @throws {ReplayError} if the shard itself was run several times
 */
function checkDisjoint(ofShard: readonly [ShardHead, ...ShardHead[]]): void {
  const first = new Map<string, ShardHead>();
  for (const head of ofShard) {
    for (const {project, path} of head.files) {
      const {name = null, rootDir = ''} = head.run.projects[project] ?? {};
      const key = JSON.stringify([name, rootDir, path]);
      const other = first.get(key);
      if (other !== undefined && other !== head) {
        throw new ReplayError(`${nameOf(head)} is there twice: ${other.path} and ${head.path} have the file ${path}.`);
      }
      first.set(key, head);
    }
  }
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
  const [a, b] = [one.run, other.run];
  const differ = (what: string, [ofOne, ofOther]: readonly [unknown, unknown], advice: string) => {
    if (ofOne !== ofOther) throw differenceError(what, [one, ofOne], [other, ofOther], advice);
  };
  differ('numbers of shards', [one.shard.count, other.shard.count], 'Merge the shards of one run only.');
  const install = 'Install the same version for all shards.';
  differ('versions of Jest', [a.versions.jest, b.versions.jest], install);
  differ('versions of jest-runner-xdist', [a.versions.runner, b.versions.runner], install);
  for (const name of Object.keys(a.jest) as (keyof JestSettings)[]) {
    if (OF_ONE_SHARD.has(name)) continue;
    const values = [JSON.stringify(a.jest[name]), JSON.stringify(b.jest[name])] as const;
    differ(`settings "${name}"`, values, 'Pass the same arguments to all shards.');
  }
  if (one.shard.planHash === other.shard.planHash) return;
  const planOf = ({shard: {planHash, madeFrom}}: ShardHead) => `plan ${planHash}, made from ${madeFrom}`;
  const advice = 'All shards must make their plan from the same files and the same timings.';
  throw differenceError('plans', [one, planOf(one)], [other, planOf(other)], advice);
}

/** Some shards may not know their commit. @throws {ReplayError} if two shards are of different commits */
function checkCommits(shards: ShardSet['shards']): void {
  const known = shards.filter(({run}) => run.git.commit !== null);
  const [first, ...others] = known;
  const other = others.find(({run}) => run.git.commit !== first?.run.git.commit);
  if (first === undefined || other === undefined) return;
  const advice = 'Merge the shards of one commit only.';
  throw differenceError('commits', [first, first.run.git.commit], [other, other.run.git.commit], advice);
}

type Difference = readonly [shard: ShardHead, value: unknown];

function differenceError(what: string, one: Difference, other: Difference, advice: string): ReplayError {
  const lineOf = ([head, value]: Difference) => `  ${nameOf(head)}: ${String(value)} (${head.path})\n`;
  return new ReplayError(
    `the shards are not of one run, as they have different ${what}:\n${lineOf(one)}${lineOf(other)}${advice}`,
  );
}

function missingShards([first, ...others]: ShardSet['shards']): string[] {
  const there = new Set([first, ...others].map(({shard}) => shard.index));
  for (const index of first.shard.withoutRecording) there.add(index);
  const {count} = first.shard;
  const missing = Array.from({length: count}, (_, at) => at + 1).filter(index => !there.has(index));
  return missing.map(index => `${nameOf({shard: {...first.shard, index}})} is missing: no recording here is of it.`);
}

function missingFiles(ofShard: readonly [ShardHead, ...ShardHead[]]): string[] {
  const [first] = ofShard;
  const {files, ofOtherRunners} = first.shard;
  const there = ofShard.reduce((sum, head) => sum + head.files.length, 0);
  if (there === files - ofOtherRunners) return [];
  const others = ofOtherRunners === 0 ? '' : `, ${ofOtherRunners} of them with other runners`;
  const paths = ofShard.map(({path}) => path).join(', ');
  return [`${nameOf(first)}: the plan gives it ${files} files${others}, and its recording has ${there} (${paths}).`];
}

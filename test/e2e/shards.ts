/** Runs a project as shards, each in a checkout of its own, and merges their recordings. */
import type {TestResult} from '@jest/test-result';
import {readRecording, type RecordingLine} from '../../src/recording';
import {writeRecording} from '../recordedRuns';
import {comparable} from './parity';
import type {JestOutput, Project} from './project';
import {JESTS_FRAMES, report} from './replays';

/**
 * A test sequencer that gives each shard whole files: those that SHARD_FILES lists for it, or of the files sorted by
 * path every n-th one.
 */
export const BY_PATH = `
const {basename, dirname, join} = require('path');
const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
const {setCurrentShard} = require(join(ours, 'dist', 'run', 'shard', 'currentShard.js'));
module.exports = class {
  shard(tests, {shardIndex: index, shardCount: count}) {
    const sorted = [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    const lists = process.env.SHARD_FILES ? JSON.parse(process.env.SHARD_FILES) : null;
    const filesOf = shard =>
      sorted.filter(({path}, at) => (lists ? lists[shard - 1].includes(basename(path)) : at % count === shard - 1));
    const withoutRecording = Array.from({length: count}, (_, at) => at + 1).filter(shard => filesOf(shard).length === 0);
    const own = filesOf(index);
    setCurrentShard({
      index, count, withoutRecording, planHash: 'p', madeFrom: 'paths', files: own.length, ofOtherRunners: 0,
      planned: () => null,
    });
    return own;
  }
  sort(tests) { return tests; }
  allFailedTests(tests) { return tests; }
  cacheResults() {}
};
`;

/**
 * Runs one shard. The project must have the test sequencer in `sequencer.js`.
 *
 * @returns its recording; null: it leaves none, as it has no file
 */
export async function recordShard(
  project: Project,
  index: number,
  count: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  const shard = ['--testSequencer=./sequencer.js', `--shard=${index}/${count}`, '--passWithNoTests'];
  await project.run([...shard, '--coverageThreshold={}', ...args], {env});
  return project.exists('run.xdist') ? project.path('run.xdist') : null;
}

/** Which tests of a file a shard has. */
export interface Cut {
  readonly path: string;
  readonly names: readonly string[];
  readonly own: readonly number[];
  readonly loadEntries: number;
  /** Of a shard without a test of the file. Otherwise, the recorded result says so. */
  readonly unchecked?: readonly string[];
}

/** Makes a recording that of a shard which has only some tests of a file. Returns the recording. */
export function asCut(recording: string, {path, names, own, loadEntries, unchecked}: Cut): string {
  const {run, lines} = readRecording(recording);
  const listed = lines.find(line => line.type === 'files')?.files ?? [];
  const known = listed.findIndex(one => one.path === path);
  const file = known === -1 ? listed.length : known;
  const cut = (keys: readonly string[]): RecordingLine => {
    return {type: 'cut', at: 0, file, names, own, loadEntries, unchecked: keys};
  };
  const changed = lines.flatMap((line): RecordingLine[] => {
    if (line.type === 'told' && line.file === file && line.name === 'test-file-success') {
      return [cut((line.data as TestResult).snapshot.uncheckedKeys), line];
    }
    if (known !== -1) return [line];
    if (line.type === 'files') return [{...line, files: [...line.files, {project: 0, path}]}];
    if (line.type === 'shard') return [{...line, files: line.files + 1}];
    return line.type === 'end' ? [cut(unchecked ?? []), line] : [line];
  });
  writeRecording(recording, [run, ...changed]);
  return recording;
}

/** The command `merge`, with Jest's arguments as its own. */
const MERGE = `
const {dirname, join} = require('path');
const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
const {runCommandLine} = require(join(ours, 'dist', 'cli', 'commandLine.js'));
const streams = {
  cwd: __dirname,
  print: text => process.stdout.write(text),
  complain: text => process.stderr.write(text),
};
const argv = ['merge', ...JSON.parse(process.env.MERGE_ARGUMENTS), '--', ...process.argv.slice(2)];
runCommandLine(argv, streams).then(code => (process.exitCode = code));
`;

/** Merges recordings in a checkout. @param args recordings and flags of `merge` */
export async function merge(
  project: Project,
  args: readonly string[],
  jestArguments: readonly string[] = [],
): Promise<JestOutput> {
  project.write('.merge.cjs', MERGE);
  return project.run(jestArguments, {
    runner: 'config',
    script: project.path('.merge.cjs'),
    env: {MERGE_ARGUMENTS: JSON.stringify(args)},
  });
}

/** All that a user sees, without times, the name of the folder, and the order in which files ended. */
export function seen(project: Project, output: JestOutput, reports: readonly string[] = []): unknown {
  const neutral = JSON.parse(JSON.stringify(output).replaceAll(project.folder, '<folder>'), (key, value: unknown) => {
    if (key === 'hash') return undefined; // istanbul's, of a source and its path
    return typeof value === 'string' ? value.replaceAll(JESTS_FRAMES, '') : value;
  }) as JestOutput;
  const files = reports.map(path => records(report(project, path)));
  return comparable(neutral, files, {split: true});
}

/** The records of an lcov or a JUnit file, sorted. */
function records(text: string): string[] {
  return text
    .replace('</testsuites>', '')
    .split(/(?<=end_of_record\n)|(?=<testsuite )/)
    .map(record => record.trim())
    .sort();
}

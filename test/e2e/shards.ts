/** Runs a project as shards, each in a checkout of its own, and merges their recordings. */
import type {JestOutput, Project} from './project';

/** A test sequencer that gives each shard whole files: of the files sorted by path, every n-th one. */
export const BY_PATH = `
const {dirname, join} = require('path');
const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
const {setCurrentShard} = require(join(ours, 'dist', 'run', 'shard', 'currentShard.js'));
module.exports = class {
  shard(tests, {shardIndex: index, shardCount: count}) {
    const sorted = [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    const filesOf = shard => sorted.filter((_, at) => at % count === shard - 1);
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

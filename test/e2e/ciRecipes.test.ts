/**
 * The recipes of docs/ci.md: their commands run one after the other, each job in a folder of its own, with the
 * variables of the CI. The test hands on the files that a recipe's jobs hand on.
 */
import {spawn} from 'node:child_process';
import {chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {inheritedEnvironment, onLatestLine, type MakeProject, type Project} from './project';

const DOCS = readFileSync(join(__dirname, '..', '..', 'docs', 'ci.md'), 'utf8');

const FILES = {
  'xdist.config.js': "module.exports = {timings: 'xdist-timings.json'};",
  'lib.js': 'exports.one = () => 1; exports.two = () => 2; exports.three = () => 3;',
  'one.test.js': "test('one', () => expect(require('./lib').one()).toBe(1));",
  'two.test.js': "test('two', () => expect(require('./lib').two()).toBe(2));",
  'three.test.js': "test('three', () => expect(require('./lib').three()).toBe(3));",
  'four.test.js': "test('four', () => {});",
};
/** No shard reaches it alone. */
const CONFIG = {runner: 'xdist', coverageThreshold: {global: {functions: 100}}};

interface Ci {
  readonly title: string;
  /** The variables of the job of a shard. @param index from 1 */
  readonly shard: (index: number) => Readonly<Record<string, string>>;
}

const CIS: readonly Ci[] = [
  {title: 'GitHub Actions', shard: () => ({GITHUB_ACTIONS: 'true'})},
  {title: 'GitLab', shard: index => ({CI_NODE_INDEX: `${index}`, CI_NODE_TOTAL: '3'})},
  {title: 'CircleCI', shard: index => ({CIRCLE_NODE_INDEX: `${index - 1}`, CIRCLE_NODE_TOTAL: '3'})},
  {title: 'Buildkite', shard: index => ({BUILDKITE_PARALLEL_JOB: `${index - 1}`, BUILDKITE_PARALLEL_JOB_COUNT: '3'})},
];

/** The commands of a recipe that call our command line: to plan, for each shard, and to merge. */
function commandsOf(title: string): string[] {
  const [, section = ''] = DOCS.split(`\n### ${title}\n`);
  const [, recipe = ''] = section.split('```yaml\n');
  const lines = (recipe.split('\n```')[0] ?? '').split('\n').filter(line => line.includes('npx jest-runner-xdist'));
  return lines.map(line => line.replace(/^\s*(- )?(run: |script: )?/, ''));
}

/** The job of a CI: a fresh checkout with its dependencies. */
class Job {
  readonly #project: Project;

  constructor(make: MakeProject) {
    this.#project = make(FILES, CONFIG);
    const bin = this.#project.path('node_modules/.bin');
    mkdirSync(bin, {recursive: true});
    mkdirSync(this.#project.path('.git')); // the checkout is that of the project, not ours
    const modules = join(this.#project.folder, '..', '..', 'node_modules');
    const script = join(modules, 'jest-runner-xdist', 'dist', 'cli', 'main.js');
    chmodSync(script, 0o755); // npm does so if it installs the package into the project itself
    symlinkSync(script, join(bin, 'jest-runner-xdist'));
  }

  run(command: string, env: Readonly<Record<string, string>> = {}): Promise<{code: number | null; text: string}> {
    const shell = spawn('sh', ['-c', command], {
      cwd: this.#project.folder,
      env: {
        ...inheritedEnvironment(),
        CI: 'true',
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    return new Promise(resolve => shell.on('close', code => resolve({code, text})));
  }

  /** Hands files on to another job, as artifacts. */
  handTo(other: Job, names: RegExp, folder = '.'): void {
    for (const name of readdirSync(this.#project.folder).filter(one => names.test(one))) {
      cpSync(this.#project.path(name), join(other.#project.path(folder), name));
    }
  }

  read(path: string): string {
    return this.#project.read(path);
  }

  has(path: string): boolean {
    return existsSync(this.#project.path(path));
  }
}

const KEPT = /^(plan|xdist-timings)\.json$/;
const RECORDINGS = /^xdist-shard-.*\.xdist$/;

/** @param timings the job whose timings file is in the cache; null: the cache is empty */
async function playPipeline(
  make: MakeProject,
  {title, shard}: Ci,
  timings: Job | null,
): Promise<{merge: Job; planned: string}> {
  const [planning = '', sharding = '', merging = ''] = commandsOf(title);
  const plan = new Job(make);
  timings?.handTo(plan, /^xdist-timings\.json$/);
  const planned = await plan.run(planning);
  expect(planned).toMatchObject({code: 0});

  const merge = new Job(make);
  plan.handTo(merge, KEPT);
  const hashes = new Set<string | undefined>();
  for (const index of [1, 2, 3]) {
    const job = new Job(make);
    plan.handTo(job, KEPT);
    const command = sharding.replace('${{ matrix.shard }}', `${index}`).replace('${{ strategy.job-total }}', '3');
    const {code, text} = await job.run(command, shard(index));
    expect([code, text]).toEqual([0, expect.stringContaining(`shard ${index} of 3 runs `)]);
    hashes.add(/Plan (\w+)/.exec(text)?.[1]);
    job.handTo(merge, RECORDINGS, merging.includes(' merge shards ') ? `shards/shard-${index}` : '.');
  }
  expect([...hashes]).toEqual([/Plan (\w+)/.exec(planned.text)?.[1]]);

  const merged = await merge.run(merging);
  expect(merged).toMatchObject({code: 0});
  expect(merged.text).toContain('Tests:       4 passed, 4 total');
  expect(merged.text).toMatch(/lib\.js +\| +100 \|/);
  expect(merge.has('coverage/lcov.info')).toBe(true);
  return {merge, planned: planned.text};
}

test('each recipe plans, runs its shards and merges', () => {
  for (const {title} of CIS) {
    const verbs = commandsOf(title).map(command => /^npx jest-runner-xdist (\w+) /.exec(command)?.[1]);
    expect([title, verbs]).toEqual([title, ['plan', 'shard', 'merge']]);
  }
});

onLatestLine(CIS[0]?.title ?? '', async (_line, make) => {
  const [github] = CIS as [Ci];
  const first = await playPipeline(make, github, null);
  expect(first.planned).toContain('made from the sizes of 4 files, as xdist-timings.json has no duration of them.');
  const second = await playPipeline(make, github, first.merge);
  expect(second.planned).toContain('made from the durations of 4 of 4 files in xdist-timings.json.');
});

for (const ci of CIS.slice(1)) {
  onLatestLine(ci.title, async (_line, make) => {
    await playPipeline(make, ci, null);
  });
}

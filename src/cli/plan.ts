/** `plan`: the plan of a sharded run, as a table or as a file that all shards read. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {shardsOfFile} from '../core/shards/shardPlan';
import {describeTimeSpan} from '../core/texts/timeSpan';
import {PLAN_TO_VARIABLE} from '../core/rules/optionSchemas';
import {hashOf, readPlanFile, type PlanFile} from '../shard/planFile';
import {CommandError, UsageError, type Arguments, type Command} from './command';
import {printable, table} from './printable';
import {checkJestArguments, findShardedJest} from './shardedJest';
import {writeOutput} from './writeOutput';

export const plan: Command = {
  summary: 'Show which shard would run what',
  usage: ['plan --shards <n> [-o file] [--files] [-- jest arguments]'],
  help: `
Runs no test. Prints what each of n shards would run in CI, and how well the shards are balanced: long files that may be
split are cut, unless Jest's arguments have --no-ci. With -o, also writes the plan to a file, for a CI whose first job
plans for all shards: they take it with "shard --plan <file>".`,
  flags: {
    shards: {value: 'n', short: 'n', text: 'How many shards there are.'},
    output: {value: 'file', short: 'o', text: 'Write the plan to this file.'},
    files: {text: 'List the files of each shard.'},
  },
  run: (args, {cwd, print}) => {
    if (args.positionals.length > 0) throw new UsageError('"plan" takes flags only. Jest\'s arguments follow "--".');
    const count = shardsIn(args);
    const folder = mkdtempSync(join(tmpdir(), 'xdist-plan-'));
    try {
      const path = join(folder, 'plan.json');
      makePlan(path, count, cwd, args.rest ?? []);
      const made = readPlanFile(path);
      const [output] = args.flags.get('output') ?? [];
      if (output !== undefined) writeOutput(output, cwd, readFileSync(path, 'utf8'));
      print(planText(made, args.flags.has('files')));
      return 0;
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  },
};

/** Jest lists the tests of a shard: our sequencer makes the plan of all, and writes it. */
function makePlan(path: string, count: number, cwd: string, jestArguments: readonly string[]): void {
  checkJestArguments('plan', jestArguments);
  const jest = findShardedJest(cwd, jestArguments);
  // Without --ci, a shard may write snapshots, so files are not cut.
  const ci = jestArguments.some(argument => /^--(no-)?ci(=|$)/.test(argument)) ? [] : ['--ci'];
  const flags = ['--listTests', `--shard=1/${count}`, '--passWithNoTests', ...ci];
  const {status, stderr, error} = spawnSync(
    process.execPath,
    [jest.bin, ...flags, ...jest.sequencerArguments, ...jestArguments],
    {cwd, encoding: 'utf8', env: {...process.env, [PLAN_TO_VARIABLE]: path}, maxBuffer: 2 ** 30},
  );
  if (error !== undefined) throw new CommandError(`Jest could not be started: ${error.message}`);
  if (status !== 0) throw new CommandError(`Jest could not list the tests.\n\n${stderr.trim()}`);
  if (existsSync(path)) return;
  throw new CommandError(
    "There is no plan: the project's testSequencer does not extend ours. " +
      "Let its class extend require('jest-runner-xdist/sequencer').",
  );
}

const MOST_SHARDS = 10_000;

function shardsIn({flags}: Arguments): number {
  const [text = ''] = flags.get('shards') ?? [];
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MOST_SHARDS) {
    throw new UsageError(`"plan" needs --shards, a whole number from 1 to ${MOST_SHARDS}.`);
  }
  return count;
}

function planText(made: PlanFile, withFiles: boolean): string {
  const {plan, madeFrom, expectedMs, ratio, bound} = made;
  const filesOf = Array.from({length: plan.count}, (_, at) =>
    plan.files.filter(file => shardsOfFile(file).includes(at + 1)),
  );
  const rows = filesOf.map((files, at) => [
    `${at + 1}`,
    `${files.length}`,
    `${files.filter(({given}) => given !== null).length}`,
    describeTimeSpan(expectedMs[at] ?? 0),
  ]);
  const lines = [
    ...table([['SHARD', 'FILES', 'IN PART', 'WORK'], ...rows], new Set([0, 1, 2, 3])),
    '',
    `Plan ${hashOf(plan)}, made from ${printable(madeFrom)}.`,
    `Slowest shard / mean: ${ratio.toFixed(2)}. With these files, no plan is below ${bound.toFixed(2)}.`,
  ];
  if (withFiles) {
    for (const [at, files] of filesOf.entries()) {
      lines.push('', `Shard ${at + 1}:`);
      for (const {key, given} of files) lines.push(`  ${printable(key)}${given === null ? '' : ' (in part)'}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

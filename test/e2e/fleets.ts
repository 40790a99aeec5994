/** Runs a project on several machines of a fleet: each is a checkout of its own, with a Jest of its own. */
import {writeFileSync} from 'node:fs';
import type {FormattedTestResults} from '@jest/test-result';
import {statusOfFleet} from '../../src/fleet/status';
import type {Files, JestOutput, Project, RunOptions} from './project';
import type {TestRedis} from './redis';

export interface FleetOptions extends RunOptions {
  /** The name of the run. Machines with the same name meet. */
  readonly run: string;
  /** As the option `lease`. Default: FOREVER. */
  readonly lease?: string;
}

/**
 * A machine that stands still for longer than its lease loses its jobs, and others run them, too. On a busy machine any
 * Jest may stand still for seconds, so only tests of lost machines have a short lease.
 */
const FOREVER = '10m';

/** The variables of a machine. */
export function fleetVariables({url}: Pick<TestRedis, 'url'>, {run, lease = FOREVER}: FleetOptions) {
  return {XDIST_FLEET: JSON.stringify({url, run, lease})};
}

/** Runs one machine to its end. It has two workers, unless `args` has `-w`. */
export function runMachine(
  redis: Pick<TestRedis, 'url'>,
  machine: Project,
  args: readonly string[],
  options: FleetOptions,
): Promise<JestOutput> {
  const env = {...fleetVariables(redis, options), ...options.env};
  const workers = args.includes('-w') ? [] : ['-w', '2'];
  return machine.run(['--ci', ...workers, ...args], {...options, env});
}

/** Keeps workers from their work until there is the file GATE. */
const GATE = `
if (process.env.XDIST_WORKER !== undefined) {
  const {existsSync} = require('node:fs');
  const wait = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(process.env.GATE)) Atomics.wait(wait, 0, 0, 20);
}`;

/** Variables of machines, in which no worker begins a test file before all of them have joined the run. */
export interface Gate {
  readonly env: Readonly<Record<string, string>>;
  /** Opens the gate when all have joined, and resolves. Resolves, too, when `ended` says that this will not happen. */
  open(ended: () => boolean): Promise<void>;
}

/**
 * For machines of one run. A run of short files may have ended before the last machine comes. If it failed, that machine
 * begins the next round.
 */
export function gateOf(redis: Pick<TestRedis, 'url'>, machines: readonly Project[], run: string): Gate {
  const [first] = machines as [Project];
  const script = first.path(`.gate-${run.replaceAll(/\W/g, '-')}.cjs`);
  const gate = `${script}.open`;
  writeFileSync(script, GATE);
  return {
    env: {NODE_OPTIONS: `--require=${script}`, GATE: gate},
    open: async ended => {
      await untilJoined(redis, machines, run, ended);
      writeFileSync(gate, '');
    },
  };
}

/** Resolves when all machines work for the run's plan, or when `ended` says that this will not happen. */
export async function untilJoined(
  redis: Pick<TestRedis, 'url'>,
  machines: readonly Project[],
  run: string,
  ended = () => false,
): Promise<void> {
  const fleet = {url: redis.url, run, secret: null, lease: 1000};
  while (!ended()) {
    const [status] = await statusOfFleet(fleet, run, machines[0]!.folder);
    if (status?.machines.filter(({plan}) => plan !== null).length === machines.length) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/**
 * Runs all machines at the same time. None begins a test file before all have joined the run.
 *
 * @param args of all machines, or of each by its index
 */
export async function runFleet(
  redis: Pick<TestRedis, 'url'>,
  machines: readonly Project[],
  args: readonly string[] | ((index: number) => readonly string[]),
  options: FleetOptions,
): Promise<JestOutput[]> {
  const gate = gateOf(redis, machines, options.run);
  let ended = false;
  const outputs = machines.map((machine, index) =>
    runMachine(redis, machine, typeof args === 'function' ? args(index) : args, {
      ...options,
      env: {...options.env, ...gate.env},
    }).finally(() => (ended = true)),
  );
  await gate.open(() => ended);
  return Promise.all(outputs);
}

/** Code of a test file: notes the name in NOTES, which all machines share. */
export const noting = (name: string) => `
require('fs').appendFileSync(process.env.NOTES, ${JSON.stringify(`${name}\n`)});`;

/** Six files that are noted in "notes", and end when there is a file "go". */
export const WAITING: Files = {
  '.git/HEAD': '',
  ...Object.fromEntries(
    [...'abcdef'].map(name => [
      `${name}.test.js`,
      `const {existsSync, appendFileSync} = require('fs');
       test('${name}', async () => {
         appendFileSync('notes', '${name}');
         while (!existsSync('go')) await new Promise(next => setTimeout(next, 20));
       }, 300_000);`,
    ]),
  ),
};

export async function untilThere(project: Project, path: string): Promise<void> {
  while (!project.exists(path)) await new Promise(resolve => setTimeout(resolve, 20));
}

/** What a run's --json says, without what differs from run to run. Files are named by their paths in the project. */
export function results(project: Project, {json}: JestOutput): unknown {
  const {testResults = [], ...rest} = (json ?? {}) as Partial<FormattedTestResults>;
  const files = testResults.map(({name, status, assertionResults}) => ({
    name: name.replace(`${project.folder}/`, ''),
    status,
    tests: assertionResults.map(({fullName, status: how}) => `${fullName}: ${how}`),
  }));
  const {success, numTotalTests, numFailedTests, numPassedTests, numTotalTestSuites, numFailedTestSuites} = rest;
  return {
    files: files.sort((a, b) => (a.name < b.name ? -1 : 1)),
    totals: {success, numTotalTests, numFailedTests, numPassedTests, numTotalTestSuites, numFailedTestSuites},
  };
}

/** Runs a project on several machines of a fleet: each is a checkout of its own, with a Jest of its own. */
import type {FormattedTestResults} from '@jest/test-result';
import type {Files, JestOutput, Project, RunOptions} from './project';
import type {TestRedis} from './redis';

export interface FleetOptions extends RunOptions {
  /** The name of the run. Machines with the same name meet. */
  readonly run: string;
  /** As the option `lease`. Default: `2s`. */
  readonly lease?: string;
}

/** The variables of a machine. */
export function fleetVariables({url}: Pick<TestRedis, 'url'>, {run, lease = '2s'}: FleetOptions) {
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

/** Runs all machines at the same time. */
export function runFleet(
  redis: Pick<TestRedis, 'url'>,
  machines: readonly Project[],
  args: readonly string[],
  options: FleetOptions,
): Promise<JestOutput[]> {
  return Promise.all(machines.map(machine => runMachine(redis, machine, args, options)));
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

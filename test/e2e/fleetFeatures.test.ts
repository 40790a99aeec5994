/** What Jest and this runner can do, in a fleet: each machine reports what one Jest would. */
import type {ChildProcess} from 'node:child_process';
import {noting, runFleet, runMachine, untilJoined} from './fleets';
import {IN_ORDER, onLatestLine, type Files, type JestOutput, type MakeProject, type Project} from './project';
import {TestRedis} from './redis';
import {seen} from './shards';

const redis = TestRedis.forTests();

const REPOSITORY: Files = {'.git/HEAD': ''};

let projects = 0;

/** Machines of one project whose durations the server does not know: no worker holds a file behind another one. */
function several(count: number, make: MakeProject, files: Files, config?: object): Project[] {
  const named = {...REPOSITORY, 'package.json': JSON.stringify({name: `project-${++projects}`}), ...files};
  return Array.from({length: count}, () => make(named, config));
}

const quick = (name: string): Files => ({[`${name}.test.js`]: `${noting(name)} test('${name}', () => {});`});

/** A file whose test waits, where the machine has the variable, until the variable's file is there. */
const waiting = (name: string, variable = 'WAIT_FOR'): Files => ({
  [`${name}.test.js`]: `test('${name}', async () => {
    ${noting(name)}
    const {existsSync} = require('fs');
    while (process.env.${variable} && !existsSync(process.env.${variable})) await new Promise(end => setTimeout(end, 20));
  }, 600000);`,
});

const notesAt = (project: Project, path = 'notes') =>
  project.exists(path) ? project.read(path).trim().split('\n').sort() : [];

/** Resolves when the notes have so many lines. @param jest that writes them */
async function untilNoted(project: Project, count: number, jest: ChildProcess): Promise<void> {
  while (notesAt(project).length < count) {
    if ((jest.exitCode ?? jest.signalCode) !== null) throw new Error(`Jest has left before there were ${count} notes`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function expectGone(machines: readonly Project[]): Promise<void> {
  for (const machine of machines) expect(await machine.leftProcesses()).toEqual([]);
}

function expectSeen(machines: readonly Project[], outputs: readonly JestOutput[], expected: unknown): void {
  for (const [index, output] of outputs.entries()) expect(seen(machines[index]!, output)).toEqual(expected);
}

onLatestLine('--bail ends all machines, and who comes then runs all that has no result', async (_line, make) => {
  const files = {
    ...waiting('stuck1'),
    ...waiting('stuck2'),
    ...waiting('stuck3'),
    'fails.test.js': `test('fails', async () => {
      ${noting('fails')}
      const {readFileSync} = require('fs');
      while (readFileSync(process.env.NOTES, 'utf8').split('\\n').length < 5) await new Promise(end => setTimeout(end, 20));
      expect(process.env.FIXED).toBe('1');
    }, 600000);`,
  };
  const machines = several(3, make, files);
  const [first] = machines as [Project];
  const env = {NOTES: first.path('notes'), WAIT_FOR: first.path('never')};
  const options = {run: 'bail', env};
  const ended = await runFleet(redis, machines.slice(0, 2), ['--bail'], options);
  for (const output of ended) {
    expect(output).toMatchObject({exitCode: 1, json: null}); // as one Jest has it
    expect(output.stderr).toMatch(/Tests: +1 failed, 1 total/);
  }
  await expectGone(machines);
  const after = await runMachine(redis, machines[2]!, ['--bail'], {...options, env: {NOTES: env.NOTES, FIXED: '1'}});
  expect(after).toMatchObject({exitCode: 0, json: {numPassedTests: 4}});
});

onLatestLine('a short file that a worker holds behind one that hangs goes to an idle machine', async (_line, make) => {
  /** The file that is first hangs until the other one runs, too. */
  const short = (name: string): Files => ({
    [`${name}.test.js`]: `test('${name}', async () => {
      await new Promise(end => setTimeout(end, 100));
      ${noting(name)}
      const {readFileSync} = require('fs');
      const noted = () => readFileSync(process.env.NOTES, 'utf8').trim().split('\\n').length;
      while (process.env.TOGETHER && noted() < 2) await new Promise(end => setTimeout(end, 20));
    }, 600000);`,
  });
  const machines = several(2, make, {...short('a'), ...short('b')});
  const [first, second] = machines as [Project, Project];
  const known = await runMachine(redis, first, [], {run: 'known', env: {NOTES: first.path('earlier')}});
  expect(known).toMatchObject({exitCode: 0});
  const options = {run: 'held', env: {NOTES: first.path('notes'), TOGETHER: '1'}};
  let other: Promise<JestOutput> | undefined;
  const output = await runMachine(redis, first, ['-w', '1'], {
    ...options,
    meanwhile: async jest => {
      await untilNoted(first, 1, jest);
      other = runMachine(redis, second, ['-w', '1'], options);
    },
  });
  for (const one of [output, await other]) expect(one).toMatchObject({exitCode: 0, json: {numPassedTests: 2}});
});

onLatestLine('Ctrl-C on one machine: the others have its jobs at once, and whole reports', async (_line, make) => {
  const machines = several(2, make, {...waiting('a'), ...waiting('b'), ...quick('c'), ...quick('d')});
  const [first, second] = machines as [Project, Project];
  const env = {NOTES: first.path('notes')};
  const options = {run: 'signal', env};
  let other: Promise<JestOutput> | undefined;
  const left = await runMachine(redis, first, [], {
    ...options,
    env: {...env, WAIT_FOR: first.path('never')},
    meanwhile: async jest => {
      await untilNoted(first, 2, jest);
      other = runMachine(redis, second, [], options);
      await untilJoined(redis, machines, 'signal');
      jest.kill('SIGINT');
    },
  });
  expect(left).toMatchObject({exitCode: null, signal: 'SIGINT', json: {wasInterrupted: true}});
  expect(await other).toMatchObject({exitCode: 0, json: {numPassedTests: 4, numTotalTestSuites: 4}});
  await expectGone(machines);
});

onLatestLine('SIGTERM of all machines ends the run; the next machine runs what is missing', async (_line, make) => {
  const machines = several(3, make, {...waiting('a'), ...waiting('b'), ...quick('c')});
  const [first, second, third] = machines as [Project, Project, Project];
  const env = {NOTES: first.path('notes')};
  const options = {run: 'cancelled', env};
  const stuck = {...options, env: {...env, WAIT_FOR: first.path('never')}};
  const both = [first, second].map(machine =>
    runMachine(redis, machine, [], {
      ...stuck,
      meanwhile: async jest => {
        await untilNoted(first, 3, jest);
        await machine.untilHeard(jest, 'file-result', 'c.test.js');
        jest.kill('SIGTERM');
      },
    }),
  );
  for (const output of await Promise.all(both)) expect(output).toMatchObject({exitCode: null, signal: 'SIGTERM'});
  await expectGone(machines);
  expect(await runMachine(redis, third, [], options)).toMatchObject({exitCode: 0, json: {numPassedTests: 3}});
  expect(notesAt(first)).toEqual(['a', 'a', 'b', 'b', 'c']);
});

onLatestLine('machines come late, and when nothing is left to run; each has one worker', async (_line, make) => {
  const machines = several(3, make, {...waiting('a'), ...quick('b'), 'sequencer.js': IN_ORDER});
  const [first, second, third] = machines as [Project, Project, Project];
  const env = {NOTES: first.path('notes'), WAIT_FOR: first.path('go')};
  const options = {run: 'late', env};
  const args = ['-w', '1'];
  const others: Promise<JestOutput>[] = [];
  const own = await runMachine(redis, first, args, {
    ...options,
    meanwhile: async jest => {
      await untilNoted(first, 1, jest);
      others.push(runMachine(redis, second, args, options));
      await untilNoted(first, 2, jest);
      others.push(runMachine(redis, third, args, options));
      await untilJoined(redis, machines, 'late');
      first.write('go', '');
    },
  });
  for (const output of [own, ...(await Promise.all(others))]) {
    expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 2, numTotalTestSuites: 2}});
  }
  expect(notesAt(first)).toEqual(['a', 'b']);
});

onLatestLine(
  'several projects, one of another runner, one file in two of them; machines that remember other orders',
  async (_line, make) => {
    const project = (number: number) => ({
      globals: {NUMBER: number},
      runner: 'xdist',
      testMatch: ['**/shared.test.js'],
    });
    const files = {
      'shared.test.js': `console.log('number', NUMBER); test('number ' + NUMBER, () => expect(NUMBER).not.toBe(2));`,
      'stock.test.js': "test('stock', () => {});",
      'backwards.js': IN_ORDER.replace(
        'a.path < b.path',
        'a.context.config.globals.NUMBER > b.context.config.globals.NUMBER',
      ),
    };
    const config = {
      projects: [
        project(1),
        project(2),
        project(3),
        {displayName: 'stock', runner: 'jest-runner', testMatch: ['**/stock.test.js']},
      ],
    };
    const one = make({...REPOSITORY, ...files}, config);
    const expected = await one.run(['--ci', '-w', '2'], {runner: 'config'});
    expect(expected).toMatchObject({exitCode: 1, json: {numPassedTests: 3, numFailedTests: 1}});
    const machines = several(2, make, files, config);
    const args = (index: number) => (index === 1 ? ['--testSequencer=./backwards.js'] : []);
    const outputs = await runFleet(redis, machines, args, {run: 'projects', runner: 'config'});
    expectSeen(machines, outputs, seen(one, expected));
  },
);

onLatestLine('-t, --silent, --verbose, a test sequencer, a reporter that throws', async (_line, make) => {
  const files = {
    'kinds.test.js': `console.log('loaded'); test('yes', () => console.log('yes')); test('no', () => { throw new Error('ran'); });`,
    'none.test.js': "test('no', () => {});",
    'other.test.js': "test('yes', () => expect(1).toBe(1));",
    'sequencer.js': IN_ORDER,
    'throws.js': 'module.exports = class { onTestFileResult() { throw new Error("of the reporter"); } };',
  };
  const config = {testSequencer: './sequencer.js'};
  for (const flag of ['--silent', '--verbose']) {
    const stock = make(files, config);
    const args = ['-t', 'yes', flag];
    const expected = await stock.run(['--ci', '-w', '2', ...args], {runner: 'stock'});
    expect(expected).toMatchObject({exitCode: 0, json: {numPassedTests: 2, numPendingTests: 2}});
    const machines = several(2, make, files, config);
    const [own, other] = await Promise.all([
      runMachine(redis, machines[0]!, args, {run: flag}),
      runMachine(redis, machines[1]!, [...args, '--reporters=./throws.js'], {run: flag}),
    ]);
    // With --verbose, workers print to the terminal of the machine, so the results have nothing of it.
    const quiet = (output: JestOutput) => ({...output, stderr: '', stdout: ''});
    expect(seen(machines[0]!, quiet(own))).toEqual(seen(stock, quiet(expected)));
    expect(other).toMatchObject({exitCode: 1, json: {numPassedTests: 2}});
    expect(other.stderr).toContain('Error: of the reporter');
  }
});

onLatestLine("a CI's variables name the run; two of its jobs do not meet", async (_line, make) => {
  const machines = several(3, make, {...waiting('a', 'NEVER'), ...quick('b')});
  const [first] = machines as [Project];
  const ci = (job: string) => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'a/b',
    GITHUB_RUN_ID: '17',
    GITHUB_WORKFLOW: 'CI',
    GITHUB_JOB: job,
    NOTES: first.path(`notes-${job}`),
    XDIST_FLEET: JSON.stringify({url: redis.url}),
  });
  const outputs = await Promise.all(
    machines.map((machine, index) => machine.run(['--ci', '-w', '2'], {env: ci(index === 2 ? 'other' : 'test')})),
  );
  for (const output of outputs) expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 2}});
  for (const job of ['test', 'other']) expect(notesAt(first, `notes-${job}`)).toEqual(['a', 'b']);
});

onLatestLine('a checkout with another root takes no part, and is told why', async (_line, make) => {
  const files = {'a.test.js': "test('a', () => {});", 'b.test.js': "test('b', () => {});"};
  const [first, other] = [make({...REPOSITORY, ...files}), make(files)];
  expect(await runMachine(redis, first, [], {run: 'roots'})).toMatchObject({exitCode: 0});
  // The nearest folder with `.git` is far above.
  const {exitCode, stderr, json} = await runMachine(redis, other, [], {run: 'roots'});
  expect([exitCode, json]).toEqual([1, null]);
  expect(stderr).toMatch(
    /- rootDir, from the root of the repository: \. \(the plan\)\n\+ rootDir, .*\/run\/.* \(this m/,
  );
});

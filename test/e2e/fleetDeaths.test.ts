/** Machines of a fleet that die or stand still at a chosen moment: the others report the whole run. */
import type {ChildProcess} from 'node:child_process';
import {seeded} from '../seeded';
import {CutProxy} from './cutProxy';
import {
  expectAllPassed,
  expectNoProcesses,
  makeMachines,
  noted,
  Notes,
  suite,
  TESTS,
  until,
  whilePlanning,
} from './fleetDeaths';
import {gateOf, results, runMachine} from './fleets';
import {IS_THOROUGH, onLatestLine, type JestOutput, type Project} from './project';
import {TestRedis} from './redis';

const SEEDS = IS_THOROUGH ? 20 : 2;
const MACHINES = 3;
/** Short, because the others wait for its end. On a busy machine, a Jest that was not harmed may lose its jobs, too. */
const LEASE = '2s';

const redis = TestRedis.forTests();

/**
 * Code of a test file: whether the machine has recorded that it runs the file. It is written to the disk a while later.
 * By then, the machine has noted it on the server, too.
 */
const IS_RECORDED = `
const {basename, dirname, join} = require('path');
const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
const {readRecording} = require(join(ours, 'dist', 'recording', 'index.js'));
const isRecorded = () => {
  try {
    const {lines} = readRecording('run.xdist');
    const {units} = lines.find(({type}) => type === 'plan').plan;
    const begun = lines.flatMap(({event}) => (event?.type === 'unit-started' ? [units[event.unit]] : []));
    return begun.some(({file}) => basename(file.path) === basename(__filename));
  } catch {
    return false; // nothing is written so far
  }
};
`;

interface StartOptions {
  /** By the index of the machine. */
  readonly servers?: readonly Pick<TestRedis, 'url'>[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Started {
  readonly jests: readonly ChildProcess[];
  readonly outputs: Promise<JestOutput[]>;
  /** Whether all have ended. */
  readonly haveEnded: () => boolean;
}

/** Starts all machines. @param env of all */
function start(
  machines: readonly Project[],
  run: string,
  notes: Notes,
  {servers = machines.map(() => redis), env = {}}: StartOptions = {},
): Started {
  const jests: ChildProcess[] = [];
  let left = machines.length;
  const outputs = Promise.all(
    machines.map((machine, index) =>
      runMachine(servers[index]!, machine, [], {
        run,
        lease: LEASE,
        env: {NOTES: notes.path, ...env},
        meanwhile: jest => {
          jests[index] = jest;
          return Promise.resolve();
        },
      }).finally(() => left--),
    ),
  );
  return {jests, outputs, haveEnded: () => left === 0};
}

/** The reports of the survivors are whole and equal, and no process is left. */
async function expectWhole(machines: readonly Project[], outputs: readonly JestOutput[]): Promise<void> {
  const survivors = machines.filter((_, index) => outputs[index]!.signal === null);
  const reports = outputs.filter(({signal}) => signal === null);
  expect(reports.length).toBeGreaterThanOrEqual(MACHINES - 1);
  expectAllPassed(reports);
  for (const [index, report] of reports.entries()) {
    expect(results(survivors[index]!, report)).toEqual(results(survivors[0]!, reports[0]!));
  }
  await expectNoProcesses(machines);
}

for (let seed = 1; seed <= SEEDS; seed++) {
  onLatestLine(`a machine is killed after it has begun something (seed ${seed})`, async (line, make) => {
    const random = seeded(seed);
    const victim = Math.floor(random() * MACHINES);
    const ended = Math.floor(random() * 8);
    const machines = makeMachines(make, suite(MACHINES), MACHINES);
    const notes = new Notes(machines[0]!);
    const {jests, outputs, haveEnded} = start(machines, `killed ${line} ${seed}`, notes);
    await notes.until(
      all =>
        all.some(({what, folder}) => what === 'begun' && folder === machines[victim]!.folder) &&
        all.filter(({what}) => what === 'ended').length >= ended,
      haveEnded,
    );
    jests[victim]!.kill('SIGKILL');
    await expectWhole(machines, await outputs);
  });

  onLatestLine(`the machine that plans is killed (seed ${seed})`, async (line, make) => {
    const passed = Math.floor(seeded(seed)() * 24);
    // The planning one may be dead before it begins a file.
    const machines = makeMachines(make, suite(MACHINES - 1), MACHINES);
    const notes = new Notes(machines[0]!);
    const proxies = await Promise.all(machines.map(() => CutProxy.open(() => redis.port)));
    // Only one is held: a machine that is slow loses its lease, and then another one plans, too.
    const held = proxies.map(async (proxy, index) => {
      await proxy.holdAt(whilePlanning(passed));
      for (const one of proxies) one.holdNothing();
      return index;
    });
    const {jests, outputs} = start(machines, `planning ${line} ${seed}`, notes, {servers: proxies});
    const planner = await Promise.race(held);
    jests[planner]!.kill('SIGKILL');
    const all = await outputs;
    expect(all.map(({signal}) => signal !== null)).toEqual(machines.map((_, index) => index === planner));
    await expectWhole(machines, all);
    for (const proxy of proxies) await proxy.close();
  });
}

onLatestLine('Ctrl-C while a machine plans: the next one goes on at once', async (line, make) => {
  const [first, second] = makeMachines(make, suite(1), 2) as [Project, Project];
  const proxy = await CutProxy.open(() => redis.port);
  const held = proxy.holdAt(whilePlanning(5));
  // With the default lease of these tests, waiting for its end would take longer than a test may.
  const options = {run: `interrupted ${line}`, env: {NOTES: new Notes(first).path}};
  const left = await runMachine(proxy, first, [], {
    ...options,
    meanwhile: async jest => {
      await held;
      jest.kill('SIGINT');
      proxy.letGo();
    },
  });
  expect(left).toMatchObject({signal: 'SIGINT', json: null});
  expectAllPassed([await runMachine(redis, second, [], options)]);
  await expectNoProcesses([first, second]);
  await proxy.close();
});

onLatestLine('a machine stands still for longer than its lease, and goes on', async (line, make) => {
  // Whoever begins the file first cannot end it before another machine has begun it, too.
  const begunTwice = `require('fs').readFileSync(process.env.NOTES, 'utf8').match(/^begun .*f0/gm).length > 1`;
  const files = {
    ...suite(1),
    'f0.test.js': noted(`test('t0', () => ${until(begunTwice)}, 600_000); test('t1', () => {});`),
  };
  const machines = makeMachines(make, files, MACHINES);
  const notes = new Notes(machines[0]!);
  const {jests, outputs, haveEnded} = start(machines, `paused ${line}`, notes);
  const begins = () => notes.all().filter(({what, file}) => what === 'begun' && file === 'f0.test.js');
  await notes.until(() => begins().length > 0, haveEnded);
  const paused = machines.findIndex(({folder}) => folder === begins()[0]?.folder);
  jests[paused]!.kill('SIGSTOP');
  await notes.until(() => begins().some(({folder}) => folder !== machines[paused]!.folder), haveEnded);
  jests[paused]!.kill('SIGCONT');
  const all = await outputs;
  expect(all.map(({signal}) => signal)).toEqual([null, null, null]);
  await expectWhole(machines, all);
});

onLatestLine('a test that kills its worker costs a worker, not a machine', async (line, make) => {
  const killer = `test('kills', () => process.kill(process.pid, 'SIGKILL'));`;
  const machines = makeMachines(make, {...suite(1), 'killer.test.js': killer}, 2);
  const {outputs} = start(machines, `worker ${line}`, new Notes(machines[0]!));
  const all = await outputs;
  for (const [index, output] of all.entries()) {
    expect(output).toMatchObject({exitCode: 1, json: {numPassedTests: TESTS.length, numFailedTestSuites: 1}});
    expect(output.stderr.split('SIGKILL').length - 1).toBeGreaterThan(0);
    expect(output.stderr).not.toContain('machines of the fleet were lost');
    expect(results(machines[index]!, output)).toEqual(results(machines[0]!, all[0]!));
  }
  await expectNoProcesses(machines);
});

interface Killer {
  readonly how: string;
  /** The code of its file. */
  readonly code: string;
  readonly machines: number;
  /** How many machines it may cost. */
  readonly kills: readonly number[];
}

const KILL = "process.kill(process.ppid, 'SIGKILL')";

/** The note of who is killed at once may not have reached the server, so it may count for nothing. */
const KILLERS: readonly Killer[] = [
  {
    how: 'a test',
    code: `${IS_RECORDED} test('kills', async () => { await ${until('isRecorded()')}; ${KILL}; }, 600_000);`,
    machines: 3,
    kills: [2],
  },
  {how: 'a file that is loaded', code: `${KILL}; test('kills', () => {});`, machines: 4, kills: [2, 3]},
];

describe.each(KILLERS)('$how kills its Jest on each machine', ({code, machines: count, kills}) => {
  onLatestLine('and is reported after two', async (line, make) => {
    const machines = makeMachines(make, {...suite(1), 'killer.test.js': noted(code)}, count);
    const notes = new Notes(machines[0]!);
    const run = `jests ${line} ${count}`;
    // If the last machine came when the others are dead, it would begin the next round.
    const gate = gateOf(redis, machines, run);
    const {outputs, haveEnded} = start(machines, run, notes, {env: gate.env});
    await gate.open(haveEnded);
    const all = await outputs;
    const killed = new Set(notes.all().flatMap(({file, folder}) => (file === 'killer.test.js' ? [folder] : [])));
    expect(kills).toContain(killed.size);
    expect(all.map(({signal}) => signal)).toEqual(machines.map(({folder}) => (killed.has(folder) ? 'SIGKILL' : null)));
    for (const output of all.filter(({signal}) => signal === null)) {
      const {testResults, numFailedTestSuites, numPassedTests} = output.json!;
      expect([output.exitCode, numFailedTestSuites, numPassedTests]).toEqual([1, 1, TESTS.length]);
      const {message} = testResults.find(({name}) => name.endsWith('killer.test.js'))!;
      expect(message).toContain('2 machines of the fleet were lost while they ran this test file');
      expect(message.match(/began it .* ago, and sent nothing more/g)).toHaveLength(2);
    }
    await expectNoProcesses(machines);
  });
});

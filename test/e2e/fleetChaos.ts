/** A fleet whose machines are killed, paused and cut off, and whose server is restarted; and what must hold then. */
import type {ChildProcess} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {seeded} from '../seeded';
import {CutProxy} from './cutProxy';
import {fleetVariables, untilJoined} from './fleets';
import type {Files, JestOutput, Project} from './project';
import type {TestRedis} from './redis';

/** Short, so that a machine that is gone is missed soon. */
const LEASE = '2s';

const MACHINES = 3;

/** The names of all tests of the suite. */
export const NAMES = Array.from({length: 30}, (_, index) => `t${index}`);

/** Ten files with three tests each, which wait. */
export const SUITE: Files = {
  '.git/HEAD': '',
  ...Object.fromEntries(
    Array.from({length: 10}, (_, file) => [
      `f${file}.test.js`,
      NAMES.slice(file * 3, file * 3 + 3)
        .map(
          (name, at) =>
            `test('${name}', () => new Promise(end => setTimeout(end, ${60 + ((file * 7 + at) % 9) * 40})));`,
        )
        .join('\n'),
    ]),
  ),
};

/** One thing that happens to the fleet. */
type Trouble = 'kill' | 'pause' | 'cut' | 'restart';

export interface Machine {
  readonly project: Project;
  /** null: it was killed. */
  readonly output: JestOutput | null;
}

/**
 * Runs a fleet in which troubles happen at random times. The first machine is never killed.
 *
 * @param kinds what may happen
 */
export async function runInTrouble(
  redis: TestRedis,
  projects: readonly Project[],
  seed: number,
  kinds: readonly Trouble[],
): Promise<Machine[]> {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const proxies = await Promise.all(projects.map(() => CutProxy.open(() => redis.port)));
  const killed = new Set<number>();
  const jests: ChildProcess[] = [];
  let running = projects.length;
  const ended = projects.map((project, index) =>
    project
      .run(['--ci', '-w', '2'], {
        env: fleetVariables(proxies[index]!, {run: `chaos ${seed}`, lease: LEASE}),
        meanwhile: jest => {
          jests[index] = jest;
          return Promise.resolve();
        },
      })
      .finally(() => running--),
  );
  const happen = async () => {
    // A server that is away before a machine has joined is an error.
    await untilJoined(redis, projects, `chaos ${seed}`, () => running === 0);
    while (running > 0) {
      await sleep(100 + below(1500));
      if (running === 0) return;
      const kind = kinds[below(kinds.length)];
      const victim = below(projects.length);
      if (kind === 'kill' && victim !== 0) {
        killed.add(victim);
        jests[victim]?.kill('SIGKILL');
      } else if (kind === 'pause') {
        // Longer than a lease, or shorter. A process that has ended hears of neither signal.
        jests[victim]?.kill('SIGSTOP');
        await sleep(below(4000));
        jests[victim]?.kill('SIGCONT');
      } else if (kind === 'cut') {
        proxies[victim]?.cut();
        await sleep(below(4000));
        proxies[victim]?.mend();
      } else if (kind === 'restart') {
        await redis.stop();
        await sleep(below(1000));
        await redis.start();
      }
    }
  };
  const [outputs] = await Promise.all([Promise.all(ended), happen()]);
  for (const proxy of proxies) await proxy.close();
  return outputs.map((output, index) => ({project: projects[index]!, output: killed.has(index) ? null : output}));
}

/** Each test once, on each machine that was not killed, and the same everywhere; and no process left. */
export async function expectWholeReports(machines: readonly Machine[]): Promise<void> {
  const reports = machines.flatMap(({output}) => (output === null ? [] : [reportOf(output)]));
  for (const {files, tests, exitCode, text} of reports) {
    expect([files, text]).toEqual([10, text]);
    // A file that two machines were lost with is reported as the cause, and has no tests then.
    const blamed = text.split('machines of the fleet were lost while').length - 1;
    if (blamed === 0) expect([tests, exitCode]).toEqual([[...NAMES].sort(), 0]);
    else expect([tests.length, exitCode]).toEqual([new Set(tests).size, 1]);
    expect(tests).toEqual(reports[0]?.tests);
  }
  for (const {project} of machines) expect(await project.leftProcesses()).toEqual([]);
}

function reportOf({json, exitCode, stderr}: JestOutput) {
  const results = json?.testResults ?? [];
  const tests = results.flatMap(({assertionResults}) =>
    assertionResults.map(({fullName, status}) => (status === 'passed' ? fullName : `${fullName} ${status}`)),
  );
  return {files: results.length, tests: tests.sort(), exitCode, text: stderr};
}

export const makeMachines = (make: (files: Files) => Project) => Array.from({length: MACHINES}, () => make(SUITE));

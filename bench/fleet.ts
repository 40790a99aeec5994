/**
 * Measures a fleet of 4 machines with 2 workers each: processes in folders of their own, and test files that wait.
 * Beside it: one machine with 8 workers, and 4 static shards. BENCH_FACTOR makes all files wait longer.
 */
import type {ChildProcess} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {seeded} from '../test/seeded';
import {TestRedis} from '../test/e2e/redis';
import {filesThatWait, measureMachines, type Measured} from './fleetMachines';
import {median} from './statistics';
import {prepareSuite, type Install, type PreparedSuite} from './turns';

const MACHINES = 4;
const WORKERS = 2;
const FILES = 400;
const GOAL = 1.05;
/** In s. */
const LEASE = 5;
/** The engine looks for lost leases so often (s): a quarter of the lease. */
const CHECK = LEASE / 4;
/** After so many files a machine is killed: near the end, the others have least to do meanwhile. */
const FILES_BEFORE_DEATH = 360;

/** Pareto durations in ms, from 0.2 s, exponent 1.6, at most 20 s. */
function durations(): number[] {
  const random = seeded(7);
  const factor = Number(process.env.BENCH_FACTOR ?? 1);
  return Array.from({length: FILES}, () => Math.round(factor * Math.min(20_000, 200 * (1 - random()) ** (-1 / 1.6))));
}

/** @param rounds how often each way runs */
export async function benchmarkFleet(installs: readonly Install[], rounds: number): Promise<void> {
  const bench = await FleetBench.open(installs);
  try {
    const fleet: Measured[] = [];
    const one: Measured[] = [];
    const shards: Measured[] = [];
    await bench.fleet(); // what files take is known from then on
    await bench.oneMachine();
    for (let round = 0; round < rounds; round++) {
      fleet.push(await bench.fleet());
      one.push(await bench.oneMachine());
      shards.push(await bench.shards());
    }
    console.log(
      `\nfleet: ${FILES} files that wait ${bench.s(bench.sum)} s in all, the longest ${bench.s(bench.longest)} s; ` +
        `lower bound on ${MACHINES * WORKERS} workers ${bench.s(bench.bound)} s; median of ${rounds}`,
    );
    bench.print(`${MACHINES} machines, -w ${WORKERS}, one fleet`, fleet, GOAL);
    bench.print(`1 machine, -w ${MACHINES * WORKERS}`, one, null);
    bench.print(`${MACHINES} shards, -w ${WORKERS}, the slowest`, shards, null);
  } finally {
    await bench.end();
  }
}

/** What the death of a machine costs, more than its good-bye at the same moment. */
export async function benchmarkFleetDeath(installs: readonly Install[], rounds: number): Promise<void> {
  const bench = await FleetBench.open(installs);
  try {
    await bench.fleet();
    const ends: Record<'SIGTERM' | 'SIGKILL', number[]> = {SIGTERM: [], SIGKILL: []};
    for (let round = 0; round < rounds; round++) {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) ends[signal].push((await bench.fleet(signal)).wall);
    }
    const later = ends.SIGKILL.map((wall, round) => (wall - ends.SIGTERM[round]!) / 1000);
    const bound = LEASE + 2 * CHECK + bench.longest / 1000;
    console.log(
      `\nfleetDeath: one of ${MACHINES} machines killed after ${FILES_BEFORE_DEATH} files ends the run later than its ` +
        `good-bye does by ${later.map(s => s.toFixed(1)).join(', ')} s   (goal: <= ${bound.toFixed(1)} s: the lease ` +
        `${LEASE} s, two checks of it ${CHECK} s each, the longest file)`,
    );
  } finally {
    await bench.end();
  }
}

class FleetBench {
  readonly sum: number;
  readonly longest: number;
  /** In ms. */
  readonly bound: number;
  readonly #redis: TestRedis;
  readonly #machines: readonly PreparedSuite[];
  readonly #ours: string;
  #runs = 0;

  static async open(installs: readonly Install[]): Promise<FleetBench> {
    return new FleetBench(installs[0]!, await new TestRedis().start());
  }

  private constructor(install: Install, redis: TestRedis) {
    const all = durations();
    this.sum = all.reduce((sum, ms) => sum + ms, 0);
    this.longest = Math.max(...all);
    this.bound = Math.max(this.sum / MACHINES / WORKERS, this.longest);
    this.#redis = redis;
    const side = {args: ['--ci', '--runner=xdist'], env: {XDIST_IN_BAND: 'never'}};
    const files = filesThatWait(all);
    this.#machines = Array.from({length: MACHINES}, (_, at) => prepareSuite(install, `fleet-${at}`, files, side));
    this.#ours = join(install.folder, 'node_modules', 'jest-runner-xdist');
  }

  /** @param signal the last machine gets it near the end; null: it lives */
  fleet(signal: 'SIGTERM' | 'SIGKILL' | null = null): Promise<Measured> {
    const fleet = {url: this.#redis.url, run: `bench ${++this.#runs}`, lease: `${LEASE}s`};
    const kill = (ended: number, jests: readonly ChildProcess[]) => {
      const last = jests.at(-1);
      if (signal !== null && ended >= FILES_BEFORE_DEATH && last?.killed === false) last.kill(signal);
    };
    return measureMachines(
      this.#machines.map(machine => changed(machine, ['-w', String(WORKERS)], {XDIST_FLEET: JSON.stringify(fleet)})),
      kill,
    );
  }

  oneMachine(): Promise<Measured> {
    return measureMachines([changed(this.#machines[0]!, ['-w', String(MACHINES * WORKERS)], this.#timings)]);
  }

  shards(): Promise<Measured> {
    const sequencer = `--testSequencer=${join(this.#ours, 'dist', 'shard', 'sequencer.js')}`;
    return measureMachines(
      this.#machines.map((machine, at) =>
        changed(machine, ['-w', String(WORKERS), sequencer, `--shard=${at + 1}/${MACHINES}`], this.#timings),
      ),
    );
  }

  print(name: string, rounds: readonly Measured[], goal: number | null): void {
    const of = (field: keyof Measured) => median(rounds.map(round => round[field]));
    const ratio = median(rounds.map(({wall, start}) => wall / (this.bound + start)));
    const ran = Math.max(of('ran') / MACHINES / WORKERS, this.longest);
    console.log(
      `  ${name.padEnd(34)} ${this.s(of('wall'))} s = ${ratio.toFixed(3)} x (lower bound + start ${this.s(of('start'))} s)` +
        (goal === null ? '' : `   (goal: <= ${goal.toFixed(2)})`) +
        `\n    files ran ${this.s(ran)} s on each worker; beside that, each was late ${this.s(of('late'))} s, ` +
        `between files ${this.s(of('between'))} s, idle at the end ${this.s(of('idleAtEnd'))} s; ` +
        `after the last test ${this.s(of('end'))} s`,
    );
  }

  s(ms: number): string {
    return (ms / 1000).toFixed(2);
  }

  async end(): Promise<void> {
    await this.#redis.end();
    for (const {folder} of this.#machines) rmSync(folder, {recursive: true, force: true});
  }

  /** The first machine has run all files, and has written it. */
  get #timings(): Readonly<Record<string, string>> {
    return {XDIST_TIMINGS: join(this.#machines[0]!.folder, 'bench-timings.json')};
  }
}

function changed(
  machine: PreparedSuite,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): PreparedSuite {
  return {...machine, command: [...machine.command, ...args], environment: {...machine.environment, ...env}};
}

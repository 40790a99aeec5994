/** Measures what the fleet's engine costs a machine: CPU time for each job that is added, taken, completed and heard. */
import {Redis} from 'ioredis';
import {connect} from '../src/fleet/engine/connect';
import type {Engine} from '../src/fleet/engine/engine';
import {TestRedis} from '../test/e2e/redis';
import {median} from './statistics';

const JOBS = 3000;
const ROUNDS = 5;
/** A job names a file of the plan; a completion names the lease. Bytes, sealed. */
const DATA = Buffer.alloc(60, 1);
const VALUE = Buffer.alloc(100, 2);

export async function benchmarkFleetEngine(): Promise<void> {
  const redis = await new TestRedis().start();
  const client = new Redis(redis.url);
  try {
    const rounds: Costs[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const costs = await measure(redis.url, `xdist:bench-${round}`, client);
      if (round > 0) rounds.push(costs); // the first one loads and compiles
    }
    const of = (name: keyof Costs) => median(rounds.map(costs => costs[name]));
    const ms = (name: keyof Costs) => `${of(name).toFixed(2)} ms`;
    console.log(
      `\nfleetEngine: ${JOBS} jobs, one machine, median of ${ROUNDS}; for each job\n` +
        `  CPU of the machine ${ms('total')} (goal < 3 ms): add ${ms('add')}; take, complete and hear ${ms('work')}\n` +
        `  CPU of the server ${ms('server')}; ${Math.round(of('memory'))} bytes of its memory, ` +
        `${Math.round(of('sent'))} bytes sent`,
    );
  } finally {
    client.disconnect();
    await redis.end();
  }
}

/** For each job. */
interface Costs {
  readonly add: number;
  readonly work: number;
  readonly total: number;
  readonly server: number;
  readonly memory: number;
  readonly sent: number;
}

async function measure(url: string, prefix: string, client: Redis): Promise<Costs> {
  const options = {password: null, ca: null, leaseMs: 30_000, keepMs: 600_000, awayMs: 60_000};
  const machine = await connect({...options, url, prefix});
  const before = await stateOf(client);
  const add = await cpuOf(() =>
    machine
      .queue('jobs')
      .add(Array.from({length: JOBS}, (_, index) => ({id: String(index), data: DATA, priority: index + 1}))),
  );
  const work = await cpuOf(() => workOff(machine));
  const after = await stateOf(client);
  await machine.close();
  const each = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / JOBS;
  return {
    add,
    work,
    total: add + work,
    server: 1000 * (each('used_cpu_user') + each('used_cpu_sys')),
    memory: each('used_memory'),
    sent: each('total_net_output_bytes'),
  };
}

async function workOff(machine: Engine): Promise<void> {
  const queue = machine.queue('jobs');
  let heard = 0;
  const all = new Promise<void>(resolve =>
    queue.follow({
      completed: () => {
        if (++heard === JOBS) resolve();
      },
      available: () => undefined,
    }),
  );
  for (let taken; (taken = await queue.take()) !== null;) await queue.complete(taken, VALUE);
  await all;
}

/** ms of this process's CPU time for each job. */
async function cpuOf(what: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await what();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000 / JOBS;
}

async function stateOf(client: Redis): Promise<ReadonlyMap<string, number>> {
  const info = await client.info();
  return new Map(info.split('\r\n').map(line => [line.split(':')[0]!, Number(line.split(':')[1])]));
}

/** Machines of a run on the engine in memory, in virtual time. */
import type {FleetPlan} from '../../../src/core/fleet/fleetPlan';
import {planFleet} from '../../../src/core/fleet/planFleet';
import {hearWarnings} from '../../../src/run/warn';
import type {Engine} from '../../../src/fleet/engine/engine';
import type {FleetConnection} from '../../../src/fleet/fleetConnection';
import {Names} from '../../../src/fleet/names';
import type {OwnFile} from '../../../src/fleet/ownFiles';
import {makeSealer} from '../../../src/fleet/seal';
import {SealedValues} from '../../../src/fleet/sealedValues';
import {collectionOf} from '../core/fleet/collections';
import {MemoryServer, TestClock} from './memoryEngine';

export const IDENTITY = {run: 'run', family: 'run', series: 'series', machines: null};
export const LEASE_MS = 3_000;
const AWAY_MS = 60_000;

export interface TestFleet {
  readonly clock: TestClock;
  readonly server: MemoryServer;
  readonly join: (name: string, options?: {readonly secret?: string}) => Promise<FleetConnection>;
}

export function testFleet(): TestFleet {
  const clock = new TestClock();
  const server = new MemoryServer(clock);
  return {
    clock,
    server,
    join: async (name, {secret = 'secret'} = {}) => {
      const engine = await server.connect({prefix: 'xdist', leaseMs: LEASE_MS, awayMs: AWAY_MS});
      const values = new SealedValues(engine.values, makeSealer({secret, ...IDENTITY}));
      const ended = engine.lost.then(error => Promise.reject(error));
      ended.catch(() => undefined);
      return {
        engine,
        names: new Names(IDENTITY),
        values,
        family: values,
        series: values,
        clock: {now: () => clock.now()},
        machine: {id: name, name: `host-${name}`},
        leaseMs: LEASE_MS,
        ended,
      };
    },
  };
}

/** Lets all that is under way go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** The same machine, with another queue of that name. */
export function withQueue(
  fleet: FleetConnection,
  isIt: (name: string) => boolean,
  change: (queue: ReturnType<Engine['queue']>) => Partial<ReturnType<Engine['queue']>>,
): FleetConnection {
  const {engine} = fleet;
  const queue: Engine['queue'] = name => {
    const own = engine.queue(name);
    return isIt(name) ? {...own, ...change(own)} : own;
  };
  return {...fleet, engine: {...engine, now: () => engine.now(), close: () => engine.close(), queue}};
}

export const filesOf = (keys: readonly string[]): OwnFile[] =>
  keys.map(key => ({
    test: {path: `/repo/${key}`} as OwnFile['test'],
    canSplit: null,
    input: {key, record: null, size: () => 100, mayCut: false, workerGroup: null, serial: false, fixtures: []},
  }));

export function planOf(keys: readonly string[], id = 'plan-a'): FleetPlan {
  const inputs = filesOf(keys).map(({input}) => input);
  return planFleet(inputs, {id, collection: collectionOf(keys), machines: 1});
}

/** The warnings that a test has caused so far. */
export function heardWarnings(): {readonly texts: string[]; readonly end: () => void} {
  const texts: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const endHearing = hearWarnings(text => texts.push(text));
  return {
    texts,
    end: () => {
      endHearing();
      write.mockRestore();
    },
  };
}

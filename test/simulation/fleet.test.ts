import fc, {cases, longCases} from '../random';
import {PULSE_MS} from './fleet/machine';
import {simulateFleet} from './fleet/simulateFleet';
import {randomOf, type Fate, type FleetWorld, type SimulatedJob, type SimulatedMachine} from './fleet/world';

const duration = fc.oneof(fc.integer({min: 1, max: 60}), fc.integer({min: 50, max: 3000}));

const peacefulJob: fc.Arbitrary<SimulatedJob> = fc
  .record({
    realMs: duration,
    /** How far off the expectation is, in percent; null: it is unknown. */
    noise: fc.option(fc.integer({min: 50, max: 200}), {freq: 8}),
    serial: fc.nat(15).map(dice => dice === 0),
    passesFrom: fc.nat(15).map(dice => (dice === 0 ? 2 : 1)),
  })
  .map(({noise, ...job}) => ({...job, expectedMs: noise === null ? null : Math.round((job.realMs * noise) / 100)}));

const job: fc.Arbitrary<SimulatedJob> = fc
  .tuple(peacefulJob, fc.nat(40), fc.double({min: 0, max: 1, noNaN: true}))
  .map(([peaceful, dice, killsAt]) => (dice === 0 ? {...peaceful, killsAt} : peaceful));

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({what: fc.constantFrom('killed' as const, 'leaves' as const), at: fc.nat(20_000)}),
  fc.record({
    what: fc.constantFrom('paused' as const, 'cut-off' as const),
    at: fc.nat(20_000),
    ms: fc.integer({min: 10, max: 15_000}),
  }),
);

const machine = (fates: fc.Arbitrary<Fate[]>): fc.Arbitrary<SimulatedMachine> =>
  fc.record({
    workers: fc.integer({min: 1, max: 4}),
    at: fc.oneof(fc.nat(500), fc.nat(30_000)),
    fates,
  });

const latencyMs = fc.constantFrom<readonly [number, number]>([0, 0], [1, 5], [5, 80]);

const surroundings = {
  latencyMs,
  leaseMs: fc.constantFrom(2000, 5000),
  checkMs: fc.constantFrom(500, 1000),
  seed: fc.nat(),
};

const world: fc.Arbitrary<FleetWorld> = fc.record({
  jobs: fc.array(job, {minLength: 1, maxLength: 60}),
  machines: fc.array(machine(fc.array(fate, {maxLength: 2})), {minLength: 1, maxLength: 6}),
  lostMs: fc.constantFrom(0, 20, 300),
  ...surroundings,
});

const peacefulWorld: fc.Arbitrary<FleetWorld> = fc.record({
  jobs: fc.array(peacefulJob, {minLength: 1, maxLength: 80}),
  machines: fc.array(machine(fc.constant([])), {minLength: 1, maxLength: 6}),
  ...surroundings,
});

test('every run ends with each result once, whatever dies, pauses, or is cut off', () => {
  const tally = {refused: 0, blamed: 0, laterRounds: 0, dead: 0};
  fc.assert(
    fc.property(world, random => {
      const {refused, blamed, rounds, machines} = simulateFleet(random);
      tally.refused += refused;
      tally.blamed += blamed.flat().length;
      tally.laterRounds += rounds.length - 1;
      tally.dead += machines.filter(({state}) => state === 'dead').length;
    }),
    {numRuns: longCases(3000)},
  );
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(10);
});

test('a fleet is replayed exactly by its world', () => {
  fc.assert(
    fc.property(world, random => {
      const [first, second] = [simulateFleet(random), simulateFleet(random)];
      expect([second.makespan, second.events]).toEqual([first.makespan, first.events]);
    }),
    {numRuns: cases(50)},
  );
});

test('a death costs at most the lease, two looks of the server, and the longest job more than a good-bye', () => {
  fc.assert(
    fc.property(peacefulWorld, fc.nat(8000), (random, at) => {
      const jobs = random.jobs.map(one => ({...one, serial: false, passesFrom: 1}));
      const [first, ...others] = [{workers: 2, at: 0}, {workers: 2, at: 0}, ...random.machines];
      const endOf = (what: 'killed' | 'leaves') =>
        simulateFleet({...random, jobs, machines: [{...first, fates: [{what, at}]}, ...others]}).makespan;
      const longest = Math.max(...jobs.map(({realMs}) => realMs));
      const {leaseMs, checkMs, latencyMs} = random;
      const slack = 2 * PULSE_MS + 10 * latencyMs[1];
      expect(endOf('killed')).toBeLessThanOrEqual(endOf('leaves') + leaseMs + 2 * checkMs + longest + slack);
    }),
    {numRuns: longCases(600)},
  );
});

test('a job that has cost two machines is the cause, and costs no third one', () => {
  fc.assert(
    fc.property(peacefulWorld, fc.nat(), fc.double({min: 0, max: 1, noNaN: true}), (random, place, killsAt) => {
      const deadly = place % random.jobs.length;
      const jobs = random.jobs.map((one, index) => (index === deadly ? {...one, killsAt} : one));
      const machines = [0, 0, 0].map(at => ({workers: 3, at}));
      const {kills, blamed, machines: all, rounds} = simulateFleet({...random, jobs, machines});
      expect(rounds).toHaveLength(1);
      expect([...kills[0]!.values()]).toEqual([2]);
      expect(blamed[0]).toEqual([...kills[0]!.keys()]);
      expect(all.filter(({state}) => state === 'done')).toHaveLength(1);
    }),
    {numRuns: longCases(600)},
  );
});

test('a job that kills before its machine is heard costs one machine more, not one after the other', () => {
  const deaths = new Set<number>();
  fc.assert(
    fc.property(peacefulWorld, fc.nat(), fc.nat(50), (random, place, lostMs) => {
      const deadly = place % random.jobs.length;
      const jobs = random.jobs.map((one, index) => (index === deadly ? {...one, killsAt: 0} : one));
      const machines = [0, 0, 0, 0, 0].map(at => ({workers: 3, at}));
      const {kills, blamed, rounds} = simulateFleet({...random, jobs, machines, lostMs});
      expect(rounds).toHaveLength(1);
      expect(blamed[0]).toEqual([...kills[0]!.keys()]);
      for (const count of kills[0]!.values()) deaths.add(count);
    }),
    {numRuns: longCases(600)},
  );
  expect([...deaths].sort()).toEqual([2, 3]);
});

test('who comes later is told a run that has passed, and runs again what has failed', () => {
  fc.assert(
    fc.property(peacefulWorld, random => {
      const late = {workers: 2, at: 1_000_000};
      const {rounds, machines} = simulateFleet({...random, machines: [...random.machines, late]});
      const failing = random.jobs.filter(({passesFrom = 1}) => passesFrom > 1).length;
      expect(rounds).toHaveLength(failing > 0 ? 2 : 1);
      expect(rounds[1]?.jobs.completed.length ?? 0).toBe(failing);
      expect(machines.at(-1)!.told).toHaveLength(failing > 0 ? failing : random.jobs.length);
    }),
    {numRuns: longCases(300)},
  );
});

/** @param durationOf a random duration in ms, for a random number from 0 to 1 */
function manyJobs(count: number, durationOf: (random: number) => number): SimulatedJob[] {
  const random = randomOf(count);
  return Array.from({length: count}, () => {
    const realMs = durationOf(random());
    return {realMs, expectedMs: Math.round(realMs * (0.8 + 0.4 * random()))};
  });
}

const even = (random: number) => 100 + 1900 * random;
/** Most are short. */
const pareto = (random: number) => Math.min(20_000, 200 * (1 - random) ** (-1 / 1.6));

/** How much longer than it must a fleet of machines with 8 workers takes. */
function ratioOf(jobs: readonly SimulatedJob[], count: number): number {
  const machines = Array.from({length: count}, () => ({workers: 8, at: 0}));
  const times = {latencyMs: [1, 5] as const, leaseMs: 30_000, checkMs: 15_000, seed: 1};
  const {makespan} = simulateFleet({jobs, machines, ...times}, {tells: false});
  const total = jobs.reduce((sum, {realMs}) => sum + realMs, 0);
  const longest = jobs.reduce((most, {realMs}) => Math.max(most, realMs), 0);
  return makespan / Math.max(total / (8 * count), longest);
}

const SIZES: readonly (readonly [string, number, number, (random: number) => number])[] = [
  ['even', 20_000, 50, even],
  ['Pareto', 20_000, 50, pareto],
];
const LARGE: typeof SIZES = [
  ['even', 1_000_000, 1000, even],
  ['Pareto', 1_000_000, 1000, pareto],
  ['Pareto', 100_000, 100, pareto],
  ['Pareto', 10_000, 10, pareto],
];

test.each(process.env.THOROUGH === '1' ? [...SIZES, ...LARGE] : SIZES)(
  '%s durations, %i jobs on %i machines: the fleet ends within 3% of what is possible',
  (_name, count, machines, durationOf) => {
    expect(ratioOf(manyJobs(count, durationOf), machines)).toBeLessThanOrEqual(1.03);
  },
);

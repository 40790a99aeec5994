import {Presence, pulseOf} from '../../../src/fleet/presence';
import {LEASE_MS, testFleet} from './machines';

const STATUS = {plan: 'p', workers: 2, state: 'working', waiting: 0, begun: []} as const;

test('a machine speaks once in a second, and three times in a shorter lease', () => {
  expect([30_000, 3_000, 600].map(pulseOf)).toEqual([1000, 1000, 200]);
});

test('the others are those that have spoken lately and have not said good-bye', async () => {
  const fleet = testFleet();
  const [one, two, three] = await Promise.all(['1', '2', '3'].map(async name => new Presence(await fleet.join(name))));
  for (const machine of [one!, two!, three!]) await machine.say(STATUS);
  const others = async () => (await one!.others()).map(({machine}) => machine).sort();
  expect(await others()).toEqual(['2', '3']);
  await two!.say({...STATUS, state: 'left'});
  expect(await others()).toEqual(['3']);
  fleet.clock.advance(Math.max(LEASE_MS, 5 * pulseOf(LEASE_MS)));
  expect(await others()).toEqual([]);
});

test('others are out of work as long as one of them has said so lately', async () => {
  const fleet = testFleet();
  const [one, two] = await Promise.all(['1', '2'].map(async name => new Presence(await fleet.join(name))));
  const asks = () => Promise.all([one!.othersAreOutOfWork(), two!.othersAreOutOfWork()]);
  expect(await asks()).toEqual([false, false]);
  await two!.tellHunger(1);
  expect(await asks()).toEqual([true, false]);
  fleet.clock.advance(5 * pulseOf(LEASE_MS));
  expect(await asks()).toEqual([false, false]);
});

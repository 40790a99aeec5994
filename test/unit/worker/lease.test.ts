import {Lease} from '../../../src/worker/lease';

const unit = (id: number) => ({
  id,
  configId: 'c',
  path: `/${id}.test.js`,
  hardTimeoutMs: null,
  cut: null,
  split: null,
  fixtures: null,
  snapshots: 'as-configured' as const,
});

test('units are begun in the order in which they were given', async () => {
  const lease = new Lease();
  lease.give([unit(3), unit(1)]);
  lease.give([unit(2)]);
  expect([await lease.next(), await lease.next(), await lease.next()]).toEqual([unit(3), unit(1), unit(2)]);
});

test('a worker that has nothing waits until it is given something', async () => {
  const lease = new Lease();
  const waiting = lease.next();
  lease.give([unit(1), unit(2)]);
  expect(await waiting).toEqual(unit(1));
  expect(await lease.next()).toEqual(unit(2));
});

test('what has not begun is handed back, and not begun any more', async () => {
  const lease = new Lease();
  lease.give([unit(1), unit(2), unit(3)]);
  await lease.next();
  expect(lease.takeBack([3, 1, 9])).toEqual([3]);
  expect(lease.takeBack([3])).toEqual([]);
  lease.give([unit(4)]);
  expect([await lease.next(), await lease.next()]).toEqual([unit(2), unit(4)]);
});

test('a unit that is taken back before the waiting worker wakes up is not begun', async () => {
  const lease = new Lease();
  const waiting = lease.next();
  lease.give([unit(1)]);
  expect(lease.takeBack([1])).toEqual([1]);
  lease.give([unit(2)]);
  expect(await waiting).toEqual(unit(2));
});

test('once it is closed nothing is begun, even of what is held', async () => {
  const lease = new Lease();
  lease.give([unit(1)]);
  lease.close();
  expect(await lease.next()).toBeNull();
  lease.give([unit(2)]);
  expect(await lease.next()).toBeNull();
});

test('closing ends the wait', async () => {
  const lease = new Lease();
  const waiting = lease.next();
  lease.close();
  expect(await waiting).toBeNull();
});

/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, inQuery, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

const NOON = at('12:00', '13:00');

function free(office: Office, room: number, waitMs: number) {
  return office.send<{free: boolean}>('GET', `/rooms/${room}/free?${inQuery(NOON)}&waitMs=${waitMs}`);
}

test('for a room that is free', async () => {
  const office = await Office.open(server);
  expect(await free(office, await office.room(), 60_000)).toEqual({status: 200, body: {free: true}});
});

test('for a room that is not there', async () => {
  const office = await Office.open(server);
  expect((await free(office, 1, 0)).status).toBe(404);
});

test.each([0, 100, 200, 300, 400, 500])('in vain for %i ms', async waitMs => {
  const office = await Office.open(server);
  const room = await office.room();
  await office.book(room, NOON);
  const start = performance.now();
  expect((await free(office, room, waitMs)).body).toEqual({free: false});
  expect(performance.now() - start).toBeGreaterThanOrEqual(waitMs - 5);
});

test.each([200, 300, 400, 500])('until a hold of %i ms has ended', async ms => {
  const office = await Office.open(server);
  const room = await office.room();
  await office.hold(room, NOON, ms);
  expect((await free(office, room, 60_000)).body).toEqual({free: true});
});

test('until somebody cancels', async () => {
  const office = await Office.open(server);
  const room = await office.room();
  const {body} = await office.book(room, NOON);
  const waits = free(office, room, 60_000);
  await office.send('DELETE', `/bookings/${body[0]?.id}`);
  expect((await waits).body).toEqual({free: true});
});

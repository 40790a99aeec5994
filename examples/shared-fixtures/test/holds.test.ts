/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

/** Long enough for what is done meanwhile, on a busy machine too. */
const LONG_MS = 30_000;
const NOON = at('12:00', '13:00');

async function officeWithRoom() {
  const office = await Office.open(server);
  return {office, room: await office.room()};
}

test('a hold keeps others away', async () => {
  const {office, room} = await officeWithRoom();
  expect(await office.hold(room, NOON, LONG_MS)).toMatchObject({status: 201, body: {expires: expect.any(String)}});
  expect((await office.book(room, NOON)).status).toBe(409);
  expect((await office.hold(room, NOON, LONG_MS)).status).toBe(409);
});

test('a hold that is confirmed is a booking', async () => {
  const {office, room} = await officeWithRoom();
  const {body} = await office.hold(room, NOON, LONG_MS);
  const confirmed = await office.send('POST', `/holds/${body.id}/confirm`);
  expect(confirmed).toEqual({status: 200, body: {...body, expires: null}});
});

test('a hold that is given back', async () => {
  const {office, room} = await officeWithRoom();
  const {body} = await office.hold(room, NOON, LONG_MS);
  await office.send('DELETE', `/bookings/${body.id}`);
  expect((await office.book(room, NOON)).status).toBe(201);
});

// Each of these waits until a hold has ended: they are what takes long in this suite.
test.each([150, 200, 250, 300, 350, 400, 450, 500, 550, 600])('after %i ms a hold has ended', async ms => {
  const {office, room} = await officeWithRoom();
  const {body} = await office.hold(room, NOON, ms);
  await new Promise(resolve => setTimeout(resolve, ms + 20));
  expect(await office.send('POST', `/holds/${body.id}/confirm`)).toEqual({
    status: 404,
    body: {error: 'the hold has ended'},
  });
  expect((await office.book(room, NOON)).status).toBe(201);
});

/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

test.each([
  ['ends when the other begins', '08:00', '10:00', 201],
  ['begins when the other ends', '12:00', '13:00', 201],
  ['is the same', '10:00', '12:00', 409],
  ['reaches into it', '09:00', '10:01', 409],
  ['reaches out of it', '11:59', '13:00', 409],
  ['is within', '10:30', '11:30', 409],
  ['is around it', '09:00', '13:00', 409],
  ['begins with it', '10:00', '10:15', 409],
  ['ends with it', '11:45', '12:00', 409],
  ['is far before it', '00:00', '00:30', 201],
  ['is far after it', '23:00', '23:30', 201],
])('a booking that %s', async (_what, begins, ends, expected) => {
  const office = await Office.open(server);
  const room = await office.room();
  await office.book(room, at('10:00', '12:00'));
  const {status, body} = await office.book(room, at(begins, ends));
  expect(status).toBe(expected);
  if (expected === 409) expect(body).toEqual({error: 'the room is taken on 2030-05-06'});
});

test('rooms do not get into each other’s way', async () => {
  const office = await Office.open(server);
  for (const name of ['one', 'two', 'three']) {
    expect((await office.book(await office.room(name), at('10:00', '12:00'))).status).toBe(201);
  }
});

/**
 * @shared-fixture ../fixtures/server.ts
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office, send} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

test.each(['', 'wrong'])('with the key %j there is nothing to be had', async key => {
  for (const path of ['/rooms', '/bookings/1', '/rooms/1/free?waitMs=0']) {
    expect(await send(server.url, key, 'GET', path)).toMatchObject({status: 401});
  }
  expect(await send(server.url, key, 'POST', '/rooms', {name: 'Ada', seats: 2})).toMatchObject({status: 401});
});

test('an office does not see what another one has', async () => {
  const [mine, theirs] = [await Office.open(server), await Office.open(server)];
  const room = await theirs.room();
  const {body} = await theirs.book(room, at('10:00', '11:00'));
  const booking = `/bookings/${body[0]?.id}`;
  expect((await mine.send('GET', '/rooms')).body).toEqual([]);
  expect((await mine.send('GET', booking)).status).toBe(404);
  expect((await mine.send('DELETE', booking)).status).toBe(404);
  expect((await mine.send('DELETE', `/rooms/${room}`)).status).toBe(404);
  expect((await mine.book(room, at('12:00', '13:00'))).status).toBe(404);
  expect((await theirs.send('GET', booking)).status).toBe(200);
});

test('an office has a name', async () => {
  expect(await send(server.url, '', 'POST', '/offices', {name: ''})).toMatchObject({status: 422});
});

test('a place where there is nothing', async () => {
  expect(await send(server.url, '', 'GET', '/nothing')).toEqual({status: 404, body: {error: 'not found'}});
});

/**
 * @shared-fixture ../fixtures/server.ts
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, inQuery, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

test('a booking is there when it was made, and not when it was cancelled', async () => {
  const office = await Office.open(server);
  const room = await office.room();
  const [begins, ends] = at('10:00', '11:00');
  const {status, body} = await office.book(room, [begins, ends], 'planning');
  expect(status).toBe(201);
  expect(body).toEqual([{id: expect.any(Number), room, title: 'planning', begins, ends, expires: null}]);
  const path = `/bookings/${body[0]?.id}`;
  expect(await office.send('GET', path)).toEqual({status: 200, body: body[0]});
  expect((await office.send('DELETE', path)).status).toBe(204);
  expect((await office.send('GET', path)).status).toBe(404);
  expect((await office.book(room, [begins, ends])).status).toBe(201);
});

test('a day lists its bookings in their order', async () => {
  const office = await Office.open(server);
  const [one, two] = [await office.room('one'), await office.room('two')];
  await office.book(one, at('15:00', '16:00'), 'last');
  await office.book(two, at('09:00', '10:00'), 'first');
  await office.book(one, at('11:00', '12:00'), 'between');
  await office.book(one, at('11:00', '12:00', '2030-05-07'), 'another day');
  const {body} = await office.send<{title: string}[]>('GET', `/bookings?${inQuery(at('00:00', '23:59'))}`);
  expect(body.map(({title}) => title)).toEqual(['first', 'between', 'last']);
});

test.each([
  ['no title', {title: ' '}, 'title is to be a text'],
  ['no date', {begins: 'soon'}, 'begins and ends are to be dates'],
  ['an end before its beginning', {ends: '2029-01-01'}, 'it is to begin before it ends'],
  ['too many weeks', {weeks: 53}, 'weeks is to be a whole number from 1 to 52'],
])('%s', async (_what, wrong, error) => {
  const office = await Office.open(server);
  const [begins, ends] = at('10:00', '11:00');
  const booking = {room: await office.room(), title: 'a meeting', begins, ends, ...wrong};
  expect(await office.send('POST', '/bookings', booking)).toEqual({status: 422, body: {error}});
});

test('a room that is not there', async () => {
  const office = await Office.open(server);
  expect((await office.book(2 ** 31 - 1, at('10:00', '11:00'))).status).toBe(404);
  expect((await office.book(2 ** 31, at('10:00', '11:00'))).status).toBe(404);
});

test('a body that is not JSON', async () => {
  const response = await fetch(`${server.url}/offices`, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: '{"name":',
  });
  expect(response.status).toBe(400);
});

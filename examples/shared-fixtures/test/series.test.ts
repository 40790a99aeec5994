/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, inQuery, Office, type Span} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

async function series(office: Office, room: number, [begins, ends]: Span, weeks: number) {
  return office.send<{begins: string}[]>('POST', '/bookings', {room, title: 'weekly', begins, ends, weeks});
}

test.each([1, 2, 3, 5, 8, 13, 21, 52])('of %i weeks', async weeks => {
  const office = await Office.open(server);
  const {status, body} = await series(office, await office.room(), at('09:00', '09:15'), weeks);
  expect(status).toBe(201);
  const days = body.map(({begins}) => (Date.parse(begins) - Date.parse(body[0]?.begins ?? '')) / 86_400_000);
  expect(days).toEqual(Array.from({length: weeks}, (_, week) => week * 7));
});

test.each([1, 2, 4, 10, 20, 30])('is not booked at all if it cannot be in week %i', async week => {
  const office = await Office.open(server);
  const room = await office.room();
  const day = new Date(Date.UTC(2030, 4, 6 + week * 7)).toISOString().slice(0, 10);
  await office.book(room, at('09:00', '09:30', day), 'in the way');
  const {status, body} = await series(office, room, at('09:15', '10:00'), 31);
  expect({status, body}).toEqual({status: 409, body: {error: `the room is taken on ${day}`}});
  const year: Span = ['2030-01-01T00:00:00Z', '2031-01-01T00:00:00Z'];
  expect(await office.send('GET', `/bookings?${inQuery(year)}`)).toMatchObject({body: [{title: 'in the way'}]});
});

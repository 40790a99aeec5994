/**
 * @shared-fixture ../fixtures/server.ts
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, inQuery, Office, type Span} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

const DAY = at('08:00', '18:00');

async function usage(office: Office, span: Span) {
  return (await office.send('GET', `/usage?${inQuery(span)}`)).body;
}

test('counts bookings and hours, the most used room first', async () => {
  const office = await Office.open(server);
  const [busy, idle, quiet] = [await office.room('busy'), await office.room('idle'), await office.room('quiet')];
  await office.book(quiet, at('09:00', '09:15'));
  await office.book(busy, at('09:00', '12:00'));
  await office.book(busy, at('13:00', '14:30'));
  expect(idle).toBeGreaterThan(0);
  expect(await usage(office, DAY)).toEqual([
    {room: 'busy', bookings: 2, hours: 4.5},
    {room: 'quiet', bookings: 1, hours: 0.25},
    {room: 'idle', bookings: 0, hours: 0},
  ]);
});

test('counts only what is within the time', async () => {
  const office = await Office.open(server);
  const room = await office.room('early and late');
  await office.book(room, at('07:00', '09:00'));
  await office.book(room, at('17:30', '19:00'));
  await office.book(room, at('20:00', '21:00'));
  expect(await usage(office, DAY)).toEqual([{room: 'early and late', bookings: 2, hours: 1.5}]);
});

test('does not count what is only held', async () => {
  const office = await Office.open(server);
  const room = await office.room('held');
  await office.hold(room, at('10:00', '11:00'), 30_000);
  expect(await usage(office, DAY)).toEqual([{room: 'held', bookings: 0, hours: 0}]);
});

/**
 * @shared-fixture ../fixtures/server.ts
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office, type Span} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

async function moved(from: Span, to: Span): Promise<number> {
  const office = await Office.open(server);
  const room = await office.room();
  await office.book(room, at('14:00', '15:00'), 'in the way');
  const {body} = await office.book(room, from);
  const [begins, ends] = to;
  const {status} = await office.send('PATCH', `/bookings/${body[0]?.id}`, {begins, ends});
  const {body: now} = await office.send('GET', `/bookings/${body[0]?.id}`);
  expect(now).toMatchObject(status === 200 ? {begins, ends} : {begins: from[0], ends: from[1]});
  return status;
}

test('to a time that is free', async () => {
  expect(await moved(at('10:00', '11:00'), at('16:00', '17:00'))).toBe(200);
});

test('to a time that overlaps its own', async () => {
  expect(await moved(at('10:00', '11:00'), at('10:30', '11:30'))).toBe(200);
});

test('to a time that is taken', async () => {
  expect(await moved(at('10:00', '11:00'), at('14:30', '15:30'))).toBe(409);
});

test('to another day', async () => {
  expect(await moved(at('10:00', '11:00'), at('14:00', '15:00', '2030-05-07'))).toBe(200);
});

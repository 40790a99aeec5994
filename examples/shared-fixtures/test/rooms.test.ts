/**
 * @shared-fixture ../fixtures/server.ts
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

test('are added, with the number of their seats', async () => {
  const office = await Office.open(server);
  const added = await office.send('POST', '/rooms', {name: ' Ada ', seats: 6});
  expect(added).toEqual({status: 201, body: {id: expect.any(Number), name: 'Ada', seats: 6}});
  expect(await office.send('GET', '/rooms')).toEqual({status: 200, body: [added.body]});
});

test('have names of their own', async () => {
  const office = await Office.open(server);
  await office.room('Ada');
  expect(await office.send('POST', '/rooms', {name: 'Ada', seats: 1})).toEqual({
    status: 409,
    body: {error: 'there is one already'},
  });
  const other = await Office.open(server);
  expect((await other.send('POST', '/rooms', {name: 'Ada', seats: 1})).status).toBe(201);
});

test.each([0, -1, 1.5, 1001, 'many', null])('do not have %j seats', async seats => {
  const office = await Office.open(server);
  const {status, body} = await office.send('POST', '/rooms', {name: 'Ada', seats});
  expect({status, body}).toEqual({status: 422, body: {error: 'seats is to be a whole number from 1 to 1000'}});
});

test('are renamed', async () => {
  const office = await Office.open(server);
  const room = await office.room('Ada');
  await office.room('Grace');
  expect(await office.send('PATCH', `/rooms/${room}`, {name: 'Emmy'})).toMatchObject({body: {name: 'Emmy'}});
  expect((await office.send('PATCH', `/rooms/${room}`, {name: 'Grace'})).status).toBe(409);
});

test('are removed, unless they are booked', async () => {
  const office = await Office.open(server);
  const [empty, booked] = [await office.room('empty'), await office.room('booked')];
  await office.book(booked, at('10:00', '11:00'));
  expect((await office.send('DELETE', `/rooms/${empty}`)).status).toBe(204);
  expect((await office.send('DELETE', `/rooms/${empty}`)).status).toBe(404);
  expect((await office.send('DELETE', `/rooms/${booked}`)).status).toBe(409);
});

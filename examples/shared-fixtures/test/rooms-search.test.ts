/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, inQuery, Office} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

async function officeWithRooms(): Promise<Office> {
  const office = await Office.open(server);
  const [small] = [await office.room('small', 2), await office.room('middle', 6), await office.room('large', 20)];
  await office.book(small, at('09:00', '10:00'));
  return office;
}

async function namesOf(office: Office, query: string): Promise<string[]> {
  const {body} = await office.send<{name: string}[]>('GET', `/rooms?${query}`);
  return body.map(({name}) => name);
}

test.each([
  [1, ['small', 'middle', 'large']],
  [2, ['small', 'middle', 'large']],
  [3, ['middle', 'large']],
  [6, ['middle', 'large']],
  [7, ['large']],
  [20, ['large']],
  [21, []],
])('with %i seats', async (seats, expected) => {
  expect(await namesOf(await officeWithRooms(), `seats=${seats}`)).toEqual(expected);
});

test.each([
  ['08:00', '09:00', true],
  ['08:00', '09:01', false],
  ['09:00', '10:00', false],
  ['09:20', '09:40', false],
  ['08:00', '11:00', false],
  ['09:59', '10:30', false],
  ['10:00', '10:30', true],
])('that are free from %s to %s', async (begins, ends, isFree) => {
  const names = await namesOf(await officeWithRooms(), inQuery(at(begins, ends)));
  expect(names).toEqual([...(isFree ? ['small'] : []), 'middle', 'large']);
});

test('that are free, and large enough', async () => {
  expect(await namesOf(await officeWithRooms(), `${inQuery(at('09:00', '10:00'))}&seats=10`)).toEqual(['large']);
});

test('in a time that is none', async () => {
  const office = await officeWithRooms();
  expect(await office.send('GET', `/rooms?${inQuery(at('10:00', '09:00'))}`)).toMatchObject({status: 422});
  expect(await office.send('GET', '/rooms?begins=tomorrow&ends=then')).toMatchObject({status: 422});
});

/**
 * @shared-fixture ../fixtures/server.ts
 * @can-split
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {at, Office, type Answer} from './support/office';

const server = sharedFixture<typeof import('../fixtures/server')>('../fixtures/server');

const count = (answers: readonly Answer[], wanted: number) => answers.filter(({status}) => status === wanted).length;
const times = <T>(length: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({length}, (_, index) => make(index)));

test.each([2, 4, 8, 16, 32])('of %i who want a room at the same time one gets it', async length => {
  const office = await Office.open(server);
  const room = await office.room();
  const answers = await times(length, () => office.book(room, at('10:00', '11:00')));
  expect(count(answers, 201)).toBe(1);
  expect(count(answers, 409)).toBe(length - 1);
});

test.each([2, 4, 8, 16])('%i who want different hours all get them', async length => {
  const office = await Office.open(server);
  const room = await office.room();
  const hour = (index: number) => `${String(index).padStart(2, '0')}:00`;
  const answers = await times(length, index => office.book(room, at(hour(index), hour(index + 1))));
  expect(count(answers, 201)).toBe(length);
});

test.each([2, 4, 8])('%i who confirm a hold at the same time are told the same', async length => {
  const office = await Office.open(server);
  const {body} = await office.hold(await office.room(), at('10:00', '11:00'), 30_000);
  const answers = await times(length, () => office.send('POST', `/holds/${body.id}/confirm`));
  expect(count(answers, 200)).toBe(length);
});

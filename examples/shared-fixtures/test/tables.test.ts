/**
 * What the tables themselves refuse, whatever the application does; in a database that the server does not use.
 *
 * @shared-fixture ../fixtures/workerDatabase.ts scope=worker
 */
import {sharedFixture} from 'jest-runner-xdist/fixtures';
import {Client} from 'pg';

const database = sharedFixture<typeof import('../fixtures/workerDatabase')>('../fixtures/workerDatabase');
let client: Client;

beforeAll(async () => {
  client = new Client(database);
  await client.connect();
});
afterAll(() => client.end());

// What a test writes is gone with its transaction.
beforeEach(() => client.query('begin'));
afterEach(() => client.query('rollback'));

async function insert(table: string, values: Readonly<Record<string, unknown>>): Promise<number> {
  const names = Object.keys(values);
  const {rows} = await client.query<{id: number}>(
    `insert into ${table} (${names.join()}) values (${names.map((_, index) => `$${index + 1}`).join()}) returning id`,
    Object.values(values),
  );
  return rows[0]!.id;
}

async function room(): Promise<number> {
  return insert('rooms', {office: await insert('offices', {name: 'tables', key: 'tables'}), name: 'Ada', seats: 1});
}

test('a room without seats', async () => {
  const office = await insert('offices', {name: 'tables', key: 'tables'});
  await expect(insert('rooms', {office, name: 'Ada', seats: 0})).rejects.toMatchObject({code: '23514'});
});

test('a booking that ends before it begins', async () => {
  const booking = {room: await room(), title: 'backwards', begins: '2030-05-06 10:00Z', ends: '2030-05-06 09:00Z'};
  await expect(insert('bookings', booking)).rejects.toMatchObject({code: '23514'});
});

test('two offices with the same key', async () => {
  await insert('offices', {name: 'one', key: 'tables'});
  await expect(insert('offices', {name: 'two', key: 'tables'})).rejects.toMatchObject({code: '23505'});
});

test('the end of a room that is booked', async () => {
  const booked = await room();
  await insert('bookings', {room: booked, title: 'still', begins: '2030-05-06 09:00Z', ends: '2030-05-06 10:00Z'});
  await expect(client.query('delete from rooms where id = $1', [booked])).rejects.toMatchObject({code: '23503'});
});

test('an office ends with its rooms', async () => {
  await room();
  await client.query("delete from offices where key = 'tables'");
  const {rows} = await client.query(
    "select 1 from rooms where name = 'Ada' and office not in (select id from offices)",
  );
  expect(rows).toEqual([]);
});

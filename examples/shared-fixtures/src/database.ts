/** The tables, and how they are spoken to. */
import {Pool, type PoolClient, type PoolConfig} from 'pg';

/** A hold is a booking that ends by itself unless it is confirmed before: `expires` is null for all others. */
const SCHEMA = `
  create table if not exists offices (
    id integer generated always as identity primary key,
    name text not null check (name <> ''),
    key text not null unique
  );
  create table if not exists rooms (
    id integer generated always as identity primary key,
    office integer not null references offices on delete cascade,
    name text not null check (name <> ''),
    seats integer not null check (seats > 0),
    unique (office, name)
  );
  create table if not exists bookings (
    id integer generated always as identity primary key,
    room integer not null references rooms,
    title text not null,
    begins timestamptz not null,
    ends timestamptz not null,
    expires timestamptz,
    check (begins < ends)
  );
  create index if not exists bookings_of_room on bookings (room, begins);
`;

/** A pool, or the one connection of a transaction. */
export type Queries = Pick<PoolClient, 'query'>;

export async function createTables(config: PoolConfig): Promise<void> {
  const pool = new Pool({...config, max: 1});
  try {
    await pool.query(SCHEMA);
  } finally {
    await pool.end();
  }
}

export async function inTransaction<T>(pool: Pool, work: (queries: Queries) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

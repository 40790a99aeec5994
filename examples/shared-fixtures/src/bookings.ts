/** Who has a room when. No two bookings of a room overlap. */
import type {Pool} from 'pg';
import {inTransaction, type Queries} from './database';
import {HttpError} from './errors';
import type {Span} from './input';

export interface Booking {
  readonly id: number;
  readonly room: number;
  readonly title: string;
  readonly begins: Date;
  readonly ends: Date;
  /** Of a hold: when it ends by itself. */
  readonly expires: Date | null;
}

interface Wanted extends Span {
  readonly room: number;
  readonly title: string;
  /** For a hold. */
  readonly holdMs: number | null;
}

const COLUMNS = 'id, room, title, begins, ends, expires';
const IN_FORCE = '(expires is null or expires > now())';
const WEEK_MS = 7 * 24 * 60 * 60_000;
const POLL_MS = 25;

export class Bookings {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(office: number, {begins, ends}: Span): Promise<Booking[]> {
    const {rows} = await this.#pool.query<Booking>(
      `select ${COLUMNS} from bookings
       where room in (select id from rooms where office = $1) and begins < $3 and ends > $2 and ${IN_FORCE}
       order by begins, id`,
      [office, begins, ends],
    );
    return rows;
  }

  get(office: number, booking: number): Promise<Booking> {
    return find(this.#pool, office, booking);
  }

  /** All of the weeks, or none. */
  book(office: number, wanted: Wanted, weeks = 1): Promise<Booking[]> {
    return inTransaction(this.#pool, async queries => {
      await lockRoom(queries, office, wanted.room);
      const booked: Booking[] = [];
      for (let week = 0; week < weeks; week++) booked.push(await insert(queries, weeksLater(wanted, week)));
      return booked;
    });
  }

  move(office: number, booking: number, span: Span): Promise<Booking> {
    return inTransaction(this.#pool, async queries => {
      const {room} = await find(queries, office, booking);
      await lockRoom(queries, office, room);
      await checkFree(queries, room, span, booking);
      return one(
        await queries.query<Booking>(`update bookings set begins = $2, ends = $3 where id = $1 returning ${COLUMNS}`, [
          booking,
          span.begins,
          span.ends,
        ]),
      );
    });
  }

  async confirm(office: number, booking: number): Promise<Booking> {
    await find(this.#pool, office, booking);
    const {rows} = await this.#pool.query<Booking>(
      `update bookings set expires = null where id = $1 and ${IN_FORCE} returning ${COLUMNS}`,
      [booking],
    );
    return one({rows}, 'the hold has ended');
  }

  async cancel(office: number, booking: number): Promise<void> {
    await find(this.#pool, office, booking);
    await this.#pool.query('delete from bookings where id = $1', [booking]);
  }

  /** false: it has not become free in that time. */
  async untilFree(office: number, room: number, span: Span, waitMs: number): Promise<boolean> {
    await checkRoom(this.#pool, office, room);
    const end = Date.now() + waitMs;
    for (;;) {
      if (await isFree(this.#pool, room, span)) return true;
      if (Date.now() >= end) return false;
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
}

/** What books a room waits for whoever else does. */
async function lockRoom(queries: Queries, office: number, room: number): Promise<void> {
  one(await queries.query('select id from rooms where id = $1 and office = $2 for update', [room, office]));
}

async function checkRoom(queries: Queries, office: number, room: number): Promise<void> {
  one(await queries.query('select id from rooms where id = $1 and office = $2', [room, office]));
}

async function isFree(queries: Queries, room: number, {begins, ends}: Span, except = 0): Promise<boolean> {
  const {rows} = await queries.query(
    `select id from bookings where room = $1 and id <> $2 and begins < $4 and ends > $3 and ${IN_FORCE} limit 1`,
    [room, except, begins, ends],
  );
  return rows.length === 0;
}

async function checkFree(queries: Queries, room: number, span: Span, except?: number): Promise<void> {
  if (await isFree(queries, room, span, except)) return;
  throw new HttpError(409, `the room is taken on ${span.begins.toISOString().slice(0, 10)}`);
}

async function insert(queries: Queries, {room, title, begins, ends, holdMs}: Wanted): Promise<Booking> {
  await checkFree(queries, room, {begins, ends});
  return one(
    await queries.query<Booking>(
      `insert into bookings (room, title, begins, ends, expires)
       values ($1, $2, $3, $4, now() + $5::integer * interval '1 millisecond') returning ${COLUMNS}`,
      [room, title, begins, ends, holdMs],
    ),
  );
}

async function find(queries: Queries, office: number, booking: number): Promise<Booking> {
  return one(
    await queries.query<Booking>(
      `select ${COLUMNS} from bookings where id = $1 and room in (select id from rooms where office = $2)`,
      [booking, office],
    ),
  );
}

function weeksLater(wanted: Wanted, weeks: number): Wanted {
  const later = (date: Date) => new Date(date.getTime() + weeks * WEEK_MS);
  return {...wanted, begins: later(wanted.begins), ends: later(wanted.ends)};
}

function one<Row>({rows: [row]}: {rows: readonly Row[]}, otherwise = 'not found'): Row {
  if (row === undefined) throw new HttpError(404, otherwise);
  return row;
}

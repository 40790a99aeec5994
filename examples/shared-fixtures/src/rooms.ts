/** The rooms of an office, and how much they are used. */
import type {Pool} from 'pg';
import {HttpError} from './errors';
import type {Span} from './input';

export interface Room {
  readonly id: number;
  readonly name: string;
  readonly seats: number;
}

export interface Usage {
  readonly room: string;
  readonly bookings: number;
  readonly hours: number;
}

export class Rooms {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async add(office: number, name: string, seats: number): Promise<Room> {
    const {rows} = await this.#pool.query<Room>(
      'insert into rooms (office, name, seats) values ($1, $2, $3) returning id, name, seats',
      [office, name, seats],
    );
    return rows[0]!;
  }

  /** @param free only those that are free in that time */
  async search(office: number, seats: number, free: Span | null): Promise<Room[]> {
    const {rows} = await this.#pool.query<Room>(
      `select id, name, seats from rooms
       where office = $1 and seats >= $2 and ($3::timestamptz is null or not exists (
         select from bookings
         where room = rooms.id and begins < $4 and ends > $3 and (expires is null or expires > now())
       ))
       order by seats, name`,
      [office, seats, free?.begins ?? null, free?.ends ?? null],
    );
    return rows;
  }

  async rename(office: number, room: number, name: string): Promise<Room> {
    const {rows} = await this.#pool.query<Room>(
      'update rooms set name = $3 where id = $2 and office = $1 returning id, name, seats',
      [office, room, name],
    );
    if (rows[0] === undefined) throw new HttpError(404, 'not found');
    return rows[0];
  }

  async remove(office: number, room: number): Promise<void> {
    const {rowCount} = await this.#pool.query('delete from rooms where id = $2 and office = $1', [office, room]);
    if (rowCount === 0) throw new HttpError(404, 'not found');
  }

  /** Holds are no use. What reaches out of the time counts only as far as it is within. */
  async usage(office: number, {begins, ends}: Span): Promise<Usage[]> {
    const {rows} = await this.#pool.query<Usage>(
      `select rooms.name as room, count(bookings.id)::integer as bookings,
              coalesce(sum(extract(epoch from least(ends, $3) - greatest(begins, $2)))
                filter (where bookings.id is not null) / 3600, 0)::float as hours
       from rooms
       left join bookings on room = rooms.id and begins < $3 and ends > $2 and expires is null
       where office = $1
       group by rooms.id
       order by hours desc, rooms.name`,
      [office, begins, ends],
    );
    return rows;
  }
}

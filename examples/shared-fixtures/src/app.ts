/** The HTTP interface. An office is made by anyone; all else needs the key that came with it. */
import {randomBytes} from 'node:crypto';
import express, {type Express, type Request} from 'express';
import type {Pool} from 'pg';
import {Bookings} from './bookings';
import {answerError, HttpError} from './errors';
import {id, span, text, whole} from './input';
import {Rooms} from './rooms';

const LONGEST_WAIT_MS = 60_000;
const SEATS = {min: 1, max: 1000};

export function createApp(pool: Pool): Express {
  const rooms = new Rooms(pool);
  const bookings = new Bookings(pool);

  /** @throws 401 */
  async function officeOf(request: Request): Promise<number> {
    const key = /^Bearer (\w+)$/.exec(request.get('authorization') ?? '')?.[1];
    const {rows} = await pool.query<{id: number}>('select id from offices where key = $1', [key ?? '']);
    if (rows[0] === undefined) throw new HttpError(401, 'the key is not known');
    return rows[0].id;
  }

  const app = express();
  app.use(express.json());

  app.post('/offices', async ({body}, response) => {
    const key = randomBytes(16).toString('hex');
    const name = text(body, 'name');
    const {rows} = await pool.query('insert into offices (name, key) values ($1, $2) returning id, name, key', [
      name,
      key,
    ]);
    response.status(201).json(rows[0]);
  });

  app.post('/rooms', async (request, response) => {
    const {body} = request;
    const office = await officeOf(request);
    response.status(201).json(await rooms.add(office, text(body, 'name'), whole(body, 'seats', SEATS)));
  });
  app.get('/rooms', async (request, response) => {
    const {query} = request;
    const seats = query.seats === undefined ? 1 : whole(query, 'seats', SEATS);
    const free = query.begins === undefined && query.ends === undefined ? null : span(query);
    response.json(await rooms.search(await officeOf(request), seats, free));
  });
  app.patch('/rooms/:id', async (request, response) => {
    response.json(await rooms.rename(await officeOf(request), id(request.params.id), text(request.body, 'name')));
  });
  app.delete('/rooms/:id', async (request, response) => {
    await rooms.remove(await officeOf(request), id(request.params.id));
    response.status(204).end();
  });
  app.get('/rooms/:id/free', async (request, response) => {
    const {query} = request;
    const waitMs = whole(query, 'waitMs', {min: 0, max: LONGEST_WAIT_MS});
    const office = await officeOf(request);
    response.json({free: await bookings.untilFree(office, id(request.params.id), span(query), waitMs)});
  });

  app.post('/bookings', async (request, response) => {
    const {body} = request;
    const office = await officeOf(request);
    const wanted = {room: id(body?.room), title: text(body, 'title'), ...span(body), holdMs: null};
    const weeks = body.weeks === undefined ? 1 : whole(body, 'weeks', {min: 1, max: 52});
    response.status(201).json(await bookings.book(office, wanted, weeks));
  });
  app.post('/holds', async (request, response) => {
    const {body} = request;
    const office = await officeOf(request);
    const holdMs = whole(body, 'holdMs', {min: 1, max: LONGEST_WAIT_MS});
    const [hold] = await bookings.book(office, {room: id(body?.room), title: 'hold', ...span(body), holdMs});
    response.status(201).json(hold);
  });
  app.post('/holds/:id/confirm', async (request, response) => {
    response.json(await bookings.confirm(await officeOf(request), id(request.params.id)));
  });
  app.get('/bookings', async (request, response) => {
    response.json(await bookings.list(await officeOf(request), span(request.query)));
  });
  app.get('/bookings/:id', async (request, response) => {
    response.json(await bookings.get(await officeOf(request), id(request.params.id)));
  });
  app.patch('/bookings/:id', async (request, response) => {
    response.json(await bookings.move(await officeOf(request), id(request.params.id), span(request.body)));
  });
  app.delete('/bookings/:id', async (request, response) => {
    await bookings.cancel(await officeOf(request), id(request.params.id));
    response.status(204).end();
  });

  app.get('/usage', async (request, response) => {
    response.json(await rooms.usage(await officeOf(request), span(request.query)));
  });

  app.use((_request, _response) => {
    throw new HttpError(404, 'not found');
  });
  app.use(answerError);
  return app;
}

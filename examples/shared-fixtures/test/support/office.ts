/** An office of a test's own, over HTTP: tests run at the same time, on one server, and none sees another's data. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
}

export interface Booking {
  readonly id: number;
  readonly room: number;
  readonly title: string;
  readonly begins: string;
  readonly ends: string;
  readonly expires: string | null;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export class Office {
  readonly #url: string;
  readonly #key: string;

  private constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  static async open({url}: {readonly url: string}, name = 'an office'): Promise<Office> {
    const {body} = await send<{key: string}>(url, '', 'POST', '/offices', {name});
    return new Office(url, body.key);
  }

  send<T = unknown>(method: Method, path: string, body?: object): Promise<Answer<T>> {
    return send<T>(this.#url, this.#key, method, path, body);
  }

  async room(name = 'a room', seats = 4): Promise<number> {
    const {body} = await this.send<{id: number}>('POST', '/rooms', {name, seats});
    return body.id;
  }

  book(room: number, [begins, ends]: Span, title = 'a meeting'): Promise<Answer<Booking[]>> {
    return this.send('POST', '/bookings', {room, title, begins, ends});
  }

  hold(room: number, [begins, ends]: Span, holdMs: number): Promise<Answer<Booking>> {
    return this.send('POST', '/holds', {room, begins, ends, holdMs});
  }
}

export type Span = readonly [begins: string, ends: string];

/** `at('10:00', '11:30')`: on the day on which nearly all tests take place. */
export function at(begins: string, ends: string, day = '2030-05-06'): Span {
  return [`${day}T${begins}:00.000Z`, `${day}T${ends}:00.000Z`];
}

export function inQuery([begins, ends]: Span): string {
  return String(new URLSearchParams({begins, ends}));
}

export async function send<T>(
  url: string,
  key: string,
  method: Method,
  path: string,
  body?: object,
): Promise<Answer<T>> {
  const response = await fetch(url + path, {
    method,
    headers: {...(key !== '' && {authorization: `Bearer ${key}`}), 'content-type': 'application/json'},
    ...(body !== undefined && {body: JSON.stringify(body)}),
  });
  const text = await response.text();
  return {status: response.status, body: (text === '' ? null : JSON.parse(text)) as T};
}

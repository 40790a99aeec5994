/**
 * Values that JSON cannot hold. A worker sends its results as structured clones, so a result may hold `undefined`, NaN,
 * a Map, an Error or a cycle. `toJson` leaves what JSON can hold as it is, and replaces the rest with an object that has
 * the one key `$xdist`.
 */

const KEY = '$xdist';

/** Errors of other classes come back with their name, as `Error`. A structured clone does the same. */
const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

type Coded = readonly [kind: string, ...rest: unknown[]];

/** @returns a value that JSON.stringify writes without loss, and `fromJson` turns back */
export function toJson(value: unknown): unknown {
  return encode(value, []);
}

/**
 * Turns back what `toJson` has made.
 *
 * @throws {TypeError} if the value was not made by `toJson`
 */
export function fromJson(value: unknown): unknown {
  try {
    return decode(value, []);
  } catch (error) {
    // It may also be an invalid expression or whole number, or nested more deeply than the stack is.
    throw error instanceof TypeError ? error : new TypeError((error as Error).message);
  }
}

/** @param around the objects that contain the value, the outermost first */
function encode(value: unknown, around: object[]): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : coded('number', String(Object.is(value, -0) ? '-0' : value));
    case 'undefined':
      return coded('undefined');
    case 'bigint':
      return coded('bigint', String(value));
    case 'object':
      return value === null ? null : encodeObject(value, around);
    case 'function':
    case 'symbol':
      return coded('undefined'); // no structured clone has one
  }
}

function encodeObject(value: object, around: object[]): unknown {
  const within = around.lastIndexOf(value);
  if (within !== -1) return coded('cycle', around.length - within);
  around.push(value);
  try {
    if (Array.isArray(value)) return Array.from(value, item => encode(item, around));
    if (value instanceof Map)
      return coded(
        'map',
        [...value].map(pair => pair.map(item => encode(item, around))),
      );
    if (value instanceof Set)
      return coded(
        'set',
        [...value].map(item => encode(item, around)),
      );
    if (value instanceof Date) return coded('date', value.getTime());
    if (value instanceof RegExp) return coded('regexp', value.source, value.flags);
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return coded('boxed', encode(value.valueOf(), around), encodeFields(withoutCharacters(value), around));
    }
    if (ArrayBuffer.isView(value)) {
      return coded('bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
    }
    if (value instanceof Error) {
      const {name, message, stack} = value;
      return coded('error', name, message, stack ?? null, encodeFields(value, around));
    }
    const fields = encodeFields(value, around);
    return KEY in fields ? coded('object', fields) : fields;
  } finally {
    around.pop();
  }
}

/** What jest-worker delivers as an error may be a String object with fields. Its characters are fields, too. */
function withoutCharacters(boxed: object): object {
  const entries = Object.entries(boxed);
  return Object.fromEntries(boxed instanceof String ? entries.slice(boxed.length) : entries);
}

function encodeFields(value: object, around: object[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) define(fields, key, encode(field, around));
  return fields;
}

function coded(...code: Coded): Record<string, Coded> {
  return {[KEY]: code};
}

function decode(value: unknown, around: unknown[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    return within(list, around, () => {
      for (const item of value) list.push(decode(item, around));
    });
  }
  const code = (value as Record<string, unknown>)[KEY];
  if (code === undefined) return decodeFields(value, {}, around);
  if (!Array.isArray(code)) throw new TypeError(`"${KEY}" must be a list`);
  return decodeCode(code as unknown as Coded, around);
}

function decodeCode([kind, first, second, third, fourth]: Coded, around: unknown[]): unknown {
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(first);
    case 'bigint':
      return BigInt(String(first));
    case 'date':
      return new Date(first === null ? NaN : Number(first)); // JSON has no NaN
    case 'regexp':
      return new RegExp(String(first), String(second));
    case 'bytes':
      return new Uint8Array(Buffer.from(String(first), 'base64'));
    case 'cycle': {
      const target = around[around.length - Number(first)];
      if (target === undefined) throw new TypeError('a cycle leads nowhere');
      return target;
    }
    case 'map': {
      const map = new Map<unknown, unknown>();
      return within(map, around, () => {
        for (const pair of listOf(first)) map.set(decode(listOf(pair)[0], around), decode(listOf(pair)[1], around));
      });
    }
    case 'set': {
      const set = new Set<unknown>();
      return within(set, around, () => listOf(first).forEach(item => set.add(decode(item, around))));
    }
    case 'error': {
      const name = String(first);
      const Kind = ERRORS.find(known => known.name === name) ?? Error;
      const error = new Kind(String(second));
      if (error.name !== name) hide(error, 'name', name);
      if (third === null) delete error.stack;
      else hide(error, 'stack', textOf(third));
      return decodeFields(objectOf(fourth), error, around);
    }
    case 'boxed':
      return decodeFields(objectOf(second), boxedOf(decode(first, around)), around);
    case 'object':
      return decodeFields(objectOf(first), {}, around);
    default:
      throw new TypeError(`"${KEY}" has the unknown kind ${JSON.stringify(kind)}`);
  }
}

function decodeFields<T extends object>(fields: object, into: T, around: unknown[]): T {
  return within(into, around, () => {
    for (const [key, field] of Object.entries(fields)) define(into, key, decode(field, around));
  });
}

/** Fills an object while it is among those that contain the value. */
function within<T extends object>(object: T, around: unknown[], fill: () => void): T {
  around.push(object);
  fill();
  around.pop();
  return object;
}

/** Sets an own property whatever its name is: `__proto__` too. */
function define(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value;
  else Object.defineProperty(object, key, {value, configurable: true, enumerable: true, writable: true});
}

function boxedOf(primitive: unknown): object {
  if (!['string', 'number', 'boolean'].includes(typeof primitive)) {
    throw new TypeError('expected a text, a number, or true or false');
  }
  return Object(primitive) as object;
}

/** Sets a property that is not one of the fields of an Error. */
function hide(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, {value, configurable: true, enumerable: false, writable: true});
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('expected a text');
  return value;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('expected a list');
  return value;
}

function objectOf(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new TypeError('expected an object');
  return value;
}

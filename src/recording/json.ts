/**
 * Values that JSON cannot hold. A worker sends its results as structured clones, so a result may hold `undefined`, NaN,
 * a Map, an Error or a cycle. `toJson` leaves what JSON can hold as it is, and replaces the rest with an object that has
 * the one key `$xdist`. In band, a result may hold objects of a test's realm, for which `instanceof` does not work.
 */
import {types} from 'node:util';

const KEY = '$xdist';

/** Errors of other classes come back with their name, as `Error`. A structured clone does the same. */
const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

/**
 * What is nested deeper, and objects beyond this number, become `undefined`: in band, an assertion's value may lead to
 * all objects of the process.
 */
const DEEPEST = 200;
const MOST_OBJECTS = 1_000_000;

type Coded = readonly [kind: string, ...rest: unknown[]];

/** @returns a value that JSON.stringify writes without loss, and `fromJson` turns back */
export function toJson(value: unknown): unknown {
  return encode(value, new Map(), 0);
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

/** The number of each object that `toJson` has met, in the order in which it met them. */
type Numbers = Map<object, number>;

function encode(value: unknown, numbers: Numbers, depth: number): unknown {
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
      return value === null ? null : encodeObject(value, numbers, depth);
    case 'function':
    case 'symbol':
      return coded('undefined'); // no structured clone has one
  }
}

function encodeObject(value: object, numbers: Numbers, depth: number): unknown {
  const number = numbers.get(value);
  if (number !== undefined) return coded('same', number);
  if (depth > DEEPEST || numbers.size >= MOST_OBJECTS) return coded('undefined');
  numbers.set(value, numbers.size);
  const inner = (item: unknown) => encode(item, numbers, depth + 1);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (types.isMap(value))
    return coded(
      'map',
      Array.from(value, ([key, item]) => [inner(key), inner(item)]),
    );
  if (types.isSet(value)) return coded('set', Array.from(value, inner));
  if (types.isDate(value)) return coded('date', value.getTime());
  if (types.isRegExp(value)) return coded('regexp', value.source, value.flags);
  if (types.isBoxedPrimitive(value)) return encodeBoxed(value, inner);
  if (ArrayBuffer.isView(value)) {
    return coded('bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }
  const fields = encodeFields(entriesOf(value), inner);
  if (types.isNativeError(value)) {
    const {name, message, stack} = value;
    return coded('error', String(name), String(message), stack === undefined ? null : String(stack), fields);
  }
  return KEY in fields ? coded('object', fields) : fields;
}

/** What jest-worker delivers as an error may be a String object with fields. Its characters are fields, too. */
function encodeBoxed(value: object, inner: (item: unknown) => unknown): unknown {
  const primitive = value.valueOf();
  const characters = typeof primitive === 'string' ? primitive.length : 0;
  const fields = encodeFields(entriesOf(value).slice(characters), inner);
  return isBoxable(primitive) ? coded('boxed', primitive, fields) : fields;
}

function encodeFields(
  entries: readonly (readonly [string, unknown])[],
  inner: (item: unknown) => unknown,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, field] of entries) define(fields, key, inner(field));
  return fields;
}

function entriesOf(value: object): [string, unknown][] {
  try {
    return Object.entries(value);
  } catch {
    return []; // a getter, or a proxy, has thrown
  }
}

function coded(...code: Coded): Record<string, Coded> {
  return {[KEY]: code};
}

/** @param objects those that were decoded so far, in the order in which `toJson` met them */
function decode(value: unknown, objects: object[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list = known<unknown[]>([], objects);
    for (const item of value) list.push(decode(item, objects));
    return list;
  }
  const code = (value as Record<string, unknown>)[KEY];
  if (code === undefined) return decodeFields(value, known({}, objects), objects);
  if (!Array.isArray(code)) throw new TypeError(`"${KEY}" must be a list`);
  return decodeCode(code as unknown as Coded, objects);
}

function decodeCode([kind, first, second, third, fourth]: Coded, objects: object[]): unknown {
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(first);
    case 'bigint':
      return BigInt(String(first));
    case 'same': {
      const target = objects[Number(first)];
      if (target === undefined) throw new TypeError('a reference leads nowhere');
      return target;
    }
    case 'date':
      return known(new Date(first === null ? NaN : Number(first)), objects); // JSON has no NaN
    case 'regexp':
      return known(new RegExp(String(first), String(second)), objects);
    case 'bytes':
      return known(new Uint8Array(Buffer.from(String(first), 'base64')), objects);
    case 'map': {
      const map = known(new Map<unknown, unknown>(), objects);
      for (const [key, item] of listOf(first).map(listOf)) map.set(decode(key, objects), decode(item, objects));
      return map;
    }
    case 'set': {
      const set = known(new Set<unknown>(), objects);
      for (const item of listOf(first)) set.add(decode(item, objects));
      return set;
    }
    case 'error': {
      const name = String(first);
      const Kind = ERRORS.find(one => one.name === name) ?? Error;
      const error = known(new Kind(String(second)), objects);
      if (error.name !== name) hide(error, 'name', name);
      if (third === null) delete error.stack;
      else hide(error, 'stack', textOf(third));
      return decodeFields(objectOf(fourth), error, objects);
    }
    case 'boxed': {
      if (!isBoxable(first)) throw new TypeError('expected a text, a number, or true or false');
      return decodeFields(objectOf(second), known(Object(first) as object, objects), objects);
    }
    case 'object':
      return decodeFields(objectOf(first), known({}, objects), objects);
    default:
      throw new TypeError(`"${KEY}" has the unknown kind ${JSON.stringify(kind)}`);
  }
}

function isBoxable(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function known<T extends object>(object: T, objects: object[]): T {
  objects.push(object);
  return object;
}

function decodeFields<T extends object>(fields: object, into: T, objects: object[]): T {
  for (const [key, field] of Object.entries(fields)) define(into, key, decode(field, objects));
  return into;
}

/** Sets an own property whatever its name is: `__proto__` too. */
function define(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value;
  else Object.defineProperty(object, key, {value, configurable: true, enumerable: true, writable: true});
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

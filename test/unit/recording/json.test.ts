/** Values that JSON cannot hold survive `toJson`, JSON and `fromJson`. */
import {runInNewContext} from 'node:vm';
import {fromJson, toJson} from '../../../src/recording/json';

const through = (value: unknown) => fromJson(JSON.parse(JSON.stringify(toJson(value))));

it.each([
  ['plain data', {a: [1, 'b', null, true], c: {d: {}}}],
  ['undefined', {a: undefined, b: [undefined]}],
  ['numbers', [NaN, Infinity, -Infinity, -0, 10n ** 30n]],
  ['maps and sets', new Map<unknown, unknown>([[{a: 1}, new Set([1, new Map()])]])],
  ['dates and patterns', [new Date(5), /a\/b/gi]],
  ['bytes', new Uint8Array([1, 2, 255])],
  ['an error', Object.assign(new TypeError('no'), {code: 'E', cause: {a: 1}})],
  ['an object with our key', {$xdist: ['undefined']}],
  ['a String object', Object.assign(Object('no') as object, {message: 'no', stack: 's'})],
])('%s', (_, value) => {
  expect(through(value)).toEqual(value);
});

test('a key named __proto__ is a key', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}}') as object;
  expect(Object.keys(through(value) as object)).toEqual(['__proto__']);
  expect(({} as {a?: number}).a).toBeUndefined();
});

test('cycles, and objects in several places', () => {
  const shared = {a: 1};
  const value: {list: unknown[]; self?: unknown; map: Map<unknown, unknown>} = {list: [shared, shared], map: new Map()};
  value.self = value;
  value.map.set('here', value.map);
  const back = through(value) as typeof value;
  expect(back.self).toBe(back);
  expect(back.list[0]).toBe(back.list[1]);
  expect(back.map.get('here')).toBe(back.map);
});

test('an object that is in very many places takes no longer for that', () => {
  let value: object = {};
  for (let level = 0; level < 100; level++) value = {left: value, right: value};
  expect(JSON.stringify(toJson(value)).length).toBeLessThan(10_000);
});

test('objects of a test file: another realm, getters that throw, functions', () => {
  const value = runInNewContext(
    `({error: new Error('no'), map: new Map([[1, 2]]), f() {}, get bad() { throw 1 }})`,
  ) as object;
  expect(through(value)).toEqual({});
  const {error, map} = runInNewContext(`({error: new RangeError('no'), map: new Map([[1, 2]])})`) as Record<
    string,
    object
  >;
  expect(through(error)).toMatchObject({
    name: 'RangeError',
    message: 'no',
    stack: expect.stringContaining('no') as string,
  });
  expect(through(map)).toEqual(new Map([[1, 2]]));
});

it.each([
  ['{"$xdist": 1}', /must be a list/],
  ['{"$xdist": ["code"]}', /unknown kind "code"/],
  ['{"$xdist": ["same", 7]}', /leads nowhere/],
  ['{"$xdist": ["map", 1]}', /expected a list/],
  ['{"$xdist": ["boxed", {}, {}]}', /expected a text/],
])('%s is refused', (text, error) => {
  expect(() => fromJson(JSON.parse(text))).toThrow(error);
});

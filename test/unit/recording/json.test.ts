import {isDeepStrictEqual} from 'node:util';
import {runInNewContext} from 'node:vm';
import fc, {cases} from '../../random';
import {fromJson, toJson} from '../../../src/recording/json';

const throughJson = (value: unknown) => fromJson(JSON.parse(JSON.stringify(toJson(value))));

/** Keys that mean something to JavaScript, or to the encoding. */
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '$xdist', 'constructor', 'toString', 'length', ''));
const error = fc
  .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string(), fc.option(fc.string(), {nil: undefined}))
  .map(([Kind, message, stack]) => {
    const made = new Kind(message);
    if (stack === undefined) delete made.stack;
    else made.stack = stack;
    return made;
  });
const leaf = fc.oneof(
  fc
    .anything({maxDepth: 0, withBigInt: true, withDate: true})
    .filter(value => !isEmptyObject(value) && !isInvalidDate(value)),
  fc.constantFrom<unknown>(-0, NaN, Infinity, -Infinity, undefined, null, /a+/giu),
  fc.uint8Array({maxLength: 5}),
  error,
);
const {clonable} = fc.letrec<{clonable: unknown}>(tie => ({
  clonable: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    leaf,
    fc.array(tie('clonable'), {maxLength: 4}),
    fc.uniqueArray(fc.tuple(key, tie('clonable')), {maxLength: 4, selector: ([name]) => name}).map(fromEntries),
    fc.array(fc.tuple(tie('clonable'), tie('clonable')), {maxLength: 3}).map(pairs => new Map(pairs)),
    fc.array(tie('clonable'), {maxLength: 3}).map(items => new Set(items)),
  ),
}));

/** Jest holds that no invalid date is another one. */
function isInvalidDate(value: unknown): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** With own properties for all keys: `__proto__`, too. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, {value, configurable: true, enumerable: true, writable: true});
  }
  return object;
}

test('whatever a worker can send comes back', () => {
  fc.assert(
    fc.property(clonable, value => {
      const back = throughJson(value);
      // Jest holds that no map with an object for a key is another one.
      expect(isDeepStrictEqual(back, value) ? value : back).toBe(value);
    }),
    {numRuns: cases(500)},
  );
});

test('an invalid date is one again', () => {
  expect(isInvalidDate(throughJson(new Date(NaN)))).toBe(true);
});

test('a key of a prototype is a key as any other', () => {
  const object = fromEntries([
    ['__proto__', {polluted: true}],
    ['constructor', 1],
  ]);
  const back = throughJson(object) as Record<string, unknown>;
  expect(Object.keys(back)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  expect(back.polluted).toBeUndefined();
});

test('an object that has the key of the encoding comes back as it is', () => {
  for (const value of [{$xdist: 1}, {$xdist: ['undefined']}, {$xdist: {$xdist: [['map']]}}, [{a: {$xdist: NaN}}]]) {
    expect(throughJson(value)).toStrictEqual(value);
  }
});

test('an Error keeps its name, stack and fields', () => {
  const made = Object.assign(new TypeError('m'), {code: 'E', matcherResult: {pass: false, actual: undefined}});
  made.stack = 'TypeError: m\n    at a';
  const back = throughJson(made) as typeof made;
  expect(back).toBeInstanceOf(Error);
  expect(back.name).toBe('TypeError');
  expect(back.stack).toBe('TypeError: m\n    at a');
  expect({...back}).toStrictEqual({...made});
  expect(throughJson(back)).toStrictEqual(back);
});

test('a cycle is a cycle again', () => {
  const inner: Record<string, unknown> = {};
  const value = {list: [inner], map: new Map<string, unknown>(), set: new Set<unknown>()};
  inner.up = value;
  inner.itself = inner;
  inner.list = value.list;
  value.map.set('value', value);
  value.set.add(value);
  const back = throughJson(value) as typeof value;
  expect(back.list[0]!.up).toBe(back);
  expect(back.list[0]!.itself).toBe(back.list[0]);
  expect(back.list[0]!.list).toBe(back.list);
  expect(back.map.get('value')).toBe(back);
  expect(back.set.has(back)).toBe(true);
  const failed = new Error('it caused itself') as Error & {error?: unknown};
  failed.error = failed;
  const same = throughJson(failed) as typeof failed;
  expect(same.error).toBe(same);
});

test('an object in several places is one object, and takes no longer for that', () => {
  const shared = {a: 1};
  const back = throughJson([shared, {shared}]) as [object, {shared: object}];
  expect(back[1].shared).toBe(back[0]);
  let value: object = {};
  for (let level = 0; level < 100; level++) value = {left: value, right: value};
  expect(JSON.stringify(toJson(value)).length).toBeLessThan(10_000);
});

test('a String object with fields, as jest-worker delivers errors', () => {
  const made = Object.assign(Object('no') as object, {message: 'no', stack: 's'});
  const back = throughJson(made);
  expect(JSON.stringify(back)).toBe('"no"');
  expect(back).toEqual(made);
});

test('objects of the realm of a test file', () => {
  const hostile = runInNewContext(`({f() {}, get bad() { throw 1 }})`) as object;
  expect(throughJson(hostile)).toEqual({});
  const made = runInNewContext(`({error: new RangeError('no'), map: new Map([[1, 2]])})`) as Record<string, object>;
  expect(throughJson(made.error)).toBeInstanceOf(RangeError);
  expect(throughJson(made.map)).toEqual(new Map([[1, 2]]));
});

test.each<[string, unknown]>([
  ['no primitive', {$xdist: ['boxed', {}, {}]}],
  ['an unknown kind', {$xdist: ['function', 'process.exit()']}],
  ['no list', {$xdist: 'undefined'}],
  ['a reference to nowhere', {$xdist: ['same', 9]}],
  ['a reference to no number', [{$xdist: ['same', '__proto__']}]],
  ['no whole number', {$xdist: ['bigint', 'x']}],
  ['no expression', {$xdist: ['regexp', '(', '']}],
  ['no map', {$xdist: ['map', {}]}],
  ['no pair', {$xdist: ['map', [1]]}],
  ['no set', {$xdist: ['set', null]}],
  ['no fields', {$xdist: ['error', 'Error', 'm', null, 'fields']}],
  ['no object', {$xdist: ['object', null]}],
  ['no text', {$xdist: ['error', {toString: 1}, 'm', null, {}]}],
])('%s is refused', (_, value) => {
  expect(() => fromJson(value)).toThrow(TypeError);
});

test('whatever JSON can say is a value, or is refused', () => {
  const hostile = fc.array(fc.jsonValue({maxDepth: 2}), {maxLength: 5});
  const kinds = fc.constantFrom('undefined', 'number', 'bigint', 'date', 'regexp', 'bytes', 'same', 'map', 'set');
  fc.assert(
    fc.property(fc.oneof(kinds, fc.constantFrom('boxed', 'error', 'object')), hostile, (kind, rest) => {
      try {
        fromJson([{$xdist: [kind, ...rest]}]);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(TypeError);
      }
    }),
    {numRuns: cases(500)},
  );
  const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
  expect(() => fromJson(deep)).toThrow(TypeError);
});

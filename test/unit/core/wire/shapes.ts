/**
 * The types of wire messages a second time, apart from the parsers: each shape makes values of its type at random, and
 * says of any value whether it is of that type.
 */
import fc from '../../../random';

export interface Shape<T> {
  readonly values: fc.Arbitrary<T>;
  readonly isOf: (value: unknown) => boolean;
}

type ValueOf<S> = S extends Shape<infer T> ? T : never;
type Fields = Readonly<Record<string, Shape<unknown>>>;
type FieldsOf<F extends Fields> = {readonly [Name in keyof F]: ValueOf<F[Name]>};

export const text: Shape<string> = {
  values: fc.oneof(fc.string({unit: 'binary', maxLength: 8}), fc.constantFrom('', '__proto__', 'a\nb', '\ud800')),
  isOf: value => typeof value === 'string',
};

export const whole: Shape<number> = {values: fc.integer(), isOf: value => Number.isInteger(value)};

/** JSON has no -0. */
export const finite: Shape<number> = {
  values: fc.double({noNaN: true, noDefaultInfinity: true}).map(value => value + 0),
  isOf: value => Number.isFinite(value),
};

export const bool: Shape<boolean> = {values: fc.boolean(), isOf: value => typeof value === 'boolean'};

/** Anything: what is Jest's own, and read by Jest. */
export const json: Shape<unknown> = {
  values: fc.jsonValue({maxDepth: 1}).map(value => JSON.parse(JSON.stringify(value)) as unknown),
  isOf: () => true,
};

/** An object of Jest's own. */
export const jests: Shape<object> = {
  values: fc.dictionary(fc.string({maxLength: 4}), json.values, {maxKeys: 2, noNullPrototype: true}),
  isOf: value => typeof value === 'object' && value !== null && !Array.isArray(value),
};

export function oneOf<const T extends string | boolean>(...all: readonly T[]): Shape<T> {
  return {values: fc.constantFrom(...all), isOf: value => all.some(each => each === value)};
}

export function nullable<T>({values, isOf}: Shape<T>): Shape<T | null> {
  return {values: fc.option(values), isOf: value => value === null || isOf(value)};
}

export function list<T>({values, isOf}: Shape<T>): Shape<T[]> {
  return {values: fc.array(values, {maxLength: 3}), isOf: value => Array.isArray(value) && value.every(isOf)};
}

export function dictionary<T>({values, isOf}: Shape<T>): Shape<Record<string, T>> {
  return {
    values: fc.dictionary(text.values, values, {maxKeys: 3, noNullPrototype: true}),
    isOf: value => jests.isOf(value) && Object.values(value as object).every(isOf),
  };
}

/** Exactly these fields, of which those in `optional` may be missing. */
export function object<F extends Fields, O extends Fields = Record<never, never>>(
  fields: F,
  optional: O = {} as O,
): Shape<FieldsOf<F> & Partial<FieldsOf<O>>> {
  const all: Fields = {...fields, ...optional};
  const required = Object.keys(fields);
  const values = Object.fromEntries(Object.entries(all).map(([name, shape]) => [name, shape.values]));
  return {
    values: fc.record(values, {requiredKeys: required, noNullPrototype: true}) as never,
    isOf: value =>
      jests.isOf(value) &&
      required.every(name => Object.hasOwn(value as object, name)) &&
      Object.entries(value as object).every(([name, field]) => Object.hasOwn(all, name) && all[name]!.isOf(field)),
  };
}

export function union<S extends readonly Shape<unknown>[]>(...all: S): Shape<ValueOf<S[number]>> {
  return {
    values: fc.oneof(...all.map(({values}) => values)) as never,
    isOf: value => all.some(({isOf}) => isOf(value)),
  };
}

/** A message of a type, with its fields. */
export function message<const T extends string, F extends Fields, O extends Fields = Record<never, never>>(
  type: T,
  fields: F = {} as F,
  optional: O = {} as O,
): Shape<{readonly type: T} & FieldsOf<F> & Partial<FieldsOf<O>>> {
  return object({type: oneOf(type), ...fields}, optional) as never;
}

/** Whatever a server returns: a parser returns a value of its type, or throws a ProtocolError that says what is wrong. */
import fc, {cases} from '../../../random';
import type {FleetPlan} from '../../../../src/core/fleet/fleetPlan';
import {
  parseAccepted,
  parseHunger,
  parseJobData,
  parseMachineStatus,
  parseStory,
} from '../../../../src/core/fleet/parseMessages';
import {parseCollection, parsePlan} from '../../../../src/core/fleet/parsePlan';
import {planFleet} from '../../../../src/core/fleet/planFleet';
import {ProtocolError} from '../../../../src/core/wire/values';
import {longFile} from '../shards/shardInputs';
import {dictionary, list, nullable, object, oneOf, type Shape} from '../wire/shapes';
import {collectionOf} from './collections';

const WORD = /^[\w.~-]{1,200}$/;
const word: Shape<string> = {
  values: fc.stringMatching(/^[\w.~-]{1,12}$/),
  isOf: value => typeof value === 'string' && WORD.test(value),
};
const text: Shape<string> = {
  values: fc.oneof(fc.string({unit: 'binary', maxLength: 8}), fc.constantFrom('', '__proto__')),
  isOf: value => typeof value === 'string' && value.length < 65_536,
};
const whole = (least: number): Shape<number> => ({
  values: fc.integer({min: least, max: 1_000_000}),
  isOf: value => Number.isInteger(value) && (value as number) >= least && (value as number) <= 1_000_000,
});
const time: Shape<number> = {
  values: fc.double({min: 0, max: 1e13, noNaN: true}).map(value => value + 0),
  isOf: value => typeof value === 'number' && value >= 0 && value <= 1e13,
};

const collection: Shape<unknown> = {
  ...object({
    files: list(text),
    config: text,
    versions: object({runner: text, jest: text, node: text}),
    commit: nullable(text),
    settings: dictionary(text),
    nodes: list(text),
  }),
};
const distinctFiles = (value: unknown) => {
  const {files} = value as {readonly files: readonly string[]};
  return new Set(files).size === files.length;
};

interface Parser {
  readonly shape: Shape<unknown>;
  readonly parse: (value: unknown) => unknown;
}

const PARSERS: Readonly<Record<string, Parser>> = {
  parseJobData: {shape: object({plan: word, job: word}), parse: parseJobData},
  parseAccepted: {
    shape: object({token: word, failed: {values: fc.boolean(), isOf: value => typeof value === 'boolean'}}),
    parse: parseAccepted,
  },
  parseStory: {
    shape: object({
      machine: word,
      name: text,
      token: word,
      at: time,
      what: oneOf('began', 'gave-back', 'left', 'lost-lease'),
    }),
    parse: parseStory,
  },
  parseHunger: {shape: object({machine: word, at: time, idle: whole(0)}), parse: parseHunger},
  parseMachineStatus: {
    shape: object({
      machine: word,
      name: text,
      at: time,
      plan: nullable(word),
      workers: whole(0),
      state: oneOf('working', 'left'),
      waiting: whole(0),
      begun: list(object({job: word, at: time})),
    }),
    parse: parseMachineStatus,
  },
  parseCollection: {
    shape: {
      values: collection.values.filter(distinctFiles),
      isOf: value => collection.isOf(value) && distinctFiles(value),
    },
    parse: parseCollection,
  },
};

/** A value of which one field, however deep, is another. */
function mutated(value: unknown, field: number, by: unknown): unknown {
  const root = {value: JSON.parse(JSON.stringify(value)) as unknown};
  const fields: {readonly owner: Record<string, unknown>; readonly name: string}[] = [];
  const collect = (owner: Record<string, unknown>) => {
    for (const name of Object.keys(owner)) {
      fields.push({owner, name});
      if (typeof owner[name] === 'object' && owner[name] !== null) collect(owner[name] as Record<string, unknown>);
    }
  };
  collect(root);
  const {owner, name} = fields[field % fields.length]!;
  Object.defineProperty(owner, name, {value: by, enumerable: true, configurable: true, writable: true});
  return JSON.parse(JSON.stringify(root.value) ?? 'null') as unknown;
}

const REPLACEMENT = fc.oneof(
  fc.jsonValue({maxDepth: 1}),
  fc.constantFrom<unknown>({}, [], null, '', 'a/b', 0, -1, 0.5, 1, 2, 3, 1e9, true, [0], [0, 0], 'x'.repeat(65_536)),
);

/** @returns null: it was refused, as it may be */
function parsed(parse: (value: unknown) => unknown, value: unknown): {readonly value: unknown} | null {
  try {
    return {value: parse(value)};
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

describe.each(Object.entries(PARSERS))('%s', (_name, {shape, parse}) => {
  test('returns what was written', () => {
    fc.assert(
      fc.property(shape.values, value => {
        expect(parse(JSON.parse(JSON.stringify(value)))).toStrictEqual(value);
      }),
      {numRuns: cases(100)},
    );
  });

  test('takes a value of which something is another for one of its type, or refuses it', () => {
    fc.assert(
      fc.property(shape.values, fc.nat(), REPLACEMENT, (value, field, by) => {
        const result = parsed(parse, mutated(value, field, by));
        expect(result === null || shape.isOf(result.value)).toBe(true);
      }),
      {numRuns: cases(400)},
    );
  });

  test('refuses anything else', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        const result = parsed(parse, value);
        expect(result === null || shape.isOf(result.value)).toBe(true);
      }),
      {numRuns: cases(100)},
    );
  });
});

describe('parsePlan', () => {
  const files = ['a', 'b', 'c'];
  const made = planFleet(
    files.map(key => longFile(key, {loadMs: 10, tests: [400, 300, 20]})),
    {id: 'p1', machines: 8, collection: collectionOf(files)},
  );
  const plan: FleetPlan = {...made, round: 2, kept: [{job: '1', plan: 'p0', token: 't1'}]};
  const json = (fields: Partial<FleetPlan> = {}) => JSON.parse(JSON.stringify({...plan, ...fields})) as unknown;

  test('returns the plan that was written', () => {
    expect(plan.cuts.length).toBeGreaterThan(1);
    expect(parsePlan(json())).toStrictEqual(plan);
  });

  const [job, ...jobs] = plan.jobs;
  const [cut, ...cuts] = plan.cuts;
  test.each<readonly [string, Partial<FleetPlan>]>([
    ['each file, or each of its parts, in one job', {jobs: [...plan.jobs, {...job!, id: String(plan.jobs.length)}]}],
    ['a job for each file and for each part', {jobs: plan.jobs.slice(0, -1)}],
    ['a place below 3', {jobs: [{...job!, files: [3]}, ...jobs]}],
    ['the files of a job, ascending', {jobs: [{...job!, files: []}, ...jobs]}],
    ['the files of a job, ascending', {jobs: [{...job!, files: [1, 0], part: null}, ...jobs]}],
    ['one file in a job of a part', {jobs: [{...job!, files: [0, 1]}, ...jobs]}],
    ['the id of job 0', {jobs: [{...job!, id: '7'}, ...jobs]}],
    ['a part of 1 to', {jobs: [{...job!, part: null}, ...jobs]}],
    ['a part of 1 to', {jobs: [{...job!, part: 99}, ...jobs]}],
    ['no part of a file that is not cut', {cuts: []}],
    ['each cut file once', {cuts: [cut!, cut!, ...cuts]}],
    ['2 or more parts', {cuts: [{...cut!, parts: 1}, ...cuts]}],
    ['a part from 2 to', {cuts: [{...cut!, given: {x: 1}}, ...cuts]}],
    ['a text of less than 65536 characters', {cuts: [{...cut!, given: {['x'.repeat(65_536)]: 2}}, ...cuts]}],
    ['the result of a job of the plan', {kept: [{job: '99', plan: 'p0', token: 't'}]}],
    ['each kept result once', {kept: [...plan.kept, ...plan.kept]}],
    ['an id', {kept: [{job: '0', plan: '../p', token: 't'}]}],
    ['each file of the collection once', {collection: {...plan.collection, files: ['a', 'a', 'c']}}],
    ['a number from 1 to 1000000', {round: 0}],
  ])('refuses a plan without %s', (expected, fields) => {
    expect(() => parsePlan(json(fields))).toThrow(expected);
  });

  test('refuses a list that is too long before it reads an item', () => {
    const long = {...plan, jobs: Array(1_000_001)};
    expect(() => parsePlan(long)).toThrow('a list of at most 1000000');
  });

  test('takes a plan of which something is another for a whole plan, or refuses it', () => {
    fc.assert(
      fc.property(fc.nat(), REPLACEMENT, (field, by) => {
        const result = parsed(parsePlan, mutated(plan, field, by));
        if (result === null) return;
        const {jobs: all, cuts: some, collection: own} = result.value as FleetPlan;
        const parts = all.flatMap(one => one.files.map(file => `${file} ${one.part ?? 'whole'}`));
        const expected = own.files.flatMap((_, file) => {
          const found = some.find(one => one.file === file);
          if (found === undefined) return [`${file} whole`];
          return Array.from({length: found.parts}, (_part, index) => `${file} ${index + 1}`);
        });
        expect(parts.sort()).toEqual(expected.sort());
      }),
      {numRuns: cases(1000)},
    );
  });
});

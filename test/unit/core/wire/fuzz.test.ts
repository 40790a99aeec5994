/**
 * Whatever arrives from another process, or is found in a file: a parser returns a value of its type, or throws the
 * error that it says it throws, and what was sent arrives.
 */
import fc, {cases} from '../../../random';
import {formatDurations, parseTimings} from '../../../../src/core/plan/durations';
import {
  parseFromFixture,
  parseFromFixtureHost,
  parseToFixture,
  parseToFixtureHost,
} from '../../../../src/core/wire/fixtureMessages';
import {parseJournal} from '../../../../src/core/wire/journal';
import {parseFixtureQuestion, parseFromStockHost, parseToStockHost} from '../../../../src/core/wire/stockMessages';
import {LineBuffer, ProtocolError} from '../../../../src/core/wire/values';
import {parseFromWatchdog, parseWatchdogHello} from '../../../../src/core/wire/watchdogMessages';
import {
  parseDeparture,
  parseExitRecord,
  parseAheadNews,
  parseFromWorker,
  parseHello,
  parseToWorker,
} from '../../../../src/core/wire/workerMessages';
import * as shapes from './messageShapes';
import {dictionary, nullable, type Shape} from './shapes';

interface Parser {
  readonly name: string;
  readonly shape: Shape<unknown>;
  readonly parse: (line: string) => unknown;
}

/** Those that take a line. */
const LINE_PARSERS: readonly Parser[] = [
  {name: 'parseToWorker', shape: shapes.toWorker, parse: parseToWorker},
  {name: 'parseHello', shape: shapes.hello, parse: parseHello},
  {name: 'parseExitRecord', shape: shapes.exitRecord, parse: parseExitRecord},
  {name: 'parseDeparture', shape: shapes.departure, parse: parseDeparture},
  {name: 'parseWatchdogHello', shape: nullable(shapes.watchdogHello), parse: line => parseWatchdogHello(line)},
  {name: 'parseFromWatchdog', shape: shapes.fromWatchdog, parse: parseFromWatchdog},
  {name: 'parseToFixtureHost', shape: shapes.toFixtureHost, parse: parseToFixtureHost},
  {name: 'parseFromFixtureHost', shape: shapes.fromFixtureHost, parse: parseFromFixtureHost},
  {name: 'parseToFixture', shape: shapes.toFixture, parse: parseToFixture},
  {name: 'parseFromFixture', shape: shapes.fromFixture, parse: parseFromFixture},
  {name: 'parseToStockHost', shape: shapes.toStockHost, parse: parseToStockHost},
  {name: 'parseFromStockHost', shape: shapes.fromStockHost, parse: parseFromStockHost},
  {name: 'parseFixtureQuestion', shape: shapes.fixtureQuestion, parse: parseFixtureQuestion},
];

/** Those that take what jest-worker's channel makes of a message. */
const VALUE_PARSERS: readonly (Omit<Parser, 'parse'> & {readonly parse: (value: unknown) => unknown})[] = [
  {name: 'parseFromWorker', shape: shapes.fromWorker, parse: parseFromWorker},
  {name: 'parseAheadNews', shape: nullable(shapes.aheadNews), parse: parseAheadNews},
];

const ALL: readonly Parser[] = [
  ...LINE_PARSERS,
  ...VALUE_PARSERS.map(({parse, ...rest}) => ({...rest, parse: (line: string) => parse(JSON.parse(line))})),
];

/** What is put in the place of a field. Reading the second as a text throws. */
const REPLACEMENT = fc.oneof(
  fc.jsonValue({maxDepth: 1}),
  fc.constantFrom<unknown>({toString: 1, valueOf: 1}, [], {}, null, '', 0, -1, 0.5, true, false, 'null', [[]], [{}]),
);

interface Mutation {
  readonly how: 'replace' | 'remove' | 'add';
  /** Which field of all there are, modulo their number. */
  readonly field: number;
  readonly by: unknown;
}

const MUTATION: fc.Arbitrary<Mutation> = fc.record({
  how: fc.constantFrom('replace', 'remove', 'add'),
  field: fc.nat(),
  by: REPLACEMENT,
});

/** @returns the JSON of a value, of which one field, however deep, is another */
function mutated(value: unknown, {how, field, by}: Mutation): string {
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
  if (how === 'add') Object.defineProperty(owner, 'added', {value: by, enumerable: true});
  else if (how === 'remove' && owner !== root) Reflect.deleteProperty(owner, name);
  else Object.defineProperty(owner, name, {value: by, enumerable: true, configurable: true, writable: true});
  return JSON.stringify(root.value) ?? 'null';
}

/** @throws what a parser must not throw, or an error that says what it must not return */
function expectOfType({shape, parse}: Parser, line: string): void {
  let value: unknown;
  try {
    value = parse(line);
  } catch (error) {
    if (error instanceof ProtocolError) return;
    throw error;
  }
  if (!shape.isOf(value) && !isJestEvent(value)) throw new Error(`accepted as ${JSON.stringify(value)}`);
}

function isJestEvent(value: unknown): boolean {
  const {type, name} = (value ?? {}) as {readonly type?: unknown; readonly name?: unknown};
  return type === 'jest-event' && typeof name === 'string';
}

describe.each(ALL.map(parser => [parser.name, parser] as const))('%s', (_name, parser) => {
  const {shape, parse} = parser;

  test('returns what was sent', () => {
    fc.assert(
      fc.property(
        shape.values.filter(value => value !== null),
        value => expect(parse(JSON.stringify(value))).toStrictEqual(value),
      ),
      {numRuns: cases(50)},
    );
  });

  test('takes a message of which something is another for one of its type, or refuses it', () => {
    fc.assert(
      fc.property(shape.values, fc.array(MUTATION, {minLength: 1, maxLength: 3}), (value, mutations) => {
        const line = mutations.reduce((text, mutation) => mutated(JSON.parse(text), mutation), JSON.stringify(value));
        expectOfType(parser, line);
      }),
      {numRuns: cases(200)},
    );
  });

  test('refuses whatever else JSON can say', () => {
    fc.assert(
      fc.property(fc.json({maxDepth: 2}), line => expectOfType(parser, line)),
      {numRuns: cases(50)},
    );
  });
});

describe.each(LINE_PARSERS.map(parser => [parser.name, parser] as const))('%s', (_name, parser) => {
  test('refuses what is no JSON, and what was cut off', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parser.shape.values.map(value => JSON.stringify(value)),
        ),
        fc.nat(),
        (all, at) => expectOfType(parser, all.slice(0, at % (all.length + 1))),
      ),
      {numRuns: cases(50)},
    );
  });
});

// A thread hands over what the structured clone algorithm copies: circles, BigInts, Maps.
test.each(VALUE_PARSERS.map(parser => [parser.name, parser] as const))(
  '%s refuses whatever a thread can send',
  (_name, {shape, parse}) => {
    const circle: {type: string; unit?: unknown} = {type: 'unit-started'};
    circle.unit = circle;
    const anything = fc.oneof(
      fc.anything({withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true}),
      fc.constantFrom<unknown>(circle, {type: 'unit-started', unit: 1n}, {type: circle}, [circle]),
    );
    fc.assert(
      fc.property(anything, value => expectOfType({name: '', shape, parse: () => parse(value)}, '')),
      {numRuns: cases(200)},
    );
  },
);

describe('a journal', () => {
  const records = fc.array(shapes.journalRecord.values, {maxLength: 5});
  const written = (all: readonly unknown[]) => all.map(record => `${JSON.stringify(record)}\n`).join('');

  test('is read as it was written', () => {
    fc.assert(
      fc.property(records, all => expect(parseJournal(written(all))).toStrictEqual(all)),
      {numRuns: cases(100)},
    );
  });

  test('that was cut off is read up to there', () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, at) => {
        const text = written(all);
        const read = parseJournal(text.slice(0, at % (text.length + 1)));
        expect(read).toStrictEqual(all.slice(0, read.length));
      }),
      {numRuns: cases(100)},
    );
  });

  test('with a line that is another is one of journal records', () => {
    fc.assert(
      fc.property(records, fc.array(MUTATION, {minLength: 1, maxLength: 3}), (all, mutations) => {
        const text = mutations.reduce((json, mutation) => mutated(JSON.parse(json), mutation), JSON.stringify(all));
        const lines = JSON.parse(text) as unknown;
        const read = parseJournal(written(Array.isArray(lines) ? lines : [lines]));
        expect(read.filter(record => !shapes.journalRecord.isOf(record))).toEqual([]);
      }),
      {numRuns: cases(300)},
    );
  });

  test('of any text at all is read', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), text => expect(parseJournal(text)).toEqual([])),
      {numRuns: cases(100)},
    );
  });
});

describe('a timings file', () => {
  const files = dictionary(shapes.fileRecord);

  test('is read as it was written', () => {
    fc.assert(
      fc.property(files.values, all =>
        expect(parseTimings(formatDurations(new Map(Object.entries(all)))).files).toEqual(new Map(Object.entries(all))),
      ),
      {numRuns: cases(100)},
    );
  });

  /** Where it is refused, its readers say why, and go on without. */
  const expectDurations = (text: string) => {
    let durations: unknown;
    try {
      durations = parseTimings(text).files;
    } catch (error) {
      if (error instanceof Error && !(error instanceof TypeError)) return;
      throw error;
    }
    expect([...(durations as Map<string, unknown>).values()].filter(record => !shapes.fileRecord.isOf(record))).toEqual(
      [],
    );
  };

  test('of which something is another has records, or is refused', () => {
    fc.assert(
      fc.property(files.values, fc.array(MUTATION, {minLength: 1, maxLength: 3}), (all, mutations) => {
        const text = formatDurations(new Map(Object.entries(all)));
        expectDurations(mutations.reduce((json, mutation) => mutated(JSON.parse(json), mutation), text));
      }),
      {numRuns: cases(200)},
    );
  });

  test('of any text at all is refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => expectDurations(text)),
      {numRuns: cases(100)},
    );
  });
});

test('lines come out of a stream as they went in, however it was cut', () => {
  const line = fc.string({unit: 'binary'}).map(text => text.replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line), line, fc.array(fc.nat({max: 20}), {minLength: 1}), (lines, rest, cuts) => {
      const stream = lines.map(text => `${text}\n`).join('') + rest;
      const buffer = new LineBuffer();
      const read: string[] = [];
      for (let at = 0, next = 0; at < stream.length; next++) {
        const length = cuts[next % cuts.length]! + 1;
        read.push(...buffer.push(stream.slice(at, at + length)));
        at += length;
      }
      expect(read).toEqual(lines);
    }),
    {numRuns: cases(100)},
  );
});

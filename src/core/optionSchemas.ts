/** The schema that checks the options. */
import * as v from 'valibot';
import type {FilesEntry, XdistOptions} from './options';
import {isResourceName, isWorkerGroup, parseFixtureRequest, parseResource} from './pragmas';
import {parseTimeSpan, TIME_SPAN_SHAPE} from './timeSpan';

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.finite('a number of milliseconds'),
  v.minValue(0, 'a number of milliseconds, 0 or more'),
);
const textThat = (shape: string, holds: (text: string) => boolean) => v.pipe(v.string(shape), v.check(holds, shape));
// Where one of its schemas takes the value's type, a union has that one's message, not its own.
const TIME_SHAPE = `a number of milliseconds, or ${TIME_SPAN_SHAPE}`;
const timeSpan = v.union([milliseconds, textThat(TIME_SHAPE, text => parseTimeSpan(text) !== null)], TIME_SHAPE);
const count = (minimum: number) => {
  const expectation = `a whole number, ${minimum} or more`;
  return v.pipe(v.number(expectation), v.integer(expectation), v.minValue(minimum, expectation));
};
const oneOf = <const T extends string>(...values: T[]) =>
  v.picklist(values, `one of ${values.map(value => `"${value}"`).join(', ')}`);

const anObject = (shape: string) => v.custom<object>(value => !Array.isArray(value), shape);

const GLOBS_SHAPE = 'a list of globs like ["test/slow/**/*.test.ts"]';
const MATCH_SHAPE = 'a glob like "test/slow/**", or a list of them';
const WATERMARK_SHAPE = 'an object like {low: 50, high: 200}';
const FILES_SHAPE = 'a list like [{match: "test/db/**", serial: true}]';
const ENTRY_SHAPE = 'an object like {match: "test/db/**", serial: true}';
const RESOURCES_SHAPE = 'an object like {gpu: 2}';

const globs = v.array(v.pipe(v.string('a glob'), v.nonEmpty('a glob')), GLOBS_SHAPE);
const yesOrNo = v.boolean('true or false');

const watermark = {low: v.optional(milliseconds), high: v.optional(milliseconds)};

const filesEntry = {
  match: v.union(
    [
      textThat(MATCH_SHAPE, text => text !== ''),
      v.pipe(v.array(v.pipe(v.string(), v.nonEmpty('a glob'))), v.nonEmpty(MATCH_SHAPE)),
    ],
    MATCH_SHAPE,
  ),
  sharedFixtures: v.optional(
    v.array(
      textThat(
        'a fixture like "./fixtures/db.ts" or "./fixtures/db.ts scope=worker"',
        text => typeof parseFixtureRequest(text) !== 'string',
      ),
      'a list of fixtures like ["./fixtures/db.ts"]',
    ),
  ),
  canSplit: v.optional(v.union([v.boolean(), v.literal('each')], 'true, false or "each"')),
  serial: v.optional(yesOrNo),
  workerGroup: v.optional(textThat("a group's name, which is one word", isWorkerGroup)),
  resources: v.optional(
    v.array(
      textThat('a resource like "gpu" or "gpu:2"', text => typeof parseResource(text) !== 'string'),
      'a list of resources like ["gpu:2"]',
    ),
  ),
  hardTimeout: v.optional(timeSpan),
  restartWorker: v.optional(yesOrNo),
} satisfies {[K in keyof Required<FilesEntry>]: v.GenericSchema};

/** Each option's schema; the issue message of each says what was expected. */
export const OPTION_SCHEMAS = {
  dist: oneOf('load', 'loadfile', 'loadscope', 'loadgroup', 'worksteal'),
  canSplit: globs,
  files: v.array(
    v.pipe(
      anObject(ENTRY_SHAPE),
      v.strictObject(filesEntry, ({expected}) => (expected === '"match"' ? MATCH_SHAPE : ENTRY_SHAPE)),
    ),
    FILES_SHAPE,
  ),
  resources: v.pipe(
    anObject(RESOURCES_SHAPE),
    v.record(
      textThat("a resource's name, which is one word without an amount", isResourceName),
      count(1),
      RESOURCES_SHAPE,
    ),
  ),
  watermark: v.pipe(anObject(WATERMARK_SHAPE), v.strictObject(watermark, WATERMARK_SHAPE)),
  maxScheduleChunk: count(1),
  maxWorkerRestarts: count(0),
  restartWorkers: oneOf('never', 'file'),
  onCrash: oneOf('resume', 'fail-file'),
  hardTimeout: timeSpan,
  slowTimeout: timeSpan,
  fixtureTimeout: timeSpan,
  timings: v.pipe(v.string('a path'), v.nonEmpty('a path')),
  inBand: oneOf('auto', 'never'),
} satisfies {[K in keyof Required<XdistOptions>]: v.GenericSchema};

/** The name of an option. */
export type OptionName = keyof typeof OPTION_SCHEMAS;

/** The keys of the objects that some options are made of. */
export const KEYS_WITHIN: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  files: Object.keys(filesEntry),
  watermark: Object.keys(watermark),
};

export const OPTION_NAMES = Object.keys(OPTION_SCHEMAS) as readonly OptionName[];

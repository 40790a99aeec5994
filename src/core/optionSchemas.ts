/** The schema that checks the options. */
import * as v from 'valibot';
import type {XdistOptions} from './options';
import {parseTimeSpan, TIME_SPAN_SHAPE} from './timeSpan';

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.finite('a number of milliseconds'),
  v.minValue(0, 'a number of milliseconds, 0 or more'),
);
const timeSpan = v.union(
  [
    milliseconds,
    v.pipe(
      v.string(),
      v.check(text => parseTimeSpan(text) !== null),
    ),
  ],
  `a number of milliseconds, or ${TIME_SPAN_SHAPE}`,
);
const count = (minimum: number) => {
  const expectation = `a whole number, ${minimum} or more`;
  return v.pipe(v.number(expectation), v.integer(expectation), v.minValue(minimum, expectation));
};
const oneOf = <const T extends string>(...values: T[]) =>
  v.picklist(values, `one of ${values.map(value => `"${value}"`).join(', ')}`);

const GLOBS_SHAPE = 'a list of globs like ["test/slow/**/*.test.ts"]';
const WATERMARK_SHAPE = 'an object like {low: 50, high: 200}';

/** Each option's schema; the issue message of each says what was expected. */
export const OPTION_SCHEMAS = {
  dist: oneOf('load'),
  canSplit: v.array(v.pipe(v.string('a glob'), v.nonEmpty('a glob')), GLOBS_SHAPE),
  watermark: v.pipe(
    v.custom<object>(value => !Array.isArray(value), WATERMARK_SHAPE),
    v.strictObject({low: v.optional(milliseconds), high: v.optional(milliseconds)}, WATERMARK_SHAPE),
  ),
  maxScheduleChunk: count(1),
  maxWorkerRestarts: count(0),
  restartWorkers: oneOf('never', 'file'),
  onCrash: oneOf('resume', 'fail-file'),
  hardTimeout: timeSpan,
  slowTimeout: timeSpan,
  timings: v.pipe(v.string('a path'), v.nonEmpty('a path')),
  inBand: oneOf('auto', 'never'),
} satisfies {[K in keyof Required<XdistOptions>]: v.GenericSchema};

/** The name of an option. */
export type OptionName = keyof typeof OPTION_SCHEMAS;

export const OPTION_NAMES = Object.keys(OPTION_SCHEMAS) as readonly OptionName[];

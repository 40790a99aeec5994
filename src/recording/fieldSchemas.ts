/** Schemas of the fields that several kinds of lines have. Each message completes "… must be". */
import * as v from 'valibot';
import {HOOK_TYPES} from '../core/wire/journalTest';
import type {Death} from '../core/texts/deaths';
import type {TestStatus, ToldName} from './lines';

/** No time, in ms since the epoch or less, is further from 0: that is the year 2286. Sums of such times stay finite. */
const MOST_MS = 1e13;

/** More test files, tests of a file, or nodes than any run has. */
export const MOST = 1_000_000;

/** More workers than any run has. */
export const MOST_SLOTS = 10_000;

const IN_RANGE = `a number from ${-MOST_MS} to ${MOST_MS}`;
export const ms = v.pipe(v.number('a number'), v.minValue(-MOST_MS, IN_RANGE), v.maxValue(MOST_MS, IN_RANGE));
/** A time that has passed, or will pass, since something began. */
export const sinceMs = v.pipe(ms, v.minValue(0, 'a number, 0 or more'));
export const integer = v.pipe(v.number('a whole number'), v.safeInteger('a whole number'));
export const index = v.pipe(integer, v.minValue(0, 'a whole number, 0 or more'));
/** The index of a thing of which a run cannot have more than `MOST`. */
export const place = v.pipe(index, v.maxValue(MOST - 1, `a whole number below ${MOST}`));
export const bytes = v.pipe(
  v.number('a number of bytes'),
  v.minValue(0, 'a number of bytes'),
  v.maxValue(Number.MAX_SAFE_INTEGER, 'a number of bytes'),
);
export const text = v.string('a text');
export const yesOrNo = v.boolean('true or false');

const SLOT = `a slot, from 1 to ${MOST_SLOTS}`;
export const slot = v.pipe(integer, v.minValue(1, SLOT), v.maxValue(MOST_SLOTS, SLOT));
export const generation = index;

export const testStatus = v.picklist([
  'passed',
  'failed',
  'pending',
  'skipped',
  'todo',
  'disabled',
  'focused',
] satisfies TestStatus[]);

/** The events that Jest is told of test files and their tests. */
export const toldName = v.picklist([
  'test-file-start',
  'test-file-success',
  'test-file-failure',
  'test-case-start',
  'test-case-result',
] satisfies ToldName[]);

export function list<T extends v.GenericSchema>(item: T, most: number = MOST) {
  return v.pipe(v.array(item, 'a list'), v.maxLength(most, `a list of at most ${most}`));
}

/** An object whose fields all have the same type. In contrast to `v.record`, it keeps a field like "constructor". */
export function dictionary<T>(field: v.GenericSchema<unknown, T>) {
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(
      value => typeof value === 'object' && value !== null && !Array.isArray(value),
      'an object',
    ),
    v.rawTransform<Readonly<Record<string, unknown>>, Readonly<Record<string, T>>>(({dataset, addIssue, NEVER}) => {
      const fields: [string, T][] = [];
      for (const [key, value] of Object.entries(dataset.value)) {
        const parsed = v.safeParse(field, value);
        if (!parsed.success) {
          addIssue({message: `an object of which each field is ${parsed.issues[0].message}`});
          return NEVER;
        }
        fields.push([key, parsed.output]);
      }
      return Object.fromEntries(fields);
    }),
  );
}

/** What a value that was refused must be. valibot's own messages are sentences, ours are not. */
export function expectedBy({message, expected, received}: v.BaseIssue<unknown>): string {
  if (!message.startsWith('Invalid ')) return message;
  return received === 'undefined' ? 'there' : (expected ?? 'something else');
}

export const hookType = v.picklist(HOOK_TYPES, 'the type of a hook');

const frame = v.object({functionName: text, path: text, line: integer, column: integer});
const hungPlace = v.variant(
  'kind',
  [
    v.object({kind: v.literal('stack'), frames: list(frame)}),
    v.object({kind: v.literal('open'), resources: list(text)}),
    v.object({kind: v.literal('native')}),
  ],
  'the place of a hang',
);

export const death = v.variant(
  'kind',
  [
    v.object({kind: v.literal('signal'), signal: text}),
    v.object({kind: v.literal('exit'), code: integer, uncaught: v.nullable(text)}),
    v.object({kind: v.literal('out-of-memory')}),
    v.object({
      kind: v.literal('hung'),
      name: text,
      ms,
      limitMs: ms,
      limitBy: text,
      began: yesOrNo,
      place: hungPlace,
    }),
    v.object({kind: v.literal('deaf'), ms}),
    v.object({kind: v.literal('silent'), ms}),
    v.object({kind: v.literal('interrupted'), signal: text}),
    v.object({kind: v.literal('broken'), message: text}),
  ],
  'the death of a worker',
) satisfies v.GenericSchema<unknown, Death>;

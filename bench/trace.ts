/**
 * Defines a trace: the durations of a run of a real suite, and everything that decides how its tests may be
 * distributed. A trace contains only numbers. Files, blocks, groups, resources and fixtures have indexes instead of
 * names, so a trace reveals only the shape of a suite.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import * as v from 'valibot';

const ms = v.pipe(v.number(), v.finite(), v.minValue(0));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const indexes = v.array(v.nullable(whole));

const constraints = v.strictObject({
  serial: v.optional(v.literal(true)),
  freshWorker: v.optional(v.literal(true)),
  workerGroup: v.optional(whole),
  /** Pairs of a resource's index and the amount that the file takes. */
  resources: v.optional(v.array(v.strictTuple([whole, whole]))),
  /** The fixtures that must be up. A fixture comes after the fixtures that it needs. */
  fixtures: v.optional(v.array(whole)),
});

const file = v.pipe(
  v.strictObject({
    /** Files of unknown duration are dispatched in the order of their size. */
    bytes: whole,
    /**
     * The time that each worker spends in the file before its first test, in ms. For a file that ran whole: all time
     * outside tests.
     */
    loadMs: ms,
    /** How the recorded run was allowed to split the file. null: the file runs whole. */
    split: v.nullable(v.picklist(['tests', 'each'])),
    /** For each test that ran, in source order: its duration, in ms. */
    tests: v.array(ms),
    /**
     * For each test: the group of tests with which it stays together in every mode of `dist`. Left out: each test is
     * alone.
     */
    together: v.optional(v.array(whole)),
    /** For each test: its outermost describe block; null: the test is in no block. Left out: no test is in a block. */
    block: v.optional(indexes),
    /**
     * For each test: the `@group` of the outermost of its describe blocks that has one; null: none has. Left out: no
     * test has a group.
     */
    group: v.optional(indexes),
    constraints: v.optional(constraints),
  }),
  v.check(
    ({tests, together, block, group}) => [together, block, group].every(of => (of ?? tests).length === tests.length),
    'as many entries as there are tests',
  ),
);

const fixture = v.strictObject({
  scope: v.picklist(['run', 'worker']),
  needs: v.array(whole),
  setupMs: ms,
  teardownMs: ms,
});

const trace = v.strictObject({
  /** The time from the order to start a worker until the worker is up, in ms. */
  workerStartMs: ms,
  /** The available amount of each resource. */
  resources: v.optional(v.array(whole), []),
  fixtures: v.optional(v.array(fixture), []),
  files: v.array(file),
});

export type Trace = v.InferOutput<typeof trace>;
export type TracedFile = Trace['files'][number];

/** @throws if the text is not a trace */
export function parseTrace(text: string): Trace {
  return v.parse(trace, JSON.parse(text));
}

/** Formats a trace with one line for each file. */
export function formatTrace({files, ...rest}: Trace): string {
  const head = JSON.stringify(rest).slice(0, -1);
  return `${head}, "files": [\n${files.map(one => JSON.stringify(one)).join(',\n')}\n]}\n`;
}

const TRACES = join(__dirname, 'traces');

/** The committed traces, by name. */
export function committedTraces(): Map<string, Trace> {
  const names = readdirSync(TRACES).sort();
  return new Map(names.map(name => [basename(name, '.json'), parseTrace(readFileSync(join(TRACES, name), 'utf8'))]));
}

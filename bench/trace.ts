/**
 * A trace: what a run of a real suite took, and what decides how its tests may be distributed. Numbers only: files, blocks,
 * groups, resources and fixtures are told apart by an index, so nothing of a suite shows but its shape.
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
  /** Pairs: which resource, and how much of it. */
  resources: v.optional(v.array(v.strictTuple([whole, whole]))),
  /** Those that must be up, each after what it needs itself. */
  fixtures: v.optional(v.array(whole)),
});

const file = v.pipe(
  v.strictObject({
    /** Files of unknown duration are dispatched in the order of their size. */
    bytes: whole,
    /** What each worker that opens the file spends before its first test, in ms; of a file that ran whole: all that is no test. */
    loadMs: ms,
    /** What of it may run apart, as the recorded run had it; null: it runs whole. */
    split: v.nullable(v.picklist(['tests', 'each'])),
    /** Of each test that ran, in the order of the source: what it took, in ms. */
    tests: v.array(ms),
    /** Of each test: the group of tests that it stays together with whatever `dist` says. Left out: each is alone in its own. */
    together: v.optional(v.array(whole)),
    /** Of each test: the describe block in no other that it is in; null: it is in none. Left out: none is. */
    block: v.optional(indexes),
    /** Of each test: the `@group` of its outermost describe block that has one; null: it has none. Left out: none has. */
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
  /** From the order to start a worker until it is up, in ms. */
  workerStartMs: ms,
  /** How much there is of each resource. */
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

/** A line for each file. */
export function formatTrace({files, ...rest}: Trace): string {
  const head = JSON.stringify(rest).slice(0, -1);
  return `${head}, "files": [\n${files.map(one => JSON.stringify(one)).join(',\n')}\n]}\n`;
}

const TRACES = join(__dirname, 'traces');

/** The committed ones, by name. */
export function committedTraces(): Map<string, Trace> {
  const names = readdirSync(TRACES).sort();
  return new Map(names.map(name => [basename(name, '.json'), parseTrace(readFileSync(join(TRACES, name), 'utf8'))]));
}

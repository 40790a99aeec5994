/** The schema that checks the options. */
import * as v from 'valibot';
import type {FilesEntry, FleetOption, NodeOption, RecordingOption, XdistOptions} from './options';
import {isResourceName, isWorkerGroup, parseFixtureRequest, parseResource} from './pragmas';
import {inMs, parseTimeSpan, TIME_SPAN_SHAPE} from '../texts/timeSpan';
import {isFleetUrl} from './fleetUrl';

/** The environment variables that the runner sets for each worker. */
export const WORKER_VARIABLES = ['JEST_WORKER_ID', 'XDIST_WORKER', 'XDIST_WORKER_COUNT', 'XDIST_RUN_ID', 'XDIST_NODE'];

/** Names the file that holds the plan of the shards. `shard --plan` sets it. */
export const PLAN_VARIABLE = 'XDIST_SHARD_PLAN';
/** Names the file to which the plan of the shards is written. `plan` sets it. */
export const PLAN_TO_VARIABLE = 'XDIST_SHARD_PLAN_TO';

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.finite('a number of milliseconds'),
  v.minValue(0, 'a number of milliseconds, 0 or more'),
);
const textThat = (shape: string, holds: (text: string) => boolean) => v.pipe(v.string(shape), v.check(holds, shape));
// If one schema of a union accepts the value's type, the issue has that schema's message and not the union's.
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
const SLOTS_SHAPE = 'a whole number, 1 or more, or "auto"';
const RESOURCES_SHAPE = 'an object like {gpu: 2}';

const NODES_SHAPE = 'a list like [{name: "utc", env: {TZ: "UTC"}}]';
const NODE_SHAPE = 'an object like {name: "utc", env: {TZ: "UTC"}}';
const NODE_NAME_SHAPE = 'a name, which is one line without blanks at its ends';
const RECORDING_SHAPE = 'false, or an object like {path: "run.xdist"} or {keep: 10}';
const FLEET_SHAPE = 'false, or an object like {url: "rediss://redis.example:6379"}';
const FLEET_URL_SHAPE = 'a URL like "redis://host:6379", "rediss://user@host:6379" or "redis://host:6379/2"';
const SECRET_SHAPE = 'an object like {variable: "NAME"} or {file: "path"}';
const LEASE_SHAPE = 'a number of milliseconds, or a time like "30s" or "1m", 1 s or more';
const ENV_SHAPE = 'an object like {TZ: "UTC", CI: null}';
const ENV_VALUE_SHAPE = 'a text, or null to take the variable away';
// No system can start a process with a NUL in its arguments, and its error names neither the option nor the text.
const withoutNul = v.check((text: string) => !text.includes('\0'), 'a text without a NUL character');

const isCount = (value: number) => Number.isInteger(value) && value >= 1;

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

const recording = {
  path: v.optional(v.pipe(v.string('a path'), v.nonEmpty('a path'), withoutNul)),
  keep: v.optional(count(1)),
} satisfies {[K in keyof Required<RecordingOption>]: v.GenericSchema};

const recordingObject = v.pipe(anObject(RECORDING_SHAPE), v.strictObject(recording, RECORDING_SHAPE));

const fleet = {
  url: v.optional(textThat(FLEET_URL_SHAPE, isFleetUrl)),
  run: v.optional(v.pipe(v.string('a name'), v.nonEmpty('a name'), withoutNul)),
  secret: v.optional(
    v.union(
      [
        v.strictObject({variable: v.pipe(v.string(), v.nonEmpty())}),
        v.strictObject({file: v.pipe(v.string(), v.nonEmpty(), withoutNul)}),
      ],
      SECRET_SHAPE,
    ),
  ),
  lease: v.optional(
    v.pipe(
      v.union([v.number(), v.string()], LEASE_SHAPE),
      v.check(time => (inMs(time) ?? 0) >= 1000 && Number.isFinite(inMs(time)), LEASE_SHAPE),
    ),
  ),
} satisfies {[K in keyof Required<FleetOption>]: v.GenericSchema};

const fleetObject = v.pipe(anObject(FLEET_SHAPE), v.strictObject(fleet, FLEET_SHAPE));

const nodeOption = {
  name: textThat(NODE_NAME_SHAPE, isNodeName),
  execPath: v.optional(
    v.pipe(
      textThat('a path, or a command in PATH', text => text !== ''),
      withoutNul,
    ),
  ),
  execArgv: v.optional(
    v.array(v.pipe(v.string('a flag like "--expose-gc"'), withoutNul), 'a list of flags like ["--expose-gc"]'),
  ),
  env: v.optional(
    v.pipe(
      anObject(ENV_SHAPE),
      v.record(
        v.pipe(
          textThat('the name of a variable', text => text !== '' && !text.includes('=')),
          withoutNul,
          v.check(
            text => !WORKER_VARIABLES.includes(text),
            `a variable that is not the runner's own (it sets ${WORKER_VARIABLES.join(', ')} for each worker)`,
          ),
        ),
        v.nullish(v.pipe(v.string(ENV_VALUE_SHAPE), withoutNul)),
        ENV_SHAPE,
      ),
    ),
  ),
} satisfies {[K in keyof Required<NodeOption>]: v.GenericSchema};

const nodes = v.pipe(
  v.array(
    v.pipe(
      anObject(NODE_SHAPE),
      v.strictObject(nodeOption, ({expected}) => (expected === '"name"' ? NODE_NAME_SHAPE : NODE_SHAPE)),
    ),
    NODES_SHAPE,
  ),
  // With two nodes of the same name, reports could not tell where a test has failed.
  v.rawCheck(({dataset, addIssue}) => {
    if (!dataset.typed) return;
    const {value} = dataset;
    for (const [index, node] of value.entries()) {
      const first = value.findIndex(({name}) => name === node.name);
      if (first === index) continue;
      addIssue({
        message: `a name that no other node has (nodes[${first}] has it)`,
        input: node.name,
        path: [
          {type: 'array', origin: 'value', input: value, key: index, value: node},
          {type: 'object', origin: 'value', input: {...node}, key: 'name', value: node.name},
        ],
      });
    }
  }),
);

/** The schema of each option. Its issue message says what was expected. */
export const OPTION_SCHEMAS = {
  dist: oneOf('load', 'loadfile', 'loadscope', 'loadgroup', 'worksteal', 'each'),
  nodes,
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
  // See TIME_SHAPE: both schemas need the union's message.
  slots: v.union([v.pipe(v.number(SLOTS_SHAPE), v.check(isCount, SLOTS_SHAPE)), v.literal('auto')], SLOTS_SHAPE),
  maxSlots: count(1),
  maxWorkerRestarts: count(0),
  restartWorkers: oneOf('never', 'file'),
  onCrash: oneOf('resume', 'fail-file'),
  hardTimeout: timeSpan,
  slowTimeout: timeSpan,
  fixtureTimeout: timeSpan,
  timings: v.pipe(v.string('a path'), v.nonEmpty('a path')),
  inBand: oneOf('auto', 'never'),
  compileCache: yesOrNo,
  // A union would say of a mistake within the object only that it is no such object.
  recording: v.lazy(value => (value === false ? v.literal(false) : recordingObject)),
  fleet: v.lazy(value => (value === false ? v.literal(false) : fleetObject)),
} satisfies {[K in keyof Required<XdistOptions>]: v.GenericSchema};

/** The name of an option. */
export type OptionName = keyof typeof OPTION_SCHEMAS;

/** The keys of the objects in some options. */
export const KEYS_WITHIN: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  nodes: Object.keys(nodeOption),
  files: Object.keys(filesEntry),
  watermark: Object.keys(watermark),
  recording: Object.keys(recording),
  fleet: Object.keys(fleet),
};

function isNodeName(text: string): boolean {
  return text !== '' && text.trim() === text && !/[\p{Cc}\u2028\u2029]/u.test(text);
}

export const OPTION_NAMES = Object.keys(OPTION_SCHEMAS) as readonly OptionName[];

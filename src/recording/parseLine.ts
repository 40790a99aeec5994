/** Parses the lines of a recording. A recording may come from a stranger, so each field that is read has a check. */
import * as v from 'valibot';
import {parseFileProfile} from '../core/wire/fileProfile';
import {
  bytes,
  death,
  expectedBy,
  generation,
  index,
  integer,
  list,
  ms,
  place,
  sinceMs,
  slot,
  testStatus,
  text,
  toldName,
  yesOrNo,
} from './fieldSchemas';
import type {RecordingLine} from './lines';
import {isRepoPath} from './repoPaths';
import {parseCommand, parseEvent, parsePlan} from './scheduleLines';

const path = v.pipe(text, v.check(isRepoPath, 'a path below the root of the repository'));
/** A value that another parser checks. @param expected what it must be; if it is left out, the parser's error says so */
const parsed = <T>(parse: (value: unknown) => T, expected?: string) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({dataset, addIssue, NEVER}) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({message: expected ?? (error as Error).message});
        return NEVER;
      }
    }),
  );

const at = ms;
const pid = v.nullable(index);

const settings = v.object({
  bail: index,
  ci: yesOrNo,
  collectCoverage: yesOrNo,
  coverageProvider: v.picklist(['babel', 'v8']),
  expand: yesOrNo,
  maxWorkers: index,
  randomize: yesOrNo,
  seed: integer,
  shard: v.nullable(v.object({shardIndex: index, shardCount: index})),
  silent: yesOrNo,
  testNamePattern: v.nullable(text),
  testPathPatterns: list(text),
  updateSnapshot: v.picklist(['all', 'new', 'none']),
  verbose: v.nullable(yesOrNo),
  watch: yesOrNo,
  related: yesOrNo,
});

const run = v.object({
  type: v.literal('run'),
  format: index,
  level: v.picklist(['default', 'full']),
  runId: text,
  startedAt: ms,
  beforeMs: ms,
  versions: v.object({runner: text, jest: text, node: text}),
  machine: v.object({platform: text, arch: text, cpu: text, cores: index, memoryBytes: bytes}),
  options: v.record(text, v.object({value: v.unknown(), from: text})),
  jest: settings,
  projects: list(v.object({id: text, name: v.nullable(text), rootDir: path, fingerprint: text})),
  rootDir: path,
  git: v.object({commit: v.nullable(text), branch: v.nullable(text)}),
  fingerprints: v.object({config: text, files: text}),
  inBand: v.nullable(text),
});

const test = v.object({titles: list(text), status: testStatus, ms: v.nullable(ms), at: v.nullable(ms)});
const count = v.object({passed: index, failed: index, pending: index, todo: index});

const ahead = v.variant('type', [
  v.object({type: v.picklist(['waits', 'ready'])}),
  v.object({type: v.literal('leaves'), why: text}),
]);

const LINES = [
  run,
  v.object({type: v.literal('files'), files: list(v.object({project: place, path}))}),
  v.object({
    type: v.literal('shard'),
    index: place,
    count: place,
    planHash: text,
    madeFrom: text,
    files: index,
    ofOtherRunners: index,
    withoutRecording: list(place),
  }),
  v.object({
    type: v.literal('cut'),
    at,
    file: place,
    names: list(text),
    own: list(place),
    loadEntries: index,
    unchecked: list(text),
  }),
  v.object({
    type: v.literal('plan'),
    at,
    plan: parsed(parsePlan),
    files: list(place),
    nodes: list(text),
    fixtures: v.optional(list(text)),
  }),
  v.object({type: v.literal('event'), at, event: parsed(parseEvent)}),
  v.object({type: v.literal('command'), at, command: parsed(parseCommand)}),
  v.object({type: v.literal('groups'), at, unit: place, groups: list(v.nullable(place))}),
  v.object({type: v.literal('process'), at, slot, generation, pid: index}),
  v.object({type: v.literal('ahead'), at, slot, pid, state: ahead}),
  v.object({
    type: v.literal('share'),
    at,
    file: place,
    unit: v.nullable(place),
    slot: v.nullable(slot),
    node: v.nullable(text),
    tests: list(test),
    profile: v.nullable(parsed(parseFileProfile, 'the profile of a file')),
  }),
  v.object({
    type: v.literal('elsewhere'),
    at,
    machine: text,
    file: place,
    part: v.nullable(place),
    slot: v.nullable(slot),
    begunAt: at,
    ms: sinceMs,
    kept: yesOrNo,
    tests: list(test),
  }),
  v.object({
    type: v.literal('file'),
    at,
    file: place,
    status: v.picklist(['passed', 'failed', 'skipped']),
    tests: count,
    error: v.nullable(text),
  }),
  v.object({type: v.literal('death'), at, slot, generation, pid, death, stderr: text}),
  v.object({type: v.literal('warning'), at, text}),
  v.object({type: v.literal('load'), at, busy: ms, freeBytes: bytes}),
  v.object({
    type: v.literal('told'),
    at,
    name: toldName,
    file: v.nullable(place),
    data: v.unknown(),
  }),
  v.object({type: v.literal('source'), id: text, source: v.unknown()}),
  v.object({
    type: v.literal('fleet'),
    at,
    round: index,
    machine: text,
    machines: list(v.object({name: text, workers: index, jobs: index})),
    jobs: v.object({all: index, completed: index, failed: index, kept: index}),
  }),
  v.object({
    type: v.literal('end'),
    at,
    verdict: v.picklist(['passed', 'failed', 'ended-early', 'fault']),
    failedOutside: yesOrNo,
  }),
] as const;

const BY_TYPE = new Map(LINES.map(line => [line.entries.type.literal as string, line as v.GenericSchema]));

/**
 * @returns null: the line is of a kind that this version does not know
 * @throws {Error} whose message says which field is wrong, and what it must be
 */
export function parseLine(value: unknown): RecordingLine | null {
  if (typeof value !== 'object' || value === null) throw new Error('it is not an object');
  const {type} = value as {type?: unknown};
  if (typeof type !== 'string') throw new Error('it has no "type"');
  const schema = BY_TYPE.get(type);
  if (schema === undefined) return null;
  const result = v.safeParse(schema, value, {abortEarly: true});
  if (result.success) return result.output as RecordingLine;
  const [issue] = result.issues;
  throw new Error(`"${v.getDotPath(issue) ?? type}" of a "${type}" line must be ${expectedBy(issue)}`);
}

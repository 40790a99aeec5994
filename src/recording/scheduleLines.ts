/**
 * Parses the scheduler's plan, events and commands in a recording. They are fed to the scheduler again, so each field
 * is checked, and each size has a bound. Whether a unit or a fixture is in the plan, `references.ts` checks.
 */
import * as v from 'valibot';
import type {CrashItem} from '../core/results/journalDigest';
import type {Constraints} from '../core/plan/constraints';
import type {Unit} from '../core/plan/units';
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';
import {
  bytes,
  death,
  dictionary,
  expectedBy,
  generation,
  hookType,
  index,
  list,
  MOST_SLOTS,
  ms,
  place,
  sinceMs,
  slot,
  text,
  yesOrNo,
} from './fieldSchemas';
import {isRepoPath} from './repoPaths';

/** The scheduler looks at each pair of fixtures, and a fixture may need each one before it. */
const MOST_FIXTURES = 1000;

/** For each idle slot, the scheduler looks at each queue of units with constraints. */
const MOST_SLOTS_TIMES_QUEUES = 100_000_000;

const fixtureId = v.pipe(index, v.maxValue(MOST_FIXTURES - 1, 'the index of a fixture'));
const fromSlot = {slot, generation};
const places = list(place);

const constraints = v.object({
  serial: yesOrNo,
  workerGroup: v.nullable(text),
  resources: list(v.object({name: text, amount: v.pipe(place, v.minValue(1, 'a whole number, 1 or more'))}), 1000),
  freshWorker: yesOrNo,
  fixtures: list(fixtureId, MOST_FIXTURES),
}) satisfies v.GenericSchema<unknown, Constraints>;

const unit = v.object({
  id: place,
  file: v.object({
    configId: text,
    path: v.pipe(text, v.check(isRepoPath, 'a path below the root of the repository')),
  }),
  expectedMs: v.nullable(sinceMs),
  split: v.nullable(v.picklist(['tests', 'each'])),
  constraints: v.nullable(constraints),
  node: v.nullable(place),
  after: v.nullable(place),
}) satisfies v.GenericSchema<unknown, Unit>;

const growth = v.object({
  from: v.pipe(index, v.minValue(1, 'a whole number, 1 or more'), v.maxValue(MOST_SLOTS, 'a number of slots')),
  cores: sinceMs,
  reserveBytes: bytes,
  limitIsGiven: yesOrNo,
});

const plan = v.pipe(
  v.object({
    units: list(unit),
    fixtures: list(
      v.object({scope: v.picklist(['run', 'worker']), needs: list(fixtureId, MOST_FIXTURES)}),
      MOST_FIXTURES,
    ),
    resources: dictionary(place),
    slots: v.pipe(index, v.maxValue(MOST_SLOTS, `at most ${MOST_SLOTS} slots`)),
    growth: v.nullable(growth),
    nodes: v.pipe(index, v.minValue(1, 'a whole number, 1 or more'), v.maxValue(1000, 'at most 1000 nodes')),
    grouping: v.picklist(['none', 'scope', 'named']),
    evenShares: yesOrNo,
    watermark: v.object({low: sinceMs, high: sinceMs}),
    maxScheduleChunk: v.nullable(v.pipe(index, v.minValue(1, 'a whole number, 1 or more'))),
    maxWorkerRestarts: v.nullable(index),
    resumes: yesOrNo,
    freshWorkerPerUnit: yesOrNo,
    startsAtOnce: v.pipe(index, v.minValue(1, 'a whole number, 1 or more')),
    keepsOrder: yesOrNo,
    prefetch: yesOrNo,
    // Recordings of earlier versions lack it.
    arriving: v.optional(yesOrNo, false),
  }),
  v.check(({units}) => units.every(({id}, at) => id === at), 'units whose ids are their indexes'),
  v.check(({units, nodes}) => areOnNodes(units, nodes), 'units that are all for nodes of the plan, or none'),
  v.check(({units}) => units.every(({after}) => after === null || after < units.length), 'units that follow units'),
  v.check(
    ({units, fixtures}) => units.every(one => one.constraints?.fixtures.every(id => id < fixtures.length) ?? true),
    'units that need fixtures of the plan',
  ),
  v.check(
    ({fixtures}) => fixtures.every(({needs}, id) => needs.every(need => need < id)),
    'fixtures that need fixtures before them',
  ),
  v.check(
    ({units, slots}) => slots * units.filter(one => one.constraints !== null).length <= MOST_SLOTS_TIMES_QUEUES,
    'fewer slots, or fewer units with constraints',
  ),
);

function areOnNodes(units: readonly Unit[], nodes: number): boolean {
  const bound = units.some(({node}) => node !== null);
  return units.every(({node}) => (bound ? node !== null && node < nodes : node === null));
}

const digest = v.object({
  unit: place,
  opened: v.nullable(
    v.pipe(
      v.object({
        listing: text,
        modes: list(v.picklist(['run', 'skip', 'todo'])),
        early: places,
        ended: places,
        began: places,
        running: places,
        hook: v.nullable(v.object({hook: hookType, titles: list(text), from: index, to: index})),
        finished: yesOrNo,
        hung: v.nullable(place),
      }),
      v.check(
        ({modes, early, ended, began, running}) =>
          [early, ended, began, running].every(all => all.every(one => one < modes.length)),
        'places of tests that are in the list',
      ),
      v.check(
        ({modes, hook}) => hook === null || (hook.from <= hook.to && hook.to <= modes.length),
        'a hook of tests that are in the list',
      ),
    ),
  ),
});

type KindOf<T extends {readonly type: string}> = T['type'];
/** The members of a union that have this type. One member may have several. */
type OfKind<T extends {readonly type: string}, K extends string> = T extends {readonly type: infer Types}
  ? K extends Types
    ? Omit<T, 'type'> & {readonly type: K}
    : never
  : never;
/** A schema for each kind. A kind without a schema, or a field that a schema lacks, is an error of the compiler. */
type SchemasOf<T extends {readonly type: string}> = {
  readonly [K in KindOf<T>]: v.GenericSchema<unknown, OfKind<T, K>>;
};

const holder = {slot: v.nullable(slot), generation: v.nullable(generation)};
const sample = v.object({
  idleCores: sinceMs,
  ms: sinceMs,
  availableBytes: v.nullable(bytes),
  workerBytes: v.nullable(bytes),
});

const EVENTS = {
  'run-started': v.object({type: v.literal('run-started')}),
  'slot-up': v.object({type: v.literal('slot-up'), ...fromSlot}),
  'unit-started': v.object({type: v.literal('unit-started'), ...fromSlot, unit: place}),
  'unit-opened': v.object({
    type: v.literal('unit-opened'),
    ...fromSlot,
    unit: place,
    ms,
    costs: v.nullable(list(v.nullable(sinceMs))),
  }),
  'unit-indivisible': v.object({type: v.literal('unit-indivisible'), ...fromSlot, unit: place, anew: yesOrNo}),
  'tests-progress': v.object({
    type: v.literal('tests-progress'),
    ...fromSlot,
    unit: place,
    done: list(v.tuple([place, ms])),
    running: v.nullable(place),
  }),
  'unit-done': v.object({
    type: v.literal('unit-done'),
    ...fromSlot,
    unit: place,
    ms,
    retiring: yesOrNo,
    failed: yesOrNo,
    tests: v.nullable(places),
  }),
  'units-returned': v.object({type: v.literal('units-returned'), ...fromSlot, asked: places, units: places}),
  'slot-lost': v.object({type: v.literal('slot-lost'), ...fromSlot, death, journal: v.nullable(digest)}),
  'slot-closed': v.object({type: v.literal('slot-closed'), ...fromSlot, forced: yesOrNo}),
  'unit-settled': v.object({type: v.literal('unit-settled'), unit: place}),
  'units-added': v.object({type: v.literal('units-added'), units: places}),
  'units-wanted-back': v.object({type: v.literal('units-wanted-back'), units: places}),
  'no-more-units': v.object({type: v.literal('no-more-units')}),
  woken: v.object({type: v.literal('woken')}),
  sampled: v.object({type: v.literal('sampled'), load: sample}),
  'fixture-up': v.object({type: v.literal('fixture-up'), fixture: fixtureId, ...holder}),
  'fixture-failed': v.object({type: v.literal('fixture-failed'), fixture: fixtureId, ...holder}),
  'fixture-gone': v.object({type: v.literal('fixture-gone'), fixture: fixtureId, ...holder}),
  stopped: v.object({
    type: v.literal('stopped'),
    reason: v.picklist(['bail', 'interrupted']),
    journals: v.exactOptional(list(v.object({slot, journal: v.nullable(digest)}), MOST_SLOTS)),
  }),
} satisfies SchemasOf<ScheduleEvent>;

const crash = v.variant('type', [
  v.object({type: v.literal('test'), place, hook: v.nullable(hookType)}),
  v.object({type: v.literal('together'), places}),
  v.object({type: v.literal('hook'), hook: hookType, titles: list(text)}),
  v.object({type: v.literal('between'), after: v.nullable(place)}),
  v.object({type: v.literal('teardown')}),
  v.object({type: v.literal('innocent')}),
]) satisfies v.GenericSchema<unknown, CrashItem>;

const notice = v.variant('type', [
  v.object({
    type: v.literal('left-behind'),
    slot,
    culprit: v.object({path: text, named: yesOrNo}),
    running: v.nullable(text),
  }),
  v.object({
    type: v.picklist(['joiner-lost', 'other-tests', 'joiner-failed', 'indivisible']),
    slot,
    unit: place,
  }),
  v.object({type: v.literal('forced-exit'), slot, units: places}),
]);

const ABANDONED = ['all-barren', 'restarts-spent'] as const;

const remains = v.object({
  notRun: places,
  because: v.picklist(['died', 'failed', 'interrupted', ...ABANDONED]),
  lastDeath: v.nullable(v.object(fromSlot)),
  together: list(index),
});

const COMMANDS = {
  'start-slot': v.object({type: v.literal('start-slot'), ...fromSlot, node: place}),
  give: v.object({type: v.literal('give'), ...fromSlot, units: places}),
  'take-back': v.object({type: v.literal('take-back'), ...fromSlot, units: places}),
  join: v.object({type: v.literal('join'), ...fromSlot, unit: place}),
  'give-tests': v.object({
    type: v.literal('give-tests'),
    ...fromSlot,
    unit: place,
    groups: places,
    last: yesOrNo,
  }),
  discard: v.object({type: v.literal('discard'), ...fromSlot, unit: place}),
  'keep-list': v.object({type: v.literal('keep-list'), unit: place, slot}),
  'keep-part': v.object({
    type: v.literal('keep-part'),
    unit: place,
    slot,
    part: index,
    apart: v.picklist(['split', 'resumed']),
  }),
  'keep-remains': v.object({
    type: v.literal('keep-remains'),
    unit: place,
    slot,
    part: index,
    crash,
    failed: places,
  }),
  report: v.object({type: v.literal('report'), unit: place, slot, awaited: yesOrNo}),
  merge: v.object({
    type: v.literal('merge'),
    unit: place,
    parts: list(index),
    failedIn: v.nullable(slot),
    remains: v.nullable(remains),
    awaited: yesOrNo,
  }),
  resume: v.object({
    type: v.literal('resume'),
    unit: place,
    resumption: v.object({listing: text, leaveOut: places}),
  }),
  'begin-again': v.object({type: v.literal('begin-again'), unit: place}),
  'set-up-fixture': v.object({type: v.literal('set-up-fixture'), fixture: fixtureId, ...holder}),
  'take-down-fixture': v.object({type: v.literal('take-down-fixture'), fixture: fixtureId, ...holder}),
  wake: v.object({type: v.literal('wake'), at: ms}),
  'close-slot': v.object({type: v.literal('close-slot'), ...fromSlot}),
  blame: v.object({type: v.literal('blame'), ...fromSlot, unit: place, loads: index, awaited: yesOrNo}),
  abandon: v.object({
    type: v.literal('abandon'),
    unit: place,
    reason: v.picklist(ABANDONED),
    awaited: yesOrNo,
  }),
  interrupt: v.object({type: v.literal('interrupt'), unit: place, slots: list(slot, MOST_SLOTS)}),
  tell: v.object({type: v.literal('tell'), notice}),
  'give-back': v.object({type: v.literal('give-back'), units: places}),
  busy: v.object({type: v.literal('busy'), workers: index}),
  'units-ended': v.object({type: v.literal('units-ended')}),
  finish: v.object({type: v.literal('finish')}),
} satisfies SchemasOf<Command>;

/** @throws {Error} if the value is not a plan */
export function parsePlan(value: unknown): SchedulePlan {
  return parsed<SchedulePlan>(plan, value, 'a plan');
}

/** @throws {Error} if the value is not an event of the scheduler */
export function parseEvent(value: unknown): ScheduleEvent {
  return ofKind<ScheduleEvent>(value, EVENTS, 'an event of the scheduler');
}

/** @throws {Error} if the value is not a command of the scheduler */
export function parseCommand(value: unknown): Command {
  return ofKind<Command>(value, COMMANDS, 'a command of the scheduler');
}

function ofKind<T>(value: unknown, schemas: Readonly<Record<string, v.GenericSchema>>, expected: string): T {
  const type = (value as {readonly type?: unknown} | null | undefined)?.type;
  const schema = typeof type === 'string' && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) throw new Error(expected);
  return parsed(schema as v.GenericSchema<unknown, T>, value, `${expected} ("${String(type)}")`);
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, value: unknown, expected: string): T {
  const result = v.safeParse(schema, value, {abortEarly: true});
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  const lacks = expectedBy(issue);
  throw new Error(field === null ? `${expected} with ${lacks}` : `${expected} whose "${field}" is ${lacks}`);
}

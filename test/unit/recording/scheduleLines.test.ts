/** What the scheduler did, as it comes back from a recording. It may come from anybody, and is fed to the scheduler. */
import fc, {cases} from '../../random';
import {recordedRun} from '../../recordedRuns';
import {createSchedule, step, type SchedulePlan} from '../../../src/core/schedule';
import type {RecordingLine} from '../../../src/recording';
import {parseLine} from '../../../src/recording/parseLine';
import {References} from '../../../src/recording/references';
import {arriving, askingScenario, bereft, dying, growing, onNodes, scenario, sharing} from '../../simulation/scenarios';
import {asking, planOf} from '../plans';

const runs = fc
  .oneof(
    scenario,
    sharing,
    dying,
    bereft,
    askingScenario(sharing),
    growing(sharing),
    onNodes(sharing),
    arriving(askingScenario(sharing)),
  )
  .map(({plan, world}) => recordedRun(plan, world));
const copy = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test('each line of a run is read as it was written', () => {
  fc.assert(
    fc.property(runs, lines => {
      const references = new References();
      for (const line of lines) {
        const read = parseLine(copy(line));
        // The plans of scenarios also have what is theirs.
        if (line.type === 'plan') expect(copy(line)).toMatchObject(copy(read) as object);
        else expect(read).toEqual(copy(line));
        expect(references.check(line)).toBeNull();
      }
    }),
    {numRuns: cases(60)},
  );
});

/** What is put in the place of a field. */
const REPLACEMENT = fc.oneof(
  fc.jsonValue({maxDepth: 1}),
  fc.constantFrom<unknown>(null, '', 0, -1, 0.5, 1, 2, 1e5, 1e9, 1e308, -1e308, true, [], {}, [[]], {length: 1e9}),
);

/** Replaces one field of a value, however deep. */
function mutated(value: unknown, at: number, by: unknown): unknown {
  const root = {value: copy(value)};
  const fields: {readonly owner: Record<string, unknown>; readonly name: string}[] = [];
  const collect = (owner: Record<string, unknown>) => {
    for (const [name, field] of Object.entries(owner)) {
      fields.push({owner, name});
      if (typeof field === 'object' && field !== null) collect(field as Record<string, unknown>);
    }
  };
  collect(root);
  const {owner, name} = fields[at % fields.length]!;
  owner[name] = by;
  return root.value;
}

/** Feeds what passes the parser to the scheduler. @returns how many lines passed */
function replayed(lines: readonly unknown[]): number {
  const references = new References();
  let state: ReturnType<typeof createSchedule> | null = null;
  let count = 0;
  for (const value of lines) {
    let line: RecordingLine | null;
    try {
      line = parseLine(value);
    } catch (error) {
      expect((error as Error).constructor).toBe(Error);
      return count;
    }
    if (line === null) continue;
    if (references.check(line) !== null) return count;
    count++;
    if (line.type === 'plan') state = createSchedule(line.plan);
    if (line.type === 'event' && state !== null) step(state, line.event, line.at);
  }
  return count;
}

test('whatever is changed in a run, the scheduler takes what passes', () => {
  let passed = 0;
  let refused = 0;
  const change = fc.record({line: fc.nat(), field: fc.nat(), by: REPLACEMENT});
  fc.assert(
    fc.property(runs, fc.array(change, {minLength: 1, maxLength: 3}), (lines, changes) => {
      const all: unknown[] = [...lines];
      for (const {line, field, by} of changes) {
        const at = line % all.length;
        all[at] = mutated(all[at], field, by);
      }
      if (replayed(all) === all.length) passed++;
      else refused++;
    }),
    {numRuns: cases(300)},
  );
  expect(passed).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test('the scheduler takes events in any order, and twice', () => {
  fc.assert(
    fc.property(runs, fc.array(fc.tuple(fc.nat(), fc.nat()), {maxLength: 30}), (lines, moves) => {
      const all = [...lines];
      for (const [from, to] of moves) {
        const line = all[from % all.length]!;
        if (line.type === 'event') all.splice(3 + (to % (all.length - 3)), 0, line);
      }
      replayed(all);
    }),
    {numRuns: cases(200)},
  );
});

test('the units of a plan that does not say so are there from the beginning', () => {
  const {arriving: _, ...old} = planOf([]);
  const read = parseLine({type: 'plan', at: 0, plan: old, files: [], nodes: [], fixtures: []});
  expect(read).toMatchObject({plan: {arriving: false}});
});

const plan = asking(planOf([1, 2, 3], {fixtures: [{scope: 'run', needs: []}]}), {1: {fixtures: [0]}});
const units = plan.units.map(unit => ({...unit, file: {...unit.file, path: `t${unit.id}.test.js`}}));
const planLine = (fields: object) => ({
  type: 'plan',
  at: 0,
  plan: {...plan, units, ...fields},
  files: [0, 1, 2],
  nodes: [],
});

test.each<[string, object, string]>([
  ['slots', {slots: 1e9}, '"plan" of a "plan" line must be a plan whose "slots" is at most 10000 slots'],
  ['a time', {watermark: {low: 1e300, high: 1}}, 'a plan whose "watermark.low" is a number from'],
  ['ids', {units: units.toReversed()}, 'a plan with units whose ids are their indexes'],
  ['a node', {units: [{...units[0], node: 7}, ...units.slice(1)]}, 'units that are all for nodes of the plan, or none'],
  ['a leader', {units: [{...units[0], after: 3}, ...units.slice(1)]}, 'a plan with units that follow units'],
  ['a fixture', {fixtures: []}, 'a plan with units that need fixtures of the plan'],
  ['a circle', {fixtures: [{scope: 'run', needs: [0]}]}, 'a plan with fixtures that need fixtures before them'],
  ['a path', {units: [{...units[0], file: {configId: 'c', path: '../a'}}]}, 'a path below the root of the repository'],
  ['a field', {grouping: undefined}, 'a plan whose "grouping" is there'],
])('a plan with %s that no run has is refused', (_, fields, message) => {
  expect(parseLine(copy(planLine({})))).toEqual(copy(planLine({})));
  expect(() => parseLine(copy(planLine(fields)))).toThrow(message);
});

test.each<[string, object, string]>([
  ['an unknown kind', {type: 'explode'}, '"event" of a "event" line must be an event of the scheduler'],
  ['no kind', {}, 'must be an event of the scheduler'],
  ['a slot', {type: 'slot-up', slot: 1e7, generation: 1}, 'whose "slot" is a slot, from 1 to 10000'],
  [
    'costs',
    {type: 'unit-opened', slot: 1, generation: 1, unit: 0, ms: 1, costs: [-1]},
    'whose "costs.0" is a number, 0',
  ],
  [
    'a hook',
    {
      type: 'slot-lost',
      slot: 1,
      generation: 1,
      death: {kind: 'out-of-memory'},
      journal: {
        unit: 0,
        opened: {
          listing: '',
          modes: ['run'],
          early: [],
          ended: [],
          began: [],
          running: [],
          hook: {hook: 'beforeAll', titles: [], from: 0, to: 1e12},
          finished: false,
          hung: null,
        },
      },
    },
    'is a hook of tests that are in the list',
  ],
])('an event with %s that no run has is refused', (_, event, message) => {
  expect(() => parseLine({type: 'event', at: 0, event})).toThrow(message);
});

const KNOWN: RecordingLine[] = [
  ...recordedRun(planOf([5]), {actualMs: [5], startMs: 1, latencyMs: 1}).slice(0, 2),
  {...(planLine({units: units.slice(0, 1), fixtures: []}) as object), files: [0]} as unknown as RecordingLine,
];
const event = (fields: object) => ({type: 'event', at: 0, event: fields}) as RecordingLine;

test.each<[string, RecordingLine, string]>([
  ['unit', event({type: 'unit-settled', unit: 1}), 'it names the unit 1, which is not in the plan'],
  ['slot', event({type: 'slot-up', slot: 2, generation: 1}), 'it names the slot 2, and the plan has 1'],
  ['fixture', event({type: 'fixture-up', fixture: 0, slot: null, generation: null}), 'it names the fixture 0,'],
  ['file', {type: 'warning', at: 0, text: ''}, ''],
  ['plan', KNOWN[2]!, 'it is the second line of the type "plan"'],
  ['list of files', KNOWN[1]!, 'it is the second line of the type "files"'],
  ['run', KNOWN[0]!, 'it is the second line of the type "run"'],
])('a line that names another %s than there is is refused', (_, line, message) => {
  const references = new References();
  for (const known of KNOWN) expect(references.check(known)).toBeNull();
  const problem = references.check(line);
  if (message === '') expect(problem).toBeNull();
  else expect(problem).toContain(message);
});

test('the scheduler opens a plan in which hundreds of thousands of units follow one', () => {
  const many: SchedulePlan = planOf(Array<number>(300_000).fill(1));
  const all = many.units.map(unit => (unit.id === 0 ? unit : {...unit, after: 0}));
  expect(createSchedule({...many, units: all}).followers.get(0)).toHaveLength(299_999);
});

/** Makes a trace from a run's recording and from Jest's `--json` of the same run. */
import type {FormattedTestResults} from '@jest/test-result';
import type {Constraints, FixtureId} from '../src/core/plan/constraints';
import type {Command, ScheduleEvent} from '../src/core/schedule';
import type {RecordingLine} from '../src/recording';
import {GROUP_NAME} from '../src/worker/circus/testGroups';
import {median} from './statistics';
import type {Trace, TracedFile} from './trace';

/** The part of Jest's `--json` that is read. */
export type JestResults = Pick<FormattedTestResults, 'testResults'>;
type TestOfJest = JestResults['testResults'][number]['assertionResults'][number];

/**
 * @param lines the lines of a recording
 * @param bytesOf tells a file's size in bytes
 * @throws if the run has no result for one of its files
 */
export function traceOf(
  lines: readonly RecordingLine[],
  {testResults}: JestResults,
  bytesOf: (path: string) => number,
): Trace {
  const first = lines.find(line => line.type === 'plan');
  if (first === undefined) throw new Error('The recording has no plan: the run was in band.');
  const {plan} = first;
  if (plan.grouping !== 'none') throw new Error('The groups of this run are those of its "dist": record with "load".');
  const log = new RunLog(lines);
  const names = new Indexes();
  // Numbers the resources now, so that the files find these numbers.
  for (const name of Object.keys(plan.resources)) names.of('resource', name);
  const files = plan.units.map(({id, file: {path}, split, constraints}): TracedFile => {
    const result = testResults.find(({name}) => name === path || name.endsWith(`/${path}`));
    if (result === undefined) throw new Error(`Jest has no result of ${path}.`);
    const opened = split === null ? null : log.opened(id);
    const tests = result.assertionResults;
    if (opened !== null && opened.groups.length !== tests.length)
      throw new Error(
        `The recording has ${opened.groups.length} tests of ${path}, Jest ${tests.length}: is it of another run?`,
      );
    const runs = (test: TestOfJest, index: number) =>
      opened === null ? test.status === 'passed' || test.status === 'failed' : opened.groups[index] !== null;
    const ran = tests.filter(runs);
    const sum = ran.reduce((total, {duration}) => total + (duration ?? 0), 0);
    return {
      bytes: bytesOf(result.name),
      loadMs: rounded(opened === null ? Math.max(0, log.unitMs(id) - sum) : opened.ms),
      split: opened === null ? null : split,
      tests: ran.map(({duration}) => duration ?? 0),
      ...(opened !== null && groupingOf(ran, opened.groups)),
      ...(constraints !== null && {constraints: numbered(constraints, names)}),
    };
  });
  return {
    workerStartMs: rounded(median(log.workerStarts())),
    resources: Object.values(plan.resources),
    fixtures: plan.fixtures.map(({scope, needs}, id) => ({
      scope,
      needs: [...needs],
      setupMs: rounded(log.fixtureMs(id, 'set-up-fixture', 'fixture-up')),
      teardownMs: rounded(log.fixtureMs(id, 'take-down-fixture', 'fixture-gone')),
    })),
    files,
  };
}

/** @param groups the group of each test of the file; null: the test did not run */
function groupingOf(
  tests: readonly TestOfJest[],
  groups: readonly (number | null)[],
): Pick<TracedFile, 'together' | 'block' | 'group'> {
  const names = new Indexes();
  const together = groups.filter(group => group !== null);
  let blocks = 0;
  const block = tests.map(({ancestorTitles: [title]}, index) => {
    if (title === undefined) return null;
    // The tests of a block are adjacent. Two adjacent blocks with the same title look like one block here.
    return title === tests[index - 1]?.ancestorTitles[0] ? blocks - 1 : blocks++;
  });
  const group = tests.map(({ancestorTitles}) => {
    const name = ancestorTitles.map(title => GROUP_NAME.exec(title)?.[1]).find(found => found !== undefined);
    return name === undefined ? null : names.of('group', name);
  });
  return {
    ...(new Set(together).size < together.length && {together}),
    ...(block.some(index => index !== null) && {block}),
    ...(group.some(index => index !== null) && {group}),
  };
}

function numbered(
  {serial, freshWorker, workerGroup, resources, fixtures}: Constraints,
  names: Indexes,
): NonNullable<TracedFile['constraints']> {
  return {
    ...(serial && {serial}),
    ...(freshWorker && {freshWorker}),
    ...(workerGroup !== null && {workerGroup: names.of('worker group', workerGroup)}),
    ...(resources.length > 0 && {
      resources: resources.map(({name, amount}): [number, number] => [names.of('resource', name), amount]),
    }),
    ...(fixtures.length > 0 && {fixtures: [...fixtures]}),
  };
}

/** Replaces names by numbers. Each kind of name is numbered from 0. */
class Indexes {
  readonly #byKind = new Map<string, Map<string, number>>();

  of(kind: string, name: string): number {
    const known = this.#byKind.get(kind) ?? new Map<string, number>();
    this.#byKind.set(kind, known);
    const index = known.get(name) ?? known.size;
    known.set(name, index);
    return index;
  }
}

type Timed<T> = T & {readonly at: number};

/** The events and commands in the recording of one run. */
class RunLog {
  readonly #lines: readonly RecordingLine[];

  constructor(lines: readonly RecordingLine[]) {
    this.#lines = lines;
  }

  /**
   * The groups that a unit's first worker found when it opened the file, and how long opening took. null: the file
   * turned out not to be splittable.
   */
  opened(unit: number): {ms: number; groups: readonly (number | null)[]} | null {
    const openings = this.#events('unit-opened').filter(event => event.unit === unit);
    const refused = this.#events('unit-indivisible').some(event => event.unit === unit);
    const ms = openings[0]?.ms;
    for (const line of this.#lines) {
      if (!('groups' in line) || line.unit !== unit) continue;
      return ms === undefined || refused || openings.some(({costs}) => costs === null)
        ? null
        : {ms, groups: line.groups};
    }
    return null;
  }

  /** The duration of a unit that ran whole, in ms. */
  unitMs(unit: number): number {
    return this.#events('unit-done').findLast(done => done.unit === unit)?.ms ?? 0;
  }

  workerStarts(): number[] {
    const starts = this.#commands('start-slot');
    return this.#events('slot-up').flatMap(({slot, generation, at}) => {
      const start = starts.find(one => one.slot === slot && one.generation === generation);
      return start === undefined ? [] : [at - start.at];
    });
  }

  /**
   * The time from an order to a fixture until the fixture has carried it out, in ms. The median if there were several.
   */
  fixtureMs(
    fixture: FixtureId,
    order: 'set-up-fixture' | 'take-down-fixture',
    done: 'fixture-up' | 'fixture-gone',
  ): number {
    const orders = this.#commands(order).filter(one => one.fixture === fixture);
    const times = this.#events(done).flatMap(({fixture: which, slot, generation, at}) => {
      if (which !== fixture) return [];
      const begun = orders.findLast(one => one.slot === slot && one.generation === generation && one.at <= at);
      return begun === undefined ? [] : [at - begun.at];
    });
    return times.length === 0 ? 0 : median(times);
  }

  #events<T extends ScheduleEvent['type']>(type: T): Timed<Extract<ScheduleEvent, {type: T}>>[] {
    return this.#lines.flatMap(line =>
      'event' in line && line.event.type === type
        ? [{...(line.event as Extract<ScheduleEvent, {type: T}>), at: line.at}]
        : [],
    );
  }

  #commands<T extends Command['type']>(type: T): Timed<Extract<Command, {type: T}>>[] {
    return this.#lines.flatMap(line =>
      'command' in line && line.command.type === type
        ? [{...(line.command as Extract<Command, {type: T}>), at: line.at}]
        : [],
    );
  }
}

/** Rounds to tenths of a ms. That keeps the trace files short and loses nothing that matters. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

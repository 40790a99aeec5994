/** What a run has left, its recording and Jest's `--json`, made into a trace. */
import type {FormattedTestResults} from '@jest/test-result';
import type {Constraints, FixtureId} from '../src/core/plan/constraints';
import type {Command, ScheduleEvent} from '../src/core/schedule';
import type {RecordingLine} from '../src/recording';
import {GROUP_NAME} from '../src/worker/circus/collection';
import {median} from './statistics';
import type {Trace, TracedFile} from './trace';

/** What is read of Jest's `--json`. */
export type JestResults = Pick<FormattedTestResults, 'testResults'>;
type TestOfJest = JestResults['testResults'][number]['assertionResults'][number];

/**
 * @param lines of a recording
 * @param bytesOf a file's size
 * @throws if the run has left no result of one of its files
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
  // In the order in which the files then find their numbers.
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

/** @param groups of all tests of the file; null: it did not run */
function groupingOf(
  tests: readonly TestOfJest[],
  groups: readonly (number | null)[],
): Pick<TracedFile, 'together' | 'block' | 'group'> {
  const names = new Indexes();
  const together = groups.filter(group => group !== null);
  let blocks = 0;
  const block = tests.map(({ancestorTitles: [title]}, index) => {
    if (title === undefined) return null;
    // A block's tests follow each other. Two blocks of one title that do so, too, look like one here.
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

/** Numbers instead of names, from 0, for each kind of them. */
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

/** What one run has recorded. */
class RunLog {
  readonly #lines: readonly RecordingLine[];

  constructor(lines: readonly RecordingLine[]) {
    this.#lines = lines;
  }

  /** What a unit's first worker has found in it; null: it could not be split after all. */
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

  /** What a unit that ran whole has taken. */
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

  /** From an order to a fixture until it was carried out; where that was often, the median. */
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

/** Tenths of a ms: shorter files, and no less true. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

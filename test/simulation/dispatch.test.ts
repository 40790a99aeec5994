/**
 * Runs the real dispatch in virtual time with simulated workers. Jest gets the right result for each file, whatever
 * dies and whenever.
 */
import type {AssertionResult, Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import * as fc from 'fast-check';
import {longCases, often} from '../random';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {Arriving} from '../../src/run/arriving';
import type {OpenRun} from '../../src/run/arrivals';
import {Dispatch} from '../../src/run/dispatch';
import {DeadSlices} from '../../src/run/files/deadSlices';
import {FileParts} from '../../src/run/files/fileParts';
import {FileReports} from '../../src/run/files/fileReports';
import {Reports} from '../../src/run/files/reports';
import {planOf} from '../unit/plans';
import {jestTest, NO_CUTS} from '../unit/run/jestTests';
import {MessageWorker, nameOf, type SimulatedFile, type Surroundings} from './messageWorker';

beforeEach(() => jest.useFakeTimers({doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask']}));
afterEach(() => jest.useRealTimers());

interface Run extends Surroundings {
  readonly plan: SchedulePlan;
  /** When (ms) the worker in a slot is killed from outside. */
  readonly kills: readonly {readonly at: number; readonly slot: number}[];
  /** When (ms) a signal ends the run; null: none does. */
  readonly signalAt: number | null;
  /** When (ms) files come, and are wanted back; null: all are there from the beginning. */
  readonly arrivals: {readonly moves: readonly Move[]; readonly noMoreAt: number} | null;
}

interface Move {
  readonly at: number;
  readonly type: 'add' | 'take-back';
  readonly units: readonly number[];
}

interface Heard {
  /** By unit: how each of its tests has ended, in the order of the result; null: the file has failed as a whole. */
  readonly ends: Map<number, [string, string][] | null>;
  readonly faults: string[];
  readonly warnings: string[];
  readonly finished: boolean;
  /** If files come late: those that are here at last, those that were begun, how often files left and came again. */
  readonly here: ReadonlySet<number>;
  readonly begun: ReadonlySet<number>;
  readonly left: number;
}

async function simulateRun(run: Run): Promise<Heard> {
  const {plan} = run;
  const tests = plan.units.map(({file}) => jestTest(file.path, file.configId));
  const ends: Heard['ends'] = new Map();
  const [faults, warnings]: string[][] = [[], []];
  const onFault = (doing: string, error: unknown) => {
    faults!.push(`${doing}: ${String(error)}`);
    return {message: doing, stack: '', type: 'Error'} as const;
  };
  const hear = (name: string, data: unknown) => {
    if (!name.startsWith('test-file-') || name === 'test-file-start') return;
    const [test, result] = data as [Test, {testResults?: AssertionResult[]}];
    const unit = tests.indexOf(test);
    if (ends.has(unit)) throw new Error(`Jest hears twice of unit ${unit}`);
    ends.set(unit, result.testResults?.map(({title, status}) => [title, status]) ?? null);
  };
  const late = new LateFiles(tests, onFault, hear);
  const reports = new Reports({
    emitter: run.arrivals === null ? {emit: (name, data) => Promise.resolve(hear(name, data))} : late.arriving,
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
    ...(run.arrivals !== null && {onEnded: test => late.arriving.ended(test)}),
  });
  const workers = new Map<number, MessageWorker>();
  const dispatch = new Dispatch({
    plan,
    testOf: unit => tests[unit]!,
    startWorker: (slot, generation, _node, listener) => {
      const message: typeof listener.message = said => {
        listener.message(said);
        if (run.arrivals !== null && said.type === 'unit-started') late.arriving.started(tests[said.unit]!);
      };
      const worker = new MessageWorker(run, slot, generation, {...listener, message});
      workers.set(slot, worker);
      return worker;
    },
    reports: new FileReports({reports, testOf: unit => tests[unit]!, fixtures: null, nodes: null, bail: 0, onFault}),
    pastOf: () => null,
    files: new FileParts({
      testOf: unit => tests[unit]!,
      mergeTools: () => ({
        mergeCoverage: () => ({}),
        mergeV8Coverage: () => [],
        saveSnapshots: () => ({fileDeleted: false, unchecked: 0, uncheckedKeys: []}),
        slowTestThresholdS: 5,
      }),
      deadSlices: new DeadSlices({
        globalConfig: {} as Config.GlobalConfig,
        messageUtil: () => ({formatResultsErrors: () => null, formatExecError: () => ''}),
        noRestBecause: plan.resumes ? null : 'the test says so',
      }),
      warn: text => warnings!.push(text),
    }),
    hardTimeoutOf: () => null,
    onUnitEnd: () => undefined,
    onDeath: () => undefined,
    onShare: () => undefined,
    onLeftBehind: () => undefined,
    onLostJoiner: () => undefined,
    onSlow: () => undefined,
    onFault,
    fixtures: null,
    cuts: NO_CUTS,
    arriving: run.arrivals === null ? null : late.arriving,
    log: {write: () => undefined},
    now: () => performance.now(),
  });
  let finished = false;
  const running = dispatch.run();
  void running.then(() => (finished = true));
  if (run.arrivals !== null) {
    late.arriving.open({plan, tests, dispatch, finished: running}, reports);
    for (const move of run.arrivals.moves) setTimeout(() => late.move(move), move.at);
    setTimeout(() => late.noMore(), run.arrivals.noMoreAt);
  }
  for (const {at, slot} of run.kills) setTimeout(() => workers.get(slot)?.kill(), at);
  if (run.signalAt !== null) setTimeout(() => dispatch.interrupt('SIGINT'), run.signalAt);
  await jest.runAllTimersAsync();
  await reports.drained();
  const {begun, left} = late;
  if (run.arrivals !== null) expect([...late.ended].sort()).toEqual([...ends.keys()].sort());
  return {ends, faults: faults!, warnings: warnings!, finished, here: late.here, begun, left};
}

/** The caller of a run whose files come late: checks that each call is in its place. */
class LateFiles {
  readonly arriving: Arriving;
  readonly here = new Set<number>();
  readonly begun = new Set<number>();
  readonly ended = new Set<number>();
  left = 0;
  readonly #tests: readonly Test[];
  #run: OpenRun | null = null;

  constructor(
    tests: readonly Test[],
    report: (doing: string, error: unknown) => {message: string; stack: string; type: 'Error'},
    hear: (name: string, payload: unknown) => void,
  ) {
    this.#tests = tests;
    const unitOf = (test: Test) => tests.indexOf(test);
    this.arriving = new Arriving(
      {
        timings: {files: new Map(), costs: null},
        cuts: new Map(),
        open: run => (this.#run = run),
        started: test => {
          const unit = unitOf(test);
          if (!this.here.has(unit)) throw new Error(`unit ${unit} begins, and is not here`);
          if (this.begun.has(unit)) throw new Error(`unit ${unit} begins twice`);
          this.begun.add(unit);
        },
        gaveBack: moved => {
          for (const unit of moved.map(unitOf)) {
            if (this.begun.has(unit) || !this.here.delete(unit)) throw new Error(`unit ${unit} leaves, and must not`);
            this.left++;
          }
        },
        busy: () => undefined,
        told: (test, name, payload) => {
          if (test !== null && this.ended.has(unitOf(test))) throw new Error(`${name} after the end of a file`);
          hear(name, payload);
        },
        cut: () => undefined,
        ended: test => {
          const unit = unitOf(test);
          if (this.ended.has(unit)) throw new Error(`unit ${unit} ends twice`);
          this.ended.add(unit);
        },
      },
      {report},
    );
  }

  move({type, units}: Move): void {
    if (this.#run === null) return;
    const moved = units.map(unit => this.#tests[unit]!);
    if (type === 'add') {
      for (const unit of units) this.here.add(unit);
      this.#run.add(moved);
      return;
    }
    this.#run.takeBack(moved);
  }

  noMore(): void {
    this.#run?.noMore();
    this.#run = null;
  }
}

const ms = fc.oneof(fc.constant(0), fc.integer({min: 1, max: 30}), fc.integer({min: 31, max: 3000}));
const simulatedFile = fc.record({
  loadMs: ms,
  testMs: fc.array(ms, {minLength: 1, maxLength: 6}),
  killer: fc.option(
    fc.record({
      at: fc.oneof(fc.constant('load' as const), fc.integer({min: 0, max: 5})),
      times: fc.constantFrom(1, 2, 99),
    }),
    {freq: 3},
  ),
  differs: fc.integer({min: 0, max: 9}).map(drawn => drawn === 0),
});
const anyRun = fc
  .record({
    files: fc.array(simulatedFile, {minLength: 1, maxLength: 6}),
    split: fc.array(fc.boolean(), {minLength: 6, maxLength: 6}),
    slots: fc.integer({min: 1, max: 4}),
    latencyMs: fc.integer({min: 0, max: 5}),
    startMs: fc.integer({min: 0, max: 200}),
    resumes: fc.boolean(),
    maxWorkerRestarts: fc.option(fc.integer({min: 0, max: 3}), {freq: 5}),
    kills: fc.array(fc.record({at: fc.integer({min: 0, max: 5000}), slot: fc.integer({min: 1, max: 4})}), {
      maxLength: 2,
    }),
    signalAt: fc.option(fc.integer({min: 0, max: 5000}), {freq: 2}),
    calm: fc.boolean(),
    moves: fc.array(
      fc.record({
        at: fc.oneof(fc.constant(0), fc.integer({min: 0, max: 5000})),
        type: fc.constantFrom('add' as const, 'add' as const, 'take-back' as const),
        units: fc.uniqueArray(fc.nat(5), {minLength: 1, maxLength: 6}),
      }),
      {maxLength: 12},
    ),
    noMoreAt: fc.integer({min: 0, max: 6000}),
    late: fc.boolean(),
  })
  .map(
    ({files, split, slots, resumes, maxWorkerRestarts, kills, signalAt, calm, late, moves, noMoreAt, ...rest}): Run => {
      const chosen = [...files.keys()].filter(unit => split[unit]);
      const plan = planOf(
        files.map(() => null),
        {slots, resumes, maxWorkerRestarts: calm ? null : maxWorkerRestarts, arriving: late},
        chosen,
      );
      const known = moves.map(move => ({...move, units: move.units.filter(unit => unit < files.length)}));
      const arrivals = late ? {moves: known, noMoreAt} : null;
      return {...rest, files, plan, kills: calm ? [] : kills, signalAt: calm ? null : signalAt, arrivals};
    },
  );

/** Names of the file's tests, in order. */
const names = ({testMs}: SimulatedFile, unit: number) => testMs.map((_, place) => nameOf(unit, place));

test('each file ends once, with one result of each of its tests; a test fails only where something kills', async () => {
  const tally = {whole: 0, kept: 0, blamed: 0, interrupted: 0, late: 0, left: 0, neverCame: 0};
  await fc.assert(
    fc.asyncProperty(anyRun, async drawn => {
      // Killers count down: each run has its own.
      const files = drawn.files.map(file => ({...file, killer: file.killer && {...file.killer}}));
      const {ends, faults, finished, here, left} = await simulateRun({...drawn, files});
      expect(faults).toEqual([]);
      expect(finished).toBe(true);
      const calm = drawn.kills.length === 0 && drawn.signalAt === null && drawn.plan.maxWorkerRestarts === null;
      if (drawn.arrivals !== null) {
        tally.late++;
        tally.left += left;
        tally.neverCame += files.length - here.size;
        for (const unit of ends.keys()) expect(here.has(unit)).toBe(true);
      }
      const coming = drawn.arrivals === null ? files.length : here.size;
      if (drawn.signalAt === null) expect(ends.size).toBe(coming);
      else tally.interrupted++;
      for (const [unit, end] of ends) {
        const file = drawn.files[unit]!;
        if (end === null) {
          tally.blamed++;
          if (calm) expect(file.killer?.at).toBe('load');
          continue;
        }
        expect(end.map(([title]) => title)).toEqual(names(file, unit));
        const failed = end.flatMap(([, status], place) => (status === 'passed' ? [] : [place]));
        if (failed.length > 0) tally.kept++;
        else tally.whole++;
        if (!calm) continue;
        const {killer} = file;
        if (killer === null || !drawn.plan.resumes) expect(killer === null ? failed : []).toEqual([]);
        else if (killer.at !== 'load') expect(failed).toEqual(killer.at < file.testMs.length ? [killer.at] : []);
      }
    }),
    {seed: 1, numRuns: longCases(3000), endOnFailure: true},
  );
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(often(20));
});

/** How long the recorded run would take with other workers or other files: the run again, in virtual time. */
import {planUnits, type PlanInput} from '../../core/plan/plan';
import type {Unit} from '../../core/plan/units';
import {NO_WORK, type Work} from './cores';
import type {ObservedRun} from './observedRun';
import {virtualRun, type RunWork, type UnitWork} from './virtualRun';

/** What would be different. */
export interface WhatIf {
  readonly workers: number;
  /** Units that take something else, and may be split as `split` says; null: as in the recorded run. */
  readonly units?: ReadonlyMap<number, {readonly work: UnitWork; readonly split: 'tests' | null}>;
  /** The units that run. Default: all. */
  readonly only?: ReadonlySet<number>;
}

export interface Prediction {
  /** Jest's process, from its begin to its end, in ms. */
  readonly ms: number;
  /** The interval in which the time is expected. */
  readonly from: number;
  readonly to: number;
}

export interface PredictorOptions {
  /** Units whose file failed come first in the next run. */
  readonly failed: ReadonlySet<number>;
  /** Whether one worker means that the run is in band. */
  readonly oneIsInBand: boolean;
  /** Asked before each event of a virtual run. */
  readonly mayGoOn?: () => boolean;
}

/**
 * How far off (as a share) a prediction may be: of a suite that waits; what is added for one that computes. The first was
 * measured (docs/advice.md); the second is a guess, and advice says so.
 */
const OFF = {waiting: 0.08, computing: 0.07};

/** Computing took at most this many times longer than it would have with a core of its own. */
const MOST_CONTENTION = 4;
const HALVINGS = 6;

/** What other programs leave to a run, at least, in cores. */
const LEAST_CORES = 0.5;

export class Predictor {
  readonly #run: ObservedRun;
  readonly #options: PredictorOptions;
  /** What everything takes if it has a core of its own. */
  readonly work: RunWork;
  /** The recorded run in virtual time, in ms, and as it was. */
  readonly again: {readonly virtualMs: number; readonly recordedMs: number};

  /** @throws {VirtualRunError} if the run cannot be repeated in virtual time */
  constructor(run: ObservedRun, options: PredictorOptions) {
    this.#run = run;
    this.#options = options;
    const cores = Math.max(LEAST_CORES, run.work.cores - (run.foreignCores ?? 0));
    const repeat = (contention: number) =>
      virtualRun(run.plan.plan, {...withoutContention(run.work, contention), cores}, this.#repeated).ms;
    // Files that shared too few cores, also with other programs, took longer than they would alone: by as much as makes
    // the virtual run on these cores too long.
    let [low, high] = [1, MOST_CONTENTION];
    if (repeat(1) > run.ms * 1.005) {
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = (low + high) / 2;
        if (repeat(middle) > run.ms) low = middle;
        else high = middle;
      }
    } else {
      high = 1;
    }
    this.work = withoutContention(run.work, high);
    this.again = {virtualMs: repeat(high), recordedMs: run.ms};
  }

  get #repeated() {
    const {mayGoOn = () => true} = this.#options;
    return {samples: this.#run.samples, mayGoOn};
  }

  /** @throws {VirtualRunError} */
  predict(whatIf: WhatIf): Prediction {
    const {beforeMs, afterMs, computing} = this.#run;
    const units = this.work.units.map((unit, id) => whatIf.units?.get(id)?.work ?? unit);
    const ms =
      whatIf.workers === 1 && this.#options.oneIsInBand
        ? beforeMs +
          this.#inBandMs({...this.work, units: units.filter((_, id) => whatIf.only?.has(id) !== false)}, whatIf.only)
        : beforeMs + afterMs + this.#overWorkersMs(whatIf, {...this.work, units});
    const off = OFF.waiting + OFF.computing * (computing ?? 1);
    return {ms, from: ms * (1 - off), to: ms * (1 + off)};
  }

  /** In band, one file follows the other, fixtures are waited for, and nothing is computed beside a file. */
  #inBandMs({units, fixtures: all, first}: RunWork, only?: ReadonlySet<number>): number {
    const needed = new Set(
      this.#run.plan.plan.units.flatMap(({id, constraints}) =>
        only?.has(id) === false ? [] : (constraints?.fixtures ?? []),
      ),
    );
    const fixtures = all.filter((_, id) => needed.has(id));
    const {besideWorkers} = this.#run;
    const files = units.reduce((sum, unit) => {
      const {ms, cpuMs} = wholeOf(unit);
      return sum + ms + (cpuMs * besideWorkers) / (1 + besideWorkers);
    }, 0);
    return (
      first.ms +
      files +
      fixtures.reduce((sum, {start, setupMs, teardownMs}) => sum + start.ms + setupMs + teardownMs, 0)
    );
  }

  /** The next run knows how long each file took in this one. */
  #overWorkersMs({workers, units: changed, only}: WhatIf, work: RunWork): number {
    const {plan} = this.#run.plan;
    const running = plan.units.filter(({id}) => only?.has(id) !== false);
    const inputs = running.map(({id, file, split, constraints, node}): PlanInput => {
      const unit = work.units[id];
      return {
        file,
        lastMs: unit === undefined ? null : Math.round(wholeOf(unit).ms),
        failedLastTime: this.#options.failed.has(id),
        size: () => 0,
        split: changed?.get(id)?.split ?? split,
        constraints,
        node,
      };
    });
    const planned = planUnits(inputs, {
      resources: plan.resources,
      keepOrder: plan.keepsOrder,
      shares: plan.evenShares ? workers : 1,
      inTurn: plan.units.some(({after}) => after !== null),
    });
    const ids = new Map(plan.units.map(unit => [keyOf(unit), unit.id]));
    const units = planned.map(unit => work.units[ids.get(keyOf(unit)) ?? -1] ?? NOTHING);
    const {mayGoOn} = this.#repeated;
    return virtualRun({...plan, units: planned, slots: workers, growth: null}, {...work, units}, {mayGoOn}).ms;
  }
}

const NOTHING: UnitWork = {load: NO_WORK, groups: [], end: NO_WORK};

function keyOf({file, node}: Pick<Unit, 'file' | 'node'>): string {
  return JSON.stringify([file.configId, file.path, node]);
}

/** What a unit takes in one worker. */
export function wholeOf({load, groups, end}: UnitWork): Work {
  return [load, ...groups, end].reduce((sum, {ms, cpuMs}) => ({ms: sum.ms + ms, cpuMs: sum.cpuMs + cpuMs}));
}

/** @param contention how many times longer computing took than it takes alone */
function withoutContention(run: RunWork, contention: number): RunWork {
  const alone = ({ms, cpuMs}: Work): Work => {
    const computing = Math.min(ms, cpuMs);
    return {ms: ms - computing + computing / contention, cpuMs};
  };
  return {
    ...run,
    start: alone(run.start),
    first: alone(run.first),
    fixtures: run.fixtures.map(fixture => ({...fixture, start: alone(fixture.start)})),
    units: run.units.map(({load, groups, end}) => ({load: alone(load), groups: groups.map(alone), end: alone(end)})),
  };
}

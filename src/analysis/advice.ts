/** What would make a recorded run shorter, and by how much: found by running it again in virtual time. */
import type {RecordedTest, RecordingLine, RunLine, ShareLine} from '../recording/lines';
import {floorOf, type Floor} from './floor';
import {shardAdvice, type ShardPrediction} from './shardAdvice';
import {observeRun, type ObservedRun} from './whatIf/observedRun';
import {Predictor, wholeOf, type Prediction} from './whatIf/predict';
import {VirtualRunError, type UnitWork} from './whatIf/virtualRun';

export interface Saving {
  /** In ms; `least` differs from `most` if the recording does not say which tests can run apart. */
  readonly least: number;
  readonly most: number;
}

export interface Advice {
  /** Why nothing can be predicted, as a sentence; null: `workers` has the predictions. */
  readonly problem: string | null;
  /** What may make the predictions wrong, as sentences. */
  readonly cautions: readonly string[];
  readonly floor: Floor | null;
  /** null: the run was in band. */
  readonly recorded: {readonly workers: number; readonly ms: number} | null;
  readonly workers: readonly (Prediction & {readonly workers: number})[];
  /** One shard, and the numbers of shards that pay; null: not asked for, or the run was a shard itself. */
  readonly shards: readonly ShardPrediction[] | null;
  /** Files whose tests could be spread over the workers, with what that saves. The best first. */
  readonly splits: readonly ({readonly file: number; readonly tests: number} & Saving)[];
  /** null: nobody measured the loading of modules. */
  readonly packages:
    readonly {readonly name: string; readonly ms: number; readonly files: number; readonly modules: number}[] | null;
  /** null: nobody measured hooks, or no two files spend long in them. */
  readonly hooks: {
    readonly ms: number;
    /** The longest first. */
    readonly files: readonly {readonly file: number; readonly ms: number}[];
    /** If the hooks of one of these files did the work for all; null: unknown. */
    readonly savesAtMost: number | null;
  } | null;
  /** The files after which a worker held much more memory than before, the most first; null: nobody measured it. */
  readonly memory: readonly {readonly file: number; readonly bytes: number; readonly tests: number}[] | null;
}

/** The numbers of workers that are tried. */
const WORKERS = [1, 2, 4, 8, 16];

/** Less (ms, or a share of the run) is no saving. */
const LEAST_SAVING = {ms: 500, share: 0.05};

/** How many files are tried for a split: the longest. */
const SPLITS_TRIED = 3;

const SPLITS_SHOWN = 3;

/** Hooks of a file below this (ms) are no reason for a shared fixture. */
const LONG_HOOKS_MS = 200;

/** A worker's memory varies by less than this from file to file. */
const MUCH_MEMORY = 100e6;

const MOST_ENTRIES = 5;

/** More cores than this that other programs kept busy make times of computing wrong. */
const FOREIGN_CORES = 0.25;

/** With so many foreign cores, nothing is predicted of files whose computing is more than this share of their time. */
const MUCH_COMPUTING = 0.25;
const MANY_FOREIGN_CORES = 0.5;

/** Jest runs at most so many files in band, if each took less than this (ms). */
const IN_BAND = {files: 20, ms: 1000};

export interface AdviceOptions {
  /** Asked before each event of a virtual run. */
  readonly mayGoOn?: () => boolean;
  /** Numbers of workers to try besides 1, 2, 4, 8 and 16. */
  readonly tryWorkers?: readonly number[];
  /** Tries only the recorded number of workers and twice as many, and only a split of the longest file. */
  readonly brief?: boolean;
}

export function adviceOn(run: RunLine, lines: readonly RecordingLine[], options: AdviceOptions = {}): Advice {
  const shares = lines.filter((line): line is ShareLine => line.type === 'share');
  const measured = shares.some(({profile}) => profile !== null);
  const known = {
    floor: floorOf(lines),
    packages: measured ? packagesOf(shares) : null,
    memory: measured ? memoryOf(shares) : null,
  };
  const nothing = {cautions: [], recorded: null, workers: [], shards: null, splits: [], hooks: hooksOf(shares)};
  const observed = observeRun(run, lines);
  if ('problem' in observed) return {...known, ...nothing, problem: observed.problem};
  const {computing, foreignCores} = observed;
  if ((computing ?? 0) > MUCH_COMPUTING && (foreignCores ?? 0) > MANY_FOREIGN_CORES) {
    const cores = `${(foreignCores ?? 0).toFixed(1)} of ${run.machine.cores} cores`;
    const problem = `Other programs kept ${cores} busy, and these files compute: this recording says too little. Record a run on a quiet machine.`;
    return {...known, ...nothing, problem};
  }
  try {
    return {...known, problem: null, ...predictions(run, lines, observed, shares, options)};
  } catch (error) {
    if (!(error instanceof VirtualRunError)) throw error;
    return {...known, ...nothing, problem: `This run cannot be repeated in virtual time: ${error.message}.`};
  }
}

function predictions(
  run: RunLine,
  lines: readonly RecordingLine[],
  observed: ObservedRun,
  shares: readonly ShareLine[],
  {mayGoOn, tryWorkers = [], brief = false}: AdviceOptions,
): Omit<Advice, 'problem' | 'floor' | 'packages' | 'memory'> {
  const {plan, files} = observed.plan;
  const failedFiles = new Set(
    lines.flatMap(line => (line.type === 'file' && line.status === 'failed' ? line.file : [])),
  );
  const predictor = new Predictor(observed, {
    failed: new Set(files.flatMap((file, unit) => (failedFiles.has(file) ? unit : []))),
    oneIsInBand: run.options.slots === undefined && plan.nodes === 1 && !plan.freshWorkerPerUnit,
    ...(mayGoOn && {mayGoOn}),
  });
  const slots = new Set(
    lines.flatMap(line => (line.type === 'command' && line.command.type === 'start-slot' ? line.command.slot : [])),
  );
  const recorded = {workers: Math.max(1, slots.size), ms: observed.beforeMs + observed.ms + observed.afterMs};
  const tried = brief ? [2 * recorded.workers] : [...WORKERS, ...tryWorkers];
  const numbers = [...new Set([...tried, recorded.workers])].sort((a, b) => a - b);
  const now = predictor.predict({workers: recorded.workers}).ms;
  const saved = (unit: number, work: UnitWork, split: 'tests' | null) =>
    Math.max(0, now - predictor.predict({workers: recorded.workers, units: new Map([[unit, {work, split}]])}).ms);
  const isWorth = (ms: number) => ms >= Math.max(LEAST_SAVING.ms, LEAST_SAVING.share * now);
  const hooks = brief ? null : hooksOf(shares);
  return {
    cautions: cautionsOf(run, lines, observed),
    recorded,
    workers: numbers.map(workers => ({workers, ...predictor.predict({workers})})),
    shards: brief || run.jest.shard !== null ? null : shardAdvice(lines, observed, predictor, recorded.workers),
    splits: splitsOf(observed, predictor, shares, brief ? 1 : SPLITS_TRIED, saved).filter(({most}) => isWorth(most)),
    hooks:
      hooks === null ? null : {...hooks, savesAtMost: savedByFixture(hooks, observed, predictor, recorded.workers)},
  };
}

function cautionsOf(run: RunLine, lines: readonly RecordingLine[], observed: ObservedRun): string[] {
  const {computing, foreignCores, wholeMs} = observed;
  const cautions: string[] = [];
  if (computing === null) {
    cautions.push('Nobody measured how much these files compute: with more workers than cores, all may be slower.');
  }
  if ((computing ?? 0) > MUCH_COMPUTING) {
    cautions.push('These files compute. How far off predictions are then was not measured: the intervals are a guess.');
  }
  if ((foreignCores ?? 0) > FOREIGN_CORES) {
    const cores = (foreignCores ?? 0).toFixed(1);
    cautions.push(`Other programs kept ${cores} of ${run.machine.cores} cores busy. Record a run on a quiet machine.`);
  }
  if (lines.some(({type}) => type === 'death')) {
    cautions.push('Workers died in this run. The predictions are for runs in which none does.');
  }
  const transformMs = lines.reduce(
    (sum, line) => sum + (line.type === 'share' ? (line.profile?.transformMs ?? 0) : 0),
    0,
  );
  if (transformMs > 0.1 * wholeMs.reduce((sum, ms) => sum + ms, 0)) {
    cautions.push('Much of this run was spent on transforms, which Jest caches. Record a second run.');
  }
  if (wholeMs.length <= IN_BAND.files && wholeMs.every(ms => ms < IN_BAND.ms) && run.options.slots === undefined) {
    cautions.push('All files are short and few: Jest may run them in band, whatever -w says.');
  }
  return cautions;
}

function splitsOf(
  {plan: {plan, files}}: ObservedRun,
  predictor: Predictor,
  shares: readonly ShareLine[],
  count: number,
  saved: (unit: number, work: UnitWork, split: 'tests') => number,
): Advice['splits'] {
  const candidates = plan.units.flatMap(({id, split, constraints}) => {
    const work = predictor.work.units[id];
    const tests = shares.filter(({unit}) => unit === id).flatMap(share => share.tests.filter(({ms}) => ms !== null));
    const whole = constraints?.serial === true || constraints?.workerGroup != null;
    const own = constraints?.fixtures.some(fixture => plan.fixtures[fixture]?.scope === 'worker') === true;
    return split !== null || whole || own || work === undefined || tests.length < 2 ? [] : [{id, work, tests}];
  });
  candidates.sort((a, b) => wholeOf(b.work).ms - wholeOf(a.work).ms);
  return candidates
    .slice(0, count)
    .map(({id, work, tests}) => {
      const each = saved(
        id,
        inGroups(work, tests, (_, index) => String(index)),
        'tests',
      );
      // Tests of a block with hooks of its own stay together, and the recording does not say which blocks have hooks.
      const blocks = tests.some(({titles}) => titles.length > 1);
      const together = blocks
        ? saved(
            id,
            inGroups(work, tests, ({titles}, index) => (titles.length > 1 ? `b ${titles[0]}` : String(index))),
            'tests',
          )
        : each;
      const most = Math.max(each, together);
      return {file: files[id] ?? 0, tests: tests.length, least: Math.min(each, together), most};
    })
    .sort((a, b) => b.most - a.most)
    .slice(0, SPLITS_SHOWN);
}

/** A unit that runs whole, as if its tests could run apart. Each worker would spend what is in no test. */
function inGroups(
  work: UnitWork,
  tests: readonly RecordedTest[],
  keyOf: (test: RecordedTest, index: number) => string,
): UnitWork {
  const [all] = work.groups;
  const recordedMs = tests.reduce((sum, {ms}) => sum + (ms ?? 0), 0);
  const factor = all === undefined || recordedMs === 0 ? 0 : 1 / recordedMs;
  const groups = new Map<string, number>();
  for (const [index, test] of tests.entries()) {
    const key = keyOf(test, index);
    groups.set(key, (groups.get(key) ?? 0) + (test.ms ?? 0) * factor);
  }
  const parts = [...groups.values()];
  return {...work, groups: parts.map(share => ({ms: (all?.ms ?? 0) * share, cpuMs: (all?.cpuMs ?? 0) * share}))};
}

function packagesOf(shares: readonly ShareLine[]): NonNullable<Advice['packages']> {
  const packages = new Map<string, {name: string; ms: number; files: number; modules: number}>();
  for (const {profile} of shares) {
    for (const {name, ms, modules} of profile?.packages ?? []) {
      const known = packages.get(name) ?? {name, ms: 0, files: 0, modules: 0};
      packages.set(name, known);
      known.ms += ms;
      known.files++;
      known.modules = Math.max(known.modules, modules);
    }
  }
  return [...packages.values()].sort((a, b) => b.ms - a.ms).slice(0, MOST_ENTRIES);
}

function hooksOf(shares: readonly ShareLine[]): Advice['hooks'] {
  const byFile = new Map<number, number>();
  for (const {file, profile} of shares) byFile.set(file, (byFile.get(file) ?? 0) + (profile?.hooksMs ?? 0));
  const files = [...byFile]
    .map(([file, ms]) => ({file, ms}))
    .filter(({ms}) => ms >= LONG_HOOKS_MS)
    .sort((a, b) => b.ms - a.ms);
  if (files.length < 2) return null;
  return {ms: files.reduce((sum, {ms}) => sum + ms, 0), files, savesAtMost: null};
}

/** As if the hooks of the file that spends longest in them were enough for all. */
function savedByFixture(
  {files}: NonNullable<Advice['hooks']>,
  {plan}: ObservedRun,
  predictor: Predictor,
  workers: number,
): number {
  const others = new Map(files.slice(1).map(({file, ms}) => [file, ms]));
  const units = new Map(
    plan.files.flatMap((file, unit) => {
      const work = predictor.work.units[unit];
      const ms = others.get(file);
      if (work === undefined || ms === undefined) return [];
      const end = {ms: Math.max(0, work.end.ms - ms), cpuMs: 0};
      return [[unit, {work: {...work, end}, split: null}] as const];
    }),
  );
  return Math.max(0, predictor.predict({workers}).ms - predictor.predict({workers, units}).ms);
}

function memoryOf(shares: readonly ShareLine[]): NonNullable<Advice['memory']> {
  const before = new Map<number, number>();
  const grown: {file: number; bytes: number; tests: number}[] = [];
  for (const {slot, file, profile, tests} of shares) {
    if (slot === null || profile === null) continue;
    const held = before.get(slot);
    before.set(slot, profile.memory.rss);
    // The first file of a process also loads what all files need.
    if (held !== undefined) grown.push({file, bytes: profile.memory.rss - held, tests: tests.length});
  }
  return grown
    .filter(({bytes}) => bytes >= MUCH_MEMORY)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_ENTRIES);
}

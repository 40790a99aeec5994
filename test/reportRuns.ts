/** Recordings of simulated runs with tests, profiles, load and a death: what a report has to show. */
import type {Constraints} from '../src/core/plan/constraints';
import type {FileProfile} from '../src/core/wire/fileProfile';
import type {RecordedTest, RecordingLine, ShareLine} from '../src/recording/lines';
import type {Recording} from '../src/recording';
import {recordedRun, RUN} from './recordedRuns';
import {planOf} from './unit/plans';

/** Titles that try to be more than a text, for each kind of reader. */
export const HOSTILE = [
  '</script><img src=x onerror="window.harmed = true">',
  '<!--<script>window.harmed = true</script>',
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007',
  'right \u202eto left\u202c',
  '::error file=a.js::harmed\n::warning::harmed',
  '**bold** | [link](javascript:harmed) `code` @everyone <b>b</b> &lt;',
  'line\u2028separator \u0000 null',
];

interface ReportRunOptions {
  readonly files: number;
  readonly testsPerFile: number;
  readonly slots: number;
  /** The first file has these titles, and all of its tests fail. */
  readonly titles?: readonly string[];
  /** The unit that kills its worker. */
  readonly deadly?: number;
  /** null: no file has a profile. */
  readonly profiles?: null;
  /** What units need, by their number. */
  readonly constraints?: ReadonlyMap<number, Partial<Constraints>>;
  /** The one shared fixture that there is: what its setup takes, in ms. */
  readonly fixtureMs?: number;
  /** The files come one after the other, so many ms apart. */
  readonly arrivesEveryMs?: number;
}

const NEEDS_NOTHING: Constraints = {
  serial: false,
  workerGroup: null,
  resources: [],
  freshWorker: false,
  fixtures: [],
};

/** @param options each test takes 20 ms, more or less; the times depend on nothing else */
export function reportRun(options: ReportRunOptions): Recording {
  const {files, testsPerFile, slots, titles, deadly, profiles, fixtureMs, arrivesEveryMs} = options;
  const actualMs = Array.from(
    {length: files},
    (_, file) => 60 + ((file * 7919) % 13) * testsPerFile * 4 + testsPerFile,
  );
  const free = planOf(actualMs, {
    slots,
    ...(fixtureMs !== undefined && {fixtures: [{scope: 'run' as const, needs: []}]}),
  });
  const units = free.units.map(unit => {
    const needs = options.constraints?.get(unit.id);
    return needs === undefined ? unit : {...unit, constraints: {...NEEDS_NOTHING, ...needs}};
  });
  const plan = {...free, units, arriving: arrivesEveryMs !== undefined};
  const world = {
    actualMs,
    startMs: 120,
    latencyMs: 1,
    ...(fixtureMs !== undefined && {fixtures: [{setupMs: fixtureMs, teardownMs: 5, fails: []}]}),
    ...(arrivesEveryMs !== undefined && {
      arrivals: {
        moves: plan.units.map(({id}) => ({at: arrivesEveryMs * id, type: 'add' as const, units: [id]})),
        noMoreAt: arrivesEveryMs * files,
      },
    }),
    ...(deadly === undefined ? {} : {deadly: new Map([[deadly, 0.5]])}),
  };
  const lines: RecordingLine[] = [];
  const began = new Map<string, number>();
  let end = 0;
  for (const line of recordedRun(plan, world).slice(1)) {
    if (line.type === 'end') continue;
    lines.push(line);
    if (line.type !== 'event') continue;
    const {at, event} = line;
    end = at;
    if (event.type === 'unit-started') {
      began.set(`${event.slot} ${event.unit}`, at);
    } else if (event.type === 'unit-done') {
      const from = began.get(`${event.slot} ${event.unit}`) ?? at;
      const failing = event.unit === 0 && titles !== undefined;
      const tests = testsOf(failing ? titles : namesOf(testsPerFile), from, at, failing);
      lines.push(
        {
          type: 'share',
          at,
          file: event.unit,
          unit: event.unit,
          slot: event.slot,
          node: null,
          tests,
          profile: profiles === null ? null : profileOf(from, at, event.unit),
        } satisfies ShareLine,
        {
          type: 'file',
          at,
          file: event.unit,
          status: failing ? 'failed' : 'passed',
          tests: {
            passed: failing ? 0 : tests.length,
            failed: failing ? tests.length : 0,
            pending: 0,
            todo: 0,
          },
          error: null,
        },
      );
    } else if (event.type === 'slot-lost') {
      const {slot, generation, death} = event;
      lines.push({type: 'death', at, slot, generation, pid: 17, death, stderr: 'the last words\n'});
    }
  }
  for (let at = 500; at < end; at += 500) {
    lines.push({type: 'load', at, busy: 0.6 + 0.35 * Math.sin(at / 1700), freeBytes: 4e9});
  }
  const verdict = titles === undefined && deadly === undefined ? 'passed' : 'failed';
  lines.push({type: 'end', at: end, verdict, failedOutside: false});
  return {path: 'run.xdist', run: RUN, lines, problem: null};
}

/** The recording of one of three machines, `beta`, which came 400 ms after the first one. */
export function fleetRun(): Recording {
  const own = reportRun({files: 8, testsPerFile: 2, slots: 2, arrivesEveryMs: 80});
  const others = Array.from({length: 16}, (_, nth) => ({
    file: 8 + nth,
    machine: nth % 2 === 0 ? 'alpha' : 'gamma',
    slot: 1 + (Math.floor(nth / 2) % 2),
    begunAt: -400 + 230 * Math.floor(nth / 4) + 40 * (nth % 4),
    ms: 150 + 15 * (nth % 4),
  }));
  const lines = own.lines.flatMap((line): RecordingLine[] => {
    if (line.type === 'files') {
      return [{...line, files: [...line.files, ...others.map(({file}) => ({project: 0, path: `t${file}.test.js`}))]}];
    }
    if (line.type !== 'end') return [line];
    return [
      ...others.flatMap((other): RecordingLine[] => {
        const at = other.begunAt + other.ms + 5;
        const failed = other.file === 9 ? 1 : 0;
        const titles = (name: string) => ['elsewhere', name];
        const tests: RecordedTest[] = [
          {titles: titles('passes'), status: 'passed', ms: 60, at: other.begunAt + 20},
          {titles: titles('fails'), status: failed === 1 ? 'failed' : 'passed', ms: 30, at: other.begunAt + 90},
        ];
        return [
          {type: 'elsewhere', at, part: null, kept: false, tests, ...other},
          {
            type: 'file',
            at,
            file: other.file,
            status: failed === 1 ? 'failed' : 'passed',
            tests: {passed: 2 - failed, failed, pending: 0, todo: 0},
            error: null,
          },
        ];
      }),
      {
        type: 'fleet',
        at: line.at,
        round: 1,
        machine: 'beta',
        machines: ['alpha', 'beta', 'gamma'].map(name => ({name, workers: 2, jobs: 8})),
        jobs: {all: 24, completed: 24, failed: 1, kept: 0},
      },
      {...line, verdict: 'failed'},
    ];
  });
  return {...own, lines};
}

function namesOf(count: number): string[] {
  return Array.from({length: count}, (_, index) => `does what was asked for, in case ${index + 1}`);
}

function testsOf(names: readonly string[], from: number, to: number, failing: boolean): RecordedTest[] {
  const loaded = from + (to - from) * 0.3;
  const each = (to - loaded) / (names.length + 1);
  return names.map((name, index) => ({
    titles: ['a part of the product', name],
    status: failing ? 'failed' : 'passed',
    ms: each * 0.9,
    at: loaded + index * each + each / 2,
  }));
}

function profileOf(from: number, to: number, unit: number): FileProfile {
  const ms = to - from;
  return {
    ms,
    environmentMs: ms * 0.04,
    setupMs: ms * 0.02,
    transformMs: ms * 0.04,
    modulesMs: ms * 0.2,
    testsMs: ms * 0.6,
    hooksMs: ms * 0.05,
    teardownMs: ms * 0.02,
    cpuMs: ms * 0.8,
    delayMs: 0,
    packages: [
      {name: 'lodash', ms: ms * 0.1, modules: 640},
      {name: 'react-dom', ms: ms * 0.07, modules: 12},
    ],
    sources: [],
    modules: 700,
    memory: {heap: 4e7 + unit * 1e5, rss: 9e7 + (unit % 40) * 2e6},
  };
}

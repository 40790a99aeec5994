import {timingsAfter, type KeyedRecording} from '../../../src/analysis/recordedTimings';
import type {Timings} from '../../../src/core/plan/durations';
import type {FileProfile} from '../../../src/core/wire/fileProfile';
import type {FileLine, RecordingLine} from '../../../src/recording/lines';
import {RUN} from '../../recordedRuns';
import {planOf} from '../plans';

const NOTHING: Timings = {files: new Map(), costs: null};
const NOW = RUN.startedAt + 1e6;

const profile = (ms: number, delayMs = 0) =>
  ({
    ms,
    delayMs,
    environmentMs: 20,
    setupMs: 0,
    modulesMs: 30,
    testsMs: ms - 50,
    hooksMs: 0,
    teardownMs: 0,
    cpuMs: ms,
  }) as FileProfile;

/** One file of a recording: the share of one worker, and its end. */
const file = (
  index: number,
  tests: Readonly<Record<string, number>>,
  {profiles, error = null}: {readonly profiles: readonly FileProfile[]; readonly error?: string | null},
): RecordingLine[] => {
  const end: FileLine = {
    type: 'file',
    at: 600,
    file: index,
    status: error === null ? 'passed' : 'failed',
    tests: {passed: 1, failed: 0, pending: 0, todo: 0},
    error,
  };
  const shares = profiles.map((own, slot): RecordingLine => ({
    type: 'share',
    at: 500,
    file: index,
    unit: index,
    slot: slot + 1,
    node: null,
    tests: Object.entries(slot > 0 ? {} : tests).map(([title, ms]) => ({
      titles: [title],
      status: 'passed',
      ms,
      at: null,
    })),
    profile: own,
  }));
  return [...shares, end];
};

const recording = (startedAt: number, lines: readonly RecordingLine[]): KeyedRecording => ({
  run: {...RUN, runId: String(startedAt), startedAt: RUN.startedAt + startedAt},
  lines,
  keyOf: share => `f${share.file}`,
});

const shard = (index: number, planHash = 'hash'): RecordingLine => ({
  type: 'shard',
  index,
  count: 2,
  planHash,
  madeFrom: '',
  files: 1,
  ofOtherRunners: 0,
  withoutRecording: [],
});
const cut = (own: readonly number[], names = ['a', 'b']): RecordingLine => ({
  type: 'cut',
  at: 550,
  file: 0,
  names,
  own,
  loadEntries: 0,
  unchecked: [],
});
const cutFile = (name: string, ms: number) => file(0, {[name]: ms}, {profiles: [profile(ms + 50)]});
const shardsAt = (at: number, ms: number) => [
  recording(at, [shard(1), cut([0]), ...cutFile('a', ms)]),
  recording(at + 10, [shard(2), cut([1]), ...cutFile('b', ms)]),
];

test('a recorded file has the record that its run would have left', () => {
  const {files} = timingsAfter(NOTHING, [recording(0, file(0, {a: 100}, {profiles: [profile(200, 40)]}))], NOW);
  expect(files.get('f0')).toEqual({
    at: RUN.startedAt + 600,
    ms: 200,
    tests: {a: 100},
    short: 0,
    end: 'passed',
    measured: {loadMs: 50, cpuMs: 200, on: 'linux x64, 4 x a CPU'},
    recent: [160],
  });
});

test('a file that several workers shared counts one loading', () => {
  const {files} = timingsAfter(NOTHING, [recording(0, file(0, {a: 1}, {profiles: [profile(200), profile(150)]}))], NOW);
  expect(files.get('f0')?.ms).toBe(300);
});

test('records continue from run to run, whatever the order of the recordings, and no run counts twice', () => {
  const runs = [300, 100, 200].map(ms => recording(ms, file(0, {a: 1}, {profiles: [profile(ms)]})));
  const first = timingsAfter(NOTHING, runs, NOW);
  expect(first.files.get('f0')).toMatchObject({ms: 300, recent: [100, 200, 300]});
  expect(timingsAfter(first, runs, NOW)).toEqual(first);
  const more = timingsAfter(first, [recording(400, file(0, {a: 1}, {profiles: [profile(400)]}))], NOW);
  expect(more.files.get('f0')).toMatchObject({ms: 400, recent: [100, 200, 300, 400]});
});

test('a file that failed to run keeps its durations', () => {
  const known = timingsAfter(NOTHING, [recording(0, file(0, {a: 100}, {profiles: [profile(200)]}))], NOW);
  const failed = [recording(9, file(0, {}, {profiles: [profile(60)], error: 'SyntaxError'}))];
  expect(timingsAfter(known, failed, NOW).files.get('f0')).toMatchObject({
    ms: 200,
    tests: {a: 100},
    end: 'failed',
    recent: [200],
  });
  expect(timingsAfter(NOTHING, failed, NOW).files.get('f0')).toMatchObject({ms: null, end: 'failed'});
});

describe('the shards of a run', () => {
  test('make one record of a cut file', () => {
    const {files} = timingsAfter(NOTHING, shardsAt(0, 100), NOW);
    expect(files.get('f0')).toMatchObject({ms: 250, tests: {a: 100, b: 100}, recent: [250]});
  });

  test('of two runs with the same plan make a record of each run', () => {
    const {files} = timingsAfter(NOTHING, [...shardsAt(0, 100), ...shardsAt(1000, 200)], NOW);
    expect(files.get('f0')).toMatchObject({ms: 450, recent: [250, 450]});
  });

  test('leave the record as it was if one of them is missing', () => {
    const [only] = shardsAt(0, 100);
    expect(timingsAfter(NOTHING, [only!], NOW).files.size).toBe(0);
  });

  test('that found different tests keep the file from being cut, also after whole runs', () => {
    const [one, other] = shardsAt(0, 100);
    const lines = other!.lines.map(line => (line.type === 'cut' ? {...line, names: ['a', 'new']} : line));
    const unstable = timingsAfter(NOTHING, [one!, {...other!, lines}], NOW);
    expect(unstable.files.get('f0')).toMatchObject({unstable: true});
    const whole = [recording(2000, file(0, {a: 1}, {profiles: [profile(200)]}))];
    expect(timingsAfter(unstable, whole, NOW).files.get('f0')).toMatchObject({unstable: true, recent: [250, 200]});
  });
});

test('the costs are those of the recorded schedule', () => {
  const plan = {...planOf([5]), fixtures: [{scope: 'run' as const, needs: []}]};
  const lines: RecordingLine[] = [
    {type: 'plan', at: 1, plan, files: [0], nodes: [], fixtures: ['db.js']},
    {type: 'event', at: 2, event: {type: 'run-started'}},
    {type: 'command', at: 2, command: {type: 'start-slot', slot: 1, generation: 1, node: 0}},
    {type: 'command', at: 2, command: {type: 'start-slot', slot: 2, generation: 1, node: 0}},
    {type: 'command', at: 2, command: {type: 'set-up-fixture', fixture: 0, slot: null, generation: null}},
    {type: 'event', at: 900, event: {type: 'fixture-up', fixture: 0, slot: null, generation: null}},
    {type: 'event', at: 1300, event: {type: 'unit-started', slot: 1, generation: 1, unit: 0}},
  ];
  const {costs} = timingsAfter(NOTHING, [recording(0, lines)], NOW);
  expect(costs).toEqual({at: RUN.startedAt, startMs: [2000], workers: [2], fixtures: {'db.js': [898]}});
  expect(timingsAfter({...NOTHING, costs}, [recording(0, lines)], NOW).costs).toEqual(costs);
});

test('in band, the start ends with the first file', () => {
  const [share, end] = file(0, {a: 1}, {profiles: [profile(200)]});
  const {costs} = timingsAfter(
    NOTHING,
    [recording(0, [{...share!, unit: null, slot: null} as RecordingLine, end!])],
    NOW,
  );
  expect(costs).toMatchObject({startMs: [1000], workers: [1]});
});

import {adviceOn} from '../../../src/analysis/advice';
import type {FileProfile} from '../../../src/core/wire/fileProfile';
import {adviceText} from '../../../src/cli/adviceText';
import {planOf} from '../plans';
import {RUN, simulatedRecording} from './whatIf/simulatedRecording';

const PROFILE: FileProfile = {
  ms: 1000,
  environmentMs: 10,
  setupMs: 0,
  transformMs: 0,
  modulesMs: 20,
  testsMs: 0,
  hooksMs: 0,
  teardownMs: 0,
  cpuMs: 50,
  delayMs: 0,
  packages: [],
  sources: [],
  modules: 0,
  memory: {heap: 1e7, rss: 1e8},
};

const LONG = {loadMs: 50, tests: Array<number>(40).fill(250)};
const SHORT = {loadMs: 50, tests: [950]};
const FILES = [LONG, SHORT, SHORT, SHORT, SHORT];
const plan = planOf([10_050, 1000, 1000, 1000, 1000], {slots: 2});

test('a long file that runs whole is the floor, and a split of it is tried', () => {
  const {lines} = simulatedRecording(plan, FILES, () => PROFILE);
  const {floor, splits, recorded, problem} = adviceOn(RUN, lines);
  expect(problem).toBeNull();
  expect(floor?.setBy).toEqual({type: 'unit', unit: 0});
  const [best] = splits;
  // 14 s of work for two workers, instead of 10 s for one of them.
  expect(best).toMatchObject({file: 0, tests: 40});
  expect(best!.least).toBe(best!.most);
  expect(recorded!.ms - best!.most).toBeGreaterThan(7000);
  expect(recorded!.ms - best!.most).toBeLessThan(8000);
});

test('tests in describe blocks may have to stay together: a saving is a range', () => {
  const {lines} = simulatedRecording(plan, FILES, () => PROFILE);
  const inBlock = lines.map(line =>
    line.type === 'share' && line.file === 0
      ? {...line, tests: line.tests.map(test => ({...test, titles: ['block', ...test.titles]}))}
      : line,
  );
  const {splits} = adviceOn(RUN, inBlock);
  expect(splits[0]!.least).toBe(0);
  expect(splits[0]!.most).toBeGreaterThan(2000);
});

test('where nothing helps, it says so', () => {
  const files = Array.from({length: 20}, () => SHORT);
  const {lines} = simulatedRecording(planOf(Array<number>(20).fill(1000), {slots: 2}), files, () => PROFILE);
  const advice = adviceOn(RUN, lines);
  expect(advice.splits).toEqual([]);
  const text = adviceText(
    advice,
    file => `/${file}`,
    unit => unit,
  );
  expect(text).toContain('With 2 workers, @can-split on another file saves nothing worth it.');
  expect(text).toContain('No two files spend long in hooks');
});

test('without profiles, it says what nobody measured', () => {
  const {lines} = simulatedRecording(plan, FILES);
  const advice = adviceOn(RUN, lines);
  expect(advice).toMatchObject({packages: null, memory: null, hooks: null});
  const text = adviceText(
    advice,
    file => `/${file}`,
    unit => unit,
  );
  expect(text).toContain('Nobody measured how much these files compute');
  expect(text).toContain('Nobody measured what loading modules takes.');
  expect(text).toContain('Nobody measured memory.');
});

test('a run whose files came one by one says nothing of other numbers of workers', () => {
  const {lines} = simulatedRecording(plan, FILES, () => PROFILE);
  const late = lines.map(line => (line.type === 'plan' ? {...line, plan: {...line.plan, arriving: true}} : line));
  const {problem, workers, packages} = adviceOn(RUN, late);
  expect(problem).toContain('one by one');
  expect(workers).toEqual([]);
  expect(packages).not.toBeNull();
});

test('hooks, packages and memory are those of the profiles', () => {
  const profiles: readonly FileProfile[] = [
    {...PROFILE, packages: [{name: 'lodash', ms: 40, modules: 600}]},
    {...PROFILE, hooksMs: 600, packages: [{name: 'lodash', ms: 30, modules: 500}]},
    {...PROFILE, hooksMs: 500, memory: {heap: 1e7, rss: 6e8}},
    {...PROFILE, hooksMs: 400, memory: {heap: 1e7, rss: 6e8}},
    PROFILE,
  ];
  const {lines} = simulatedRecording(plan, FILES, file => profiles[file]!);
  const {hooks, packages, memory} = adviceOn(RUN, lines);
  expect(packages).toEqual([{name: 'lodash', ms: 70, files: 2, modules: 600}]);
  expect(hooks!.ms).toBe(1500);
  expect(hooks!.files.map(({file}) => file)).toEqual([1, 2, 3]);
  expect(memory).toEqual([{file: 2, bytes: 5e8, tests: 1}]);
});

test('on a machine that other programs kept busy, files that compute are not predicted', () => {
  const profile = {...PROFILE, cpuMs: 900, ms: 1000};
  const {lines, ms} = simulatedRecording(plan, FILES, () => profile);
  const busy = [...lines, {type: 'load' as const, at: ms, busy: 1, freeBytes: 1e9}];
  const {problem, workers} = adviceOn({...RUN, machine: {...RUN.machine, cores: 4}}, busy);
  expect(problem).toMatch(/Other programs kept .* of 4 cores busy/);
  expect(workers).toEqual([]);
});

test('names of files and packages cannot act on a terminal', () => {
  const profile = {...PROFILE, packages: [{name: '\u001b[2Jevil', ms: 40, modules: 1}]};
  const {lines} = simulatedRecording(plan, FILES, () => profile);
  const text = adviceText(
    adviceOn(RUN, lines),
    () => 'a\u001b]0;b\u0007\u202e',
    unit => unit,
  );
  expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
  expect(text).toContain('\\x1b[2Jevil');
});

describe('shards', () => {
  const textOf = (run: typeof RUN, lines: Parameters<typeof adviceOn>[1]) =>
    adviceText(
      adviceOn(run, lines),
      file => `/${file}`,
      unit => unit,
    );

  test('are tried with the recorded number of workers in each, as long as they pay', () => {
    const files = Array.from({length: 16}, () => ({loadMs: 1000, tests: [29_000]}));
    const {lines, ms} = simulatedRecording(planOf(Array<number>(16).fill(30_000), {slots: 2}), files, () => PROFILE);
    const {shards} = adviceOn(RUN, lines);
    expect(shards!.map(one => one.shards)).toEqual([1, 2, 3, 4, 8]);
    expect(shards![0]!.ms / ms).toBeCloseTo(1, 1);
    // 30 s for each file, for two at a time.
    expect(shards!.map(one => Math.round(one.ms / 30_000))).toEqual([8, 4, 3, 2, 1]);
    expect(shards!.map(({billedMinutes}) => billedMinutes)).toEqual([5, 6, 6, 8, 8]);
    const text = textOf(RUN, lines);
    expect(text).toMatch(/In shards with 2 workers each/);
    expect(text).toMatch(/8 shards +\d+(\.\d)? s +8 min billed/);
  });

  test('that cannot cut the longest file do not pay', () => {
    const {lines} = simulatedRecording(plan, FILES, () => PROFILE);
    expect(textOf(RUN, lines)).toContain('With 2 workers in each, no number of shards makes the run much shorter.');
  });

  test('share a file that may be split', () => {
    const split = planOf([10_050, 1000, 1000, 1000, 1000], {slots: 2}, [0]);
    const {lines} = simulatedRecording(split, FILES, () => PROFILE);
    const {shards} = adviceOn(RUN, lines);
    expect(shards!.find(one => one.shards === 4)!.ms).toBeLessThan(shards![0]!.ms / 2.5);
  });

  test('of a run that was one itself are unknown', () => {
    const {lines} = simulatedRecording(plan, FILES, () => PROFILE);
    const run = {...RUN, jest: {...RUN.jest, shard: {shardIndex: 1, shardCount: 2}}};
    expect(textOf(run, lines)).toContain('this run is one shard of several');
  });
});

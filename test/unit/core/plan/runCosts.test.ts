import {formatTimings, mergeTimings, parseTimings} from '../../../../src/core/plan/durations';
import {mergeCosts, withRun, type CostsOfRun, type RunCosts} from '../../../../src/core/plan/runCosts';
import {shardCosts} from '../../../../src/core/shards/shardCosts';

const run = (startMs: number | null, fixtures: Readonly<Record<string, number>> = {}): CostsOfRun => ({
  startMs,
  workers: 4,
  fixtures: new Map(Object.entries(fixtures)),
});
const after = (...runs: readonly CostsOfRun[]) =>
  runs.reduce<RunCosts | null>((costs, one, at) => withRun(costs, one, at), null)!;

test('the costs of a shard are the medians of the last five runs', () => {
  const costs = after(run(90_000), run(2000), run(2100), run(9000), run(2050.4), run(1900));
  expect(costs.startMs).toEqual([2000, 2100, 9000, 2050, 1900]);
  expect(shardCosts(costs)).toEqual({startMs: 2050, workers: 4, fixtures: new Map()});
  expect(shardCosts(null)).toEqual({startMs: 0, fixtures: new Map()});
});

test('a fixture that a run did not need keeps what it took', () => {
  const costs = after(run(1, {'db.js': 5000, __proto__: 1}), run(1, {'server.js': 10}), run(null, {'server.js': 30}));
  expect(shardCosts(costs).fixtures).toEqual(
    new Map([
      ['db.js', 5000],
      ['server.js', 20],
    ]),
  );
});

test('of two files the newest costs win, with the fixtures of both', () => {
  const older = withRun(null, run(1, {a: 1, b: 1}), 1);
  const newer = withRun(null, run(2, {b: 2}), 2);
  for (const all of [
    [older, newer, null],
    [newer, null, older],
  ]) {
    expect(mergeCosts(all)).toEqual({at: 2, startMs: [2], workers: [4], fixtures: {a: [1], b: [2]}});
  }
  expect(mergeCosts([null])).toBeNull();
});

test('a timings file has them beside its records', () => {
  const timings = {files: new Map(), costs: after(run(7, {a: 3}))};
  expect(parseTimings(formatTimings(timings))).toEqual(timings);
  expect(mergeTimings([timings, {files: new Map(), costs: null}], 0)).toEqual(timings);
});

test.each([
  null,
  {at: 1, startMs: [1], workers: [1]},
  {at: 1, startMs: 1, workers: [1], fixtures: {}},
  {at: 1, startMs: [-1], workers: [1], fixtures: {}},
  {at: 1, startMs: [1], workers: [1], fixtures: {a: 1}},
  {at: 1, startMs: [1, 2, 3, 4, 5, 6], workers: [1], fixtures: {}},
])('costs of %j are refused', costs => {
  expect(() => parseTimings(JSON.stringify({version: 3, files: {}, costs}))).toThrow('its "costs" are malformed');
});

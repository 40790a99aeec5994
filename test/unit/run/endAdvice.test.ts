import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Advice} from '../../../src/analysis/advice';
import {RecordingFile} from '../../../src/recording/recordingFile';
import {adviseAtEnd, bestOf} from '../../../src/run/endAdvice';
import {RUN, simulatedRecording} from '../analysis/whatIf/simulatedRecording';
import {planOf} from '../plans';

const ADVICE: Advice = {
  problem: null,
  cautions: [],
  floor: null,
  recorded: {workers: 2, ms: 60_000},
  workers: [
    {workers: 2, ms: 60_000, from: 57_000, to: 63_000},
    {workers: 4, ms: 40_000, from: 36_000, to: 44_000},
  ],
  shards: null,
  splits: [],
  packages: null,
  hooks: null,
  memory: null,
};
const pathOf = (file: number) => `f${file}.test.js`;

test('what saves most is said, at its worst', () => {
  expect(bestOf(ADVICE, pathOf)?.text).toBe(
    'with -w 4, this run would take about 40 s, not 60 s.\nMore: npx jest-runner-xdist advise',
  );
  const splits = [{file: 3, tests: 9, least: 20_000, most: 25_000}];
  expect(bestOf({...ADVICE, splits}, pathOf)?.text).toBe(
    '@can-split in f3.test.js would save about 20 s of this run.\nMore: npx jest-runner-xdist advise',
  );
});

test.each<[string, Partial<Advice>]>([
  ['the saving may be small', {workers: [ADVICE.workers[0]!, {workers: 4, ms: 50_000, from: 40_000, to: 58_000}]}],
  ['something makes the prediction doubtful', {cautions: ['Other programs were busy.']}],
  ['nothing is known', {recorded: null, workers: []}],
])('nothing is said if %s', (_name, fields) => {
  expect(bestOf({...ADVICE, ...fields}, pathOf)).toBeNull();
});

test('the same advice is given once a day', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xdist-advice-'));
  const recording = join(folder, 'r.xdist');
  const heard: string[] = [];
  const end = (now: number, ms = 60_000) =>
    adviseAtEnd({recording, folder, ms, now, mostMs: Infinity, warn: text => heard.push(text)});
  try {
    const files = [
      {loadMs: 10, tests: Array<number>(100).fill(400)},
      {loadMs: 10, tests: [5000]},
    ];
    // Longer than the limit for runs that are in band.
    const {lines} = simulatedRecording(planOf([40_010, 5010], {slots: 2}), files, () => ({
      ms: 1000,
      environmentMs: 1,
      setupMs: 0,
      transformMs: 0,
      modulesMs: 1,
      testsMs: 0,
      hooksMs: 0,
      teardownMs: 0,
      cpuMs: 10,
      delayMs: 0,
      packages: [],
      sources: [],
      modules: 0,
      memory: {heap: 1, rss: 1},
    }));
    const file = new RecordingFile(recording, error => {
      throw error;
    });
    for (const line of [RUN, ...lines]) file.append(line);
    file.close();
    const day = 24 * 60 * 60 * 1000;
    end(1, 1000); // too short a run
    end(2);
    end(3 + day / 2);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^@can-split in 0\.test\.js would save about [\d.]+ s of this run\.\nMore: /);
    end(3 + day);
    expect(heard).toHaveLength(2);
    expect(Object.keys(JSON.parse(readFileSync(join(folder, 'advice.json'), 'utf8')) as object)).toHaveLength(1);
    writeFileSync(recording, 'no recording');
    end(5 + 3 * day);
    expect(heard).toHaveLength(2);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

import type {FromWorker, MemoryUse} from '../../../../src/core/wire/workerMessages';
import {Recycling} from '../../../../src/run/workers/recycling';

const MB = 1e6;
const memory = (before: number, after: number): MemoryUse => ({
  heap: {before: before * MB, after: after * MB},
  rss: {before: before * 2 * MB, after: after * 2 * MB},
});

function recycled(limitMb: number, uses: readonly MemoryUse[]): string[] {
  const said: string[] = [];
  const heard: FromWorker[] = [];
  const recycling = new Recycling({
    limitBytes: limitMb * MB,
    pathOf: unit => `${unit}.test.js`,
    warn: text => said.push(text),
  });
  const nothing = () => undefined;
  const listener = {
    up: nothing,
    message: (message: FromWorker) => heard.push(message),
    lost: nothing,
    slow: nothing,
    closed: nothing,
  };
  const hearing = recycling.hearing(1, listener);
  const outcome = {type: 'error', error: {message: '', stack: '', type: 'Error'}} as const;
  for (const [unit, use] of uses.entries()) {
    hearing.message({type: 'unit-done', unit, ms: 1, retiring: true, outcome, slice: null, profile: null, memory: use});
  }
  recycling.end();
  expect(heard).toHaveLength(uses.length);
  return said;
}

test('a file that takes its worker over the limit is named, with what it added', () => {
  expect(recycled(100, [memory(40, 512)])).toEqual([
    'worker w1 was retired after 0.test.js: its heap of 512 MB is over workerIdleMemoryLimit (100 MB); ' +
      'with this file its memory (RSS) grew from 80 MB to 1024 MB.',
  ]);
});

test('of many such files the first are named, and the others counted', () => {
  const said = recycled(100, Array<MemoryUse>(9).fill(memory(40, 512)));
  expect(said).toHaveLength(6);
  expect(said[5]).toBe('4 more workers were retired over workerIdleMemoryLimit (100 MB).');
});

test('a limit that a worker is over before its first file is said once', () => {
  expect(recycled(0.001, [memory(30, 40), memory(30, 41)])).toEqual([
    'worker w1 was retired after 0.test.js: its heap of 40 MB is over workerIdleMemoryLimit (0.001 MB), ' +
      'and was before that file began (30 MB).',
    '1 more worker was retired over workerIdleMemoryLimit (0.001 MB).',
  ]);
});

test('a limit of 0 asks for just that', () => {
  expect(recycled(0, [memory(30, 40), memory(30, 41)])).toEqual([]);
});

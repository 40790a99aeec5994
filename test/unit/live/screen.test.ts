import type {Lane, WaitsFor} from '../../../src/live/lanes';
import {widthOf} from '../../../src/live/harmless';
import {describeMs, linesOf, statusText, type ScreenOptions, type Totals} from '../../../src/live/screen';

const same = (text: string) => text;
const OPTIONS: ScreenOptions = {
  columns: 80,
  rows: 24,
  paint: {yellow: text => `<yellow>${text}</yellow>`, red: same, bold: same, dim: same},
  slowMs: 5000,
  shown: path => path.replace('/project/', ''),
};
const TOTALS: Totals = {
  files: 40,
  ended: 12,
  passed: 103,
  failed: 2,
  elapsedMs: 8000,
  leftMs: 14_000,
  mostWorkers: null,
  fleet: null,
};

function lane(slot: number, fields: Partial<Lane> = {}): Lane {
  return {
    slot,
    state: 'runs',
    path: `/project/src/f${slot}.test.js`,
    name: `test ${slot}`,
    ms: 300,
    sharers: 1,
    waitsFor: null,
    ...fields,
  };
}

test('lanes, a blank line, and the totals', () => {
  const lanes = [lane(1), lane(2, {ms: 12_400}), lane(3, {state: 'starts', path: null, name: ''})];
  expect(linesOf(lanes, TOTALS, OPTIONS)).toEqual([
    ' w1     0.3 s  src/f1.test.js › test 1',
    '<yellow> w2      12 s  slow: src/f2.test.js › test 2</yellow>',
    ' w3            starts',
    '',
    ' 12/40 files · 2 failed · about 14 s left · 103 passed · 8.0 s',
  ]);
});

test.each<[WaitsFor, string]>([
  [{reason: {type: 'nothing-left'}, path: null}, 'waits: nothing is left to run'],
  [{reason: {type: 'next', unit: 0}, path: '/project/src/a.test.js'}, 'waits'],
  [
    {reason: {type: 'resource', unit: 0, name: 'd\u001Bb'}, path: '/project/src/a.test.js'},
    'waits: other files have the resource "d b" that src/a.test.js needs',
  ],
  [{reason: {type: 'serial', unit: 0}, path: '/project/src/a.test.js'}, 'waits: src/a.test.js runs alone'],
  [{reason: {type: 'group', unit: 0, slot: 3}, path: null}, 'waits: w3 runs the rest of a worker group'],
])('a worker that waits says for what: %j', (waitsFor, text) => {
  const waits = lane(1, {state: 'waits', path: null, name: '', waitsFor});
  expect(linesOf([waits], TOTALS, {...OPTIONS, columns: 100})[0]).toBe(` w1            ${text}`);
});

test('workers that share a file are named below', () => {
  const lanes = [lane(1, {sharers: 2}), lane(2, {path: '/project/src/f1.test.js', sharers: 2}), lane(3)];
  expect(linesOf(lanes, TOTALS, OPTIONS).at(-1)).toBe(' w1, w2 share src/f1.test.js');
});

test('where their number follows the load, the totals say how many workers there are', () => {
  expect(linesOf([lane(1)], {...TOTALS, mostWorkers: 8}, {...OPTIONS, columns: 100}).at(-1)).toMatch(
    / · 1 of at most 8 workers$/,
  );
});

describe('in a fleet', () => {
  const fleet = {machines: 3, jobs: {all: 41, completed: 12, failed: 1}, waiting: 2};

  test('a line says how far all machines are', () => {
    expect(linesOf([lane(1)], {...TOTALS, leftMs: null, fleet}, OPTIONS).slice(1)).toEqual([
      '',
      ' 12/40 files · 2 failed · 103 passed · 8.0 s',
      ' fleet of 3 machines · 12/41 jobs · 1 failed · 2 wait here',
    ]);
    expect(linesOf([lane(1)], {...TOTALS, fleet}, {...OPTIONS, rows: 5})).toHaveLength(3);
  });

  test('the line of a log says it, too', () => {
    const totals = {...TOTALS, leftMs: null, fleet: {...fleet, machines: 1, waiting: 1}};
    expect(statusText([], totals, OPTIONS.shown)).toBe(
      '12 of 40 files have ended after 8.0 s; 2 tests have failed; ' +
        'fleet of 1 machine, 12/41 jobs, 1 failed, 1 waits here',
    );
  });
});

test('on a low terminal, the lanes that take the longest stay', () => {
  const lanes = [lane(1), lane(2, {ms: 4000}), lane(3, {ms: 3000}), lane(4), lane(5)];
  expect(linesOf(lanes, TOTALS, {...OPTIONS, rows: 7})).toEqual([
    ' w2     4.0 s  src/f2.test.js › test 2',
    ' w3     3.0 s  src/f3.test.js › test 3',
    ' and 3 more workers',
    '',
    expect.stringMatching(/^ 12\/40 files/),
  ]);
  expect(linesOf(lanes, TOTALS, {...OPTIONS, rows: 3})).toHaveLength(1);
  expect(linesOf(lanes, TOTALS, {...OPTIONS, rows: 2})).toEqual([]);
});

test('no line reaches the last column, and there are fewer lines than rows', () => {
  const plain = {...OPTIONS, paint: {...OPTIONS.paint, yellow: same}};
  const names = ['漢'.repeat(90), 'a'.repeat(200), '👩‍👩‍👧'.repeat(30), '\u001B[2J\n'];
  const lanes = names.map((name, index) => lane(index + 1, {name, ms: index * 3000, sharers: 2}));
  for (let columns = 1; columns < 90; columns++) {
    for (let rows = 1; rows < 12; rows++) {
      const lines = linesOf(lanes, TOTALS, {...plain, columns, rows});
      expect(lines.length).toBeLessThan(rows);
      expect(Math.max(0, ...lines.map(widthOf))).toBeLessThan(columns);
    }
  }
});

test('a log has one line, with what runs for the longest time', () => {
  const lanes = [lane(1), lane(2, {ms: 75_000, name: '\u001B[31mstuck\n::error::'})];
  expect(statusText(lanes, TOTALS, OPTIONS.shown)).toBe(
    '12 of 40 files have ended after 8.0 s; 2 tests have failed; about 14 s left; ' +
      'longest running: src/f2.test.js › stuck ::error::, for 1:15 min',
  );
});

test.each([
  [0, '0.0 s'],
  [9949, '9.9 s'],
  [9960, '10 s'],
  [59_400, '59 s'],
  [59_960, '1:00 min'],
  [125_000, '2:05 min'],
])('%d ms are %s', (ms, text) => {
  expect(describeMs(ms)).toBe(text);
});

import {parseJournal, type JournalRecord} from '../../../../src/core/wire/journal';

const unit: JournalRecord = {type: 'unit', unit: 3, at: 1700};
const opened: JournalRecord = {
  type: 'opened',
  listing: 'f00',
  tests: [
    {titles: ['cart', 'adds'], mode: 'run', early: false},
    {titles: ['later'], mode: 'todo', early: false},
    {titles: ['not now'], mode: 'skip', early: false},
    {titles: ['at once'], mode: 'run', early: true},
  ],
  ms: 12.5,
  console: [{message: 'loaded', origin: 'at a.js', type: 'log'}],
  snapshots: {path: '/a.snap', keys: ['cart adds 1']},
};
const records: JournalRecord[] = [
  unit,
  opened,
  {type: 'hook', hook: 'beforeAll', titles: [], from: 0, to: 4},
  {type: 'hook-ended'},
  {type: 'test', place: 0, at: 1701, rss: 4096},
  {
    type: 'ended',
    willRetry: false,
    place: 0,
    result: {fullName: 'cart adds', status: 'passed'} as never,
    console: [],
    snapshots: {
      written: {'cart adds 1': '"a"'},
      checked: ['cart adds 1'],
      dirty: true,
      inline: [],
      counts: {added: 1, matched: 0, unmatched: 0, updated: 0},
    },
  },
  {type: 'hook', hook: 'afterAll', titles: ['cart'], from: 0, to: 1},
  {type: 'hook-ended'},
  {type: 'finished'},
];
const lineOf = (record: unknown) => `${JSON.stringify(record)}\n`;
const written = (...lines: readonly unknown[]) => lines.map(lineOf).join('');

test('every line is read as it was written', () => {
  expect(parseJournal(written(...records))).toEqual(records);
});

test('nothing is read of nothing', () => {
  expect(parseJournal('')).toEqual([]);
});

test.each([
  ['cut off in the middle', lineOf({type: 'finished'}).slice(0, -5)],
  ['cut off before its end is told', JSON.stringify({type: 'finished'})],
  ['half written, and written over', `{"type":"fin\n${lineOf({type: 'finished'})}`],
  ['of a disk that was lost', `${'\0'.repeat(20)}\n${lineOf({type: 'finished'})}`],
  ['no object', '7\n'],
  ['of no type', '{}\n'],
  ['of a type that there is not', lineOf({type: 'begun'})],
])('a line that is %s is the last that counts', (_what, rest) => {
  expect(parseJournal(written(unit, opened) + rest)).toEqual([unit, opened]);
});

test.each<[string, Record<string, unknown>]>([
  ['a unit without a number', {...unit, unit: '3'}],
  ['a test without a place', {type: 'test', at: 1, rss: 1}],
  ['a test at a broken place', {type: 'test', place: 0.5, at: 1, rss: 1}],
  ['the end of a test without a result', {type: 'ended', willRetry: false, place: 0, console: [], snapshots: null}],
  ['the end of a test without a console', {type: 'ended', willRetry: false, place: 0, result: {}, snapshots: null}],
  ['a list of tests that is none', {...opened, tests: {}}],
  ['a test without titles', {...opened, tests: [{mode: 'run'}]}],
  ['a file without a list to name', {...opened, listing: null}],
  ['a snapshot file without a path', {...opened, snapshots: {keys: []}}],
  ['a hook without its tests', {type: 'hook', hook: 'beforeAll', titles: [], from: 0}],
])('%s ends the journal', (_what, line) => {
  expect(parseJournal(written({type: 'hook-ended'}, line, {type: 'finished'}))).toEqual([{type: 'hook-ended'}]);
});

test('what is not said of a test is that it runs, in its turn', () => {
  const [record] = parseJournal(written({...opened, tests: [{titles: ['a'], mode: 'odd'}]}));
  expect(record).toMatchObject({tests: [{titles: ['a'], mode: 'run', early: false}]});
});

test('a file may have no snapshots', () => {
  expect(parseJournal(written({...opened, snapshots: null}))).toEqual([{...opened, snapshots: null}]);
});

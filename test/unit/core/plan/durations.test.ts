import {
  continued,
  correctedMs,
  fileKey,
  formatDurations,
  measuredBy,
  mergeDurations,
  parseTimings,
  recordOfDeath,
  testDurations,
  type FileRecord,
} from '../../../../src/core/plan/durations';
import type {FileProfile} from '../../../../src/core/wire/fileProfile';

const DAY = 24 * 60 * 60 * 1000;
const record = (fields: Partial<FileRecord> = {}): FileRecord => ({
  at: 0,
  ms: 10,
  tests: {},
  short: 0,
  end: 'passed',
  ...fields,
});

describe('fileKey', () => {
  test('is the path where the project has no name, and is told apart by it where it has one', () => {
    expect(fileKey(null, 'src/a.test.ts')).toBe('src/a.test.ts');
    expect(fileKey('unit', 'src/a.test.ts')).toBe('unit:src/a.test.ts');
  });

  test('is the same on Windows', () => {
    expect(fileKey(null, 'src\\deep\\a.test.ts')).toBe('src/deep/a.test.ts');
  });
});

describe('mergeDurations', () => {
  test('the newest record of a file wins, wherever it stands', () => {
    const older = new Map([['a', record({at: 1, ms: 1})]]);
    const newer = new Map([['a', record({at: 2, ms: 2})]]);
    expect(mergeDurations([older, newer], 2).get('a')?.ms).toBe(2);
    expect(mergeDurations([newer, older], 2).get('a')?.ms).toBe(2);
  });

  test('of two records of the same moment the later one wins', () => {
    const merged = mergeDurations([new Map([['a', record({ms: 1})]]), new Map([['a', record({ms: 2})]])], 0);
    expect(merged.get('a')?.ms).toBe(2);
  });

  test('files of all sources are there', () => {
    expect([...mergeDurations([new Map([['a', record()]]), new Map([['b', record()]])], 0).keys()]).toEqual(['a', 'b']);
  });

  test('a file that was not run for more than 90 days is forgotten', () => {
    const durations = new Map([
      ['kept', record({at: DAY})],
      ['forgotten', record({at: DAY - 1})],
    ]);
    expect([...mergeDurations([durations], 91 * DAY).keys()]).toEqual(['kept']);
  });
});

describe('the durations of the last runs', () => {
  const merged = (...records: readonly FileRecord[]) =>
    mergeDurations(
      records.map(one => new Map([['a', one]])),
      9,
    ).get('a');

  test('are those of the newest record, which continues what its run has read', () => {
    const [older, newer] = [record({at: 1, recent: [1, 2]}), record({at: 2, recent: [1, 3]})];
    expect(merged(older, newer)).toEqual(newer);
    expect(merged(newer, older)).toEqual(newer);
  });

  test('outlive a record of an older version of the runner', () => {
    const [older, newer] = [record({at: 1, recent: [1, 2]}), record({at: 2, ms: 7})];
    expect(merged(older, newer)).toEqual({...newer, recent: [1, 2]});
    expect(merged(newer, older)).toEqual({...newer, recent: [1, 2]});
  });

  test('are the last five', () => {
    expect(continued(null, 7)).toEqual({recent: [7]});
    expect(continued(record({recent: [1, 2, 3, 4, 5]}), 6)).toEqual({recent: [2, 3, 4, 5, 6]});
    expect(continued(record({recent: [1], unstable: true}), null)).toEqual({recent: [1], unstable: true});
    expect(continued(null, null)).toEqual({});
  });

  test('are without the time of waiting for a CPU', () => {
    const profile = (ms: number, delayMs: number | null) => ({ms, delayMs}) as FileProfile;
    expect(correctedMs(100.4, [profile(100, 30)])).toBe(70);
    expect(correctedMs(150, [profile(100, 10), profile(100, 30)])).toBe(120);
    expect(correctedMs(100, [profile(100, 500)])).toBe(0);
    for (const unknown of [[], [profile(100, null)], [profile(100, 30), profile(100, null)]]) {
      expect(correctedMs(100, unknown)).toBe(100);
    }
  });
});

describe('testDurations', () => {
  test('tests of the same name are added up', () => {
    expect(
      testDurations([
        {fullName: 'a', duration: 5},
        {fullName: 'b', duration: 1},
        {fullName: 'a', duration: 7},
      ]),
    ).toEqual({tests: {a: 12, b: 1}, short: 0});
  });

  test('tests that take next to nothing are counted, and those that did not run are not', () => {
    expect(
      testDurations([
        {fullName: 'a', duration: 0.9},
        {fullName: 'b', duration: 0},
        {fullName: 'c', duration: null},
        {fullName: 'd'},
      ]),
    ).toEqual({tests: {}, short: 2});
  });

  test('a test that takes next to nothing is not counted if another one has its name and a duration', () => {
    expect(
      testDurations([
        {fullName: 'a', duration: 0},
        {fullName: 'a', duration: 5},
      ]),
    ).toEqual({tests: {a: 5}, short: 0});
  });

  test('durations are kept in whole milliseconds', () => {
    expect(testDurations([{fullName: 'a', duration: 1.6}]).tests).toEqual({a: 2});
  });

  test('no test has taken longer than its file: the clock that Jest reads was set meanwhile', () => {
    const tests = [
      {fullName: 'a', duration: 45 * 60_000},
      {fullName: 'b', duration: -45 * 60_000},
      {fullName: 'c', duration: 90},
    ];
    expect(testDurations(tests, 210.4).tests).toEqual({a: 210, c: 90});
  });
});

describe('the text of a timings file', () => {
  test('is read as it was written', () => {
    const durations = new Map([
      ['unit:a.test.ts', record({at: 5, ms: 12.5, tests: {'adds up': 3}, end: 'failed'})],
      ['b.test.ts', record({ms: null, end: 'died'})],
      ['c.test.ts', record({measured: {loadMs: 1.5, cpuMs: 2, on: 'here'}})],
      ['d.test.ts', record({measured: {loadMs: 3, cpuMs: 4, on: 'there'}})],
      ['e.test.js', record({recent: [1, 2.5], unstable: true})],
      ['__proto__', record()],
    ]);
    expect([...parseTimings(formatDurations(durations)).files]).toEqual([...durations]);
  });

  test.each([
    ['', /JSON/],
    ['{"version": 1, "fil', /JSON/],
    ['null', 'it is not a timings file'],
    ['[]', 'it is not a timings file'],
    ['{"version": 1, "files": []}', 'it is not a timings file'],
    ['{"version": 1, "files": {}}', 'it has version 1, not 3'],
    ['{"files": {}}', 'it has version undefined, not 3'],
    ['{"version": 4, "files": {}}', 'it has version 4, not 3'],
  ])('%p is refused', (text, message) => {
    expect(() => parseTimings(text)).toThrow(message);
  });

  test.each([
    ['no object', 1],
    ['without a date', {...record(), at: undefined}],
    ['with a negative duration', record({ms: -1})],
    ['with a duration that is text', {...record(), ms: '1'}],
    ['without tests', {...record(), tests: undefined}],
    ['without a number of short tests', {...record(), short: undefined}],
    ["with a test's duration that is text", {...record(), tests: {a: '1'}}],
    ['with a loading time that is text', {...record(), measured: {loadMs: '1', cpuMs: 1, on: 0}}],
    ['without CPU time', {...record(), measured: {loadMs: 1, on: 0}}],
    ['measured at an unknown place', {...record(), measured: {loadMs: 1, cpuMs: 1, on: 1}}],
    ['measured at no place', {...record(), measured: {loadMs: 1, cpuMs: 1}}],
    ['with last durations that are no list', {...record(), recent: 5}],
    ['with more last durations than are kept', record({recent: [1, 2, 3, 4, 5, 6]})],
    ['with a last duration that is negative', record({recent: [-1]})],
    ['with an unknown stability', {...record(), unstable: false}],
    ['with an unknown end', {...record(), end: 'skipped'}],
  ])('a record %s is refused by name', (_why, malformed) => {
    const text = JSON.stringify({version: 3, places: ['here'], files: {good: record(), 'a.test.ts': malformed}});
    expect(() => parseTimings(text)).toThrow('its record of a.test.ts is malformed');
  });
});

test('a file of version 2 is read', () => {
  const text = JSON.stringify({version: 2, files: {a: record()}});
  expect(parseTimings(text)).toEqual({files: new Map([['a', record()]]), costs: null});
});

test('the text names each machine once', () => {
  const on = (place: string) => record({measured: {loadMs: 1, cpuMs: 1, on: place}});
  const text = formatDurations(
    new Map([
      ['a', on('linux')],
      ['b', on('darwin')],
      ['c', on('linux')],
    ]),
  );
  expect(text.match(/linux/g)).toHaveLength(1);
});

describe('what processes measured', () => {
  const profile = (fields: Partial<FileProfile>) =>
    ({environmentMs: 0, setupMs: 0, modulesMs: 0, ...fields}) as FileProfile;

  test('is nothing without a profile', () => {
    expect(measuredBy([], 'here')).toBeNull();
  });

  test('is one loading and the tests of all', () => {
    const first = profile({environmentMs: 10.2, setupMs: 20, modulesMs: 30, cpuMs: 100});
    const second = profile({environmentMs: 10, setupMs: 20, modulesMs: 20, cpuMs: 90});
    const idle = profile({environmentMs: 50, cpuMs: 40});
    expect(measuredBy([first], 'here')).toEqual({loadMs: 60, cpuMs: 100, on: 'here'});
    expect(measuredBy([first, second, idle], 'here')).toEqual({loadMs: 60, cpuMs: 140, on: 'here'});
  });
});

test('a death keeps what was measured before', () => {
  const measured = {loadMs: 1, cpuMs: 2, on: 'here'};
  expect(recordOfDeath(record({measured, recent: [9, 10]}))).toEqual({
    ms: 10,
    tests: {},
    short: 0,
    end: 'died',
    measured,
    recent: [9, 10],
  });
  expect(recordOfDeath(null)).toEqual({ms: null, tests: {}, short: 0, end: 'died'});
});

test('a test may be called like a method of Object', () => {
  const {tests} = testDurations([
    {fullName: 'toString', duration: 5},
    {fullName: '__proto__', duration: 7},
  ]);
  const text = formatDurations(new Map([['a', record({tests})]]));
  expect(Object.entries(parseTimings(text).files.get('a')?.tests ?? {})).toEqual([
    ['toString', 5],
    ['__proto__', 7],
  ]);
});

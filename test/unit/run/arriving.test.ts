import type {Test} from '@jest/test-result';
import type {FileRecord} from '../../../src/core/plan/durations';
import type {SchedulePlan} from '../../../src/core/schedule';
import {Arriving} from '../../../src/run/arriving';
import type {Arrivals, OpenRun} from '../../../src/run/arrivals';
import {Reports} from '../../../src/run/files/reports';
import {placed, planOf} from '../plans';
import {jestTest, testResult} from './jestTests';

const RECORD: FileRecord = {at: 1, ms: 10, tests: {}, short: 0, end: 'passed'};

/** A run of these tests, by unit; what its listener hears, and what its dispatch is told. */
function openRun(plan: SchedulePlan, tests: readonly Test[], fields: Partial<Arrivals> = {}) {
  const heard: unknown[][] = [];
  const posted: unknown[][] = [];
  const faults: string[] = [];
  let run: OpenRun | undefined;
  const arriving = new Arriving(
    {
      timings: {files: new Map(), costs: null},
      cuts: new Map(),
      open: opened => (run = opened),
      started: test => heard.push(['started', test]),
      gaveBack: left => heard.push(['gave back', ...left]),
      busy: workers => heard.push(['busy', workers]),
      told: (test, name) => heard.push([name, test]),
      cut: test => heard.push(['cut', test]),
      ended: (...all) => heard.push(['ended', ...all]),
      ...fields,
    },
    {
      report: (doing, error) => {
        faults.push(`${doing}: ${(error as Error).message}`);
        return {message: '', stack: '', type: 'Error'};
      },
    },
  );
  const reports = new Reports({
    emitter: arriving,
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
    onEnded: test => arriving.ended(test),
  });
  const dispatch = {
    add: (units: readonly number[]) => posted.push(['add', ...units]),
    takeBack: (units: readonly number[]) => posted.push(['take back', ...units]),
    noMore: () => posted.push(['no more']),
    stop: (reason: string) => {
      posted.push(['stop', reason]);
      return Promise.resolve();
    },
  };
  const begin = () => arriving.open({plan, tests, dispatch, finished: Promise.resolve()}, reports);
  return {arriving, reports, heard, posted, faults, begin, opened: () => run!};
}

test('two parts of one file are two units, and each is told of by its own test', async () => {
  const [one, other] = [jestTest('/a.test.js'), jestTest('/a.test.js')];
  const {arriving, reports, heard, posted, begin, opened} = openRun(planOf([1, 1]), [one, other]);
  begin();
  opened().add([other]);
  opened().add([one, other]);
  expect(posted).toEqual([
    ['add', 1],
    ['add', 0],
  ]);
  arriving.started(other);
  arriving.started(other);
  void reports.jestEvent(other, 'test-case-result', ['/a.test.js', {}]);
  arriving.noted(other, RECORD, null);
  arriving.shared(other, 3);
  void reports.fileSucceeded(other, testResult({passed: 1}));
  await reports.drained();
  expect(heard).toEqual([
    ['started', other],
    ['test-case-result', other],
    ['test-file-success', other],
    ['ended', other, RECORD, 3, {}],
  ]);
});

test('a file that cannot run ends when it is added, and not before', async () => {
  const [sound, refused] = [jestTest('/a.test.js'), jestTest('/b.test.js')];
  const {arriving, reports, heard, posted, begin, opened} = openRun(planOf([1]), [sound]);
  arriving.fileRefused(refused, {message: 'no', stack: '', type: 'Error'});
  begin();
  await reports.drained();
  expect(heard).toEqual([]);
  opened().add([refused]);
  opened().add([refused]);
  opened().takeBack([refused]);
  await reports.drained();
  expect(heard).toEqual([
    ['test-file-start', refused],
    ['test-file-failure', refused],
    ['ended', refused, null, null, {}],
  ]);
  expect(posted).toEqual([['add'], ['add']]);
});

test('files are taken back on all nodes, and can be added again when they have left', () => {
  const [a, b] = [jestTest('/a.test.js'), jestTest('/b.test.js')];
  const {arriving, heard, posted, begin, opened} = openRun(placed(planOf([1, 1, 1, 1]), 2), [a, a, b, b]);
  begin();
  opened().add([a, b]);
  opened().takeBack([a]);
  opened().takeBack([b, a]);
  opened().add([a]);
  arriving.gaveBack([0, 1]);
  expect([...arriving.here]).toEqual([b]);
  opened().takeBack([b, a]);
  opened().add([a]);
  expect(posted).toEqual([['add', 0, 1, 2, 3], ['take back', 0, 1], ['take back', 2, 3, 0, 1], ['add'], ['add', 0, 1]]);
  expect(heard).toEqual([['gave back', a]]);
});

test('the caller hears how many workers are busy', () => {
  const {arriving, heard, begin} = openRun(planOf([1]), [jestTest('/a.test.js')]);
  begin();
  arriving.busy(1);
  expect(heard).toEqual([['busy', 1]]);
});

test('the run ends when no more files come, or early', async () => {
  const {posted, begin, opened} = openRun(planOf([1]), [jestTest('/a.test.js')]);
  begin();
  opened().noMore();
  await opened().stop();
  expect(posted).toEqual([['no more'], ['stop', 'interrupted']]);
});

test('a file that is not of the run is an error of the caller; an error of the listener is a fault', () => {
  const {begin, opened, faults} = openRun(planOf([1]), [jestTest('/a.test.js')]);
  begin();
  expect(() => opened().add([jestTest('/b.test.js')])).toThrow('/b.test.js is not a file of this run');
  expect(faults).toEqual([]);
  const other = openRun(planOf([]), [], {
    open: () => {
      throw new Error('no');
    },
  });
  other.begin();
  expect(other.faults).toEqual(['the listener of a run whose files arrive was given the run: no']);
});

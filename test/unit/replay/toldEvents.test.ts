/** What Jest is told of several recordings, and in which order. */
import {join} from 'node:path';
import {createEmptyTestResult, type TestResult} from '@jest/test-result';
import type {RecordingLine, ToldName} from '../../../src/recording/lines';
import type {SharedFile} from '../../../src/replay/order';
import {toldEvents} from '../../../src/replay/toldEvents';
import {RUN, writeRecording} from '../../recordedRuns';
import {passedTest} from '../run/jestTests';
import {temporaryFolder} from '../run/temporaryFolder';

const folder = temporaryFolder();
const NAMES = ['a', 'b'];

let count = 0;

const told = (name: ToldName, file: number, data: unknown = null): RecordingLine => {
  return {type: 'told', at: 1, name, file, data};
};
const start = (file = 0) => told('test-file-start', file);
const done = (own: readonly number[], file = 0) => {
  const testResults = own.map(place => passedTest(NAMES[place] ?? '?'));
  return told('test-file-success', file, {...createEmptyTestResult(), testFilePath: 'x.test.js', testResults});
};
const failure = (message: string) => told('test-file-failure', 0, {message, stack: message, type: 'Error'});
const end = (verdict: 'passed' | 'fault', failedOutside = false): RecordingLine => {
  return {type: 'end', at: 1, verdict, failedOutside};
};
const warning = (text: string): RecordingLine => ({type: 'warning', at: 1, text});

const cuts = (...own: readonly (readonly number[])[]): SharedFile['cuts'] =>
  own.map((places, recording) => {
    const rest = {at: 1, file: 0, names: NAMES, loadEntries: 0, unchecked: []};
    return {recording, cut: {type: 'cut', own: places, ...rest}};
  });

const SHARED: SharedFile = {file: 0, endsIn: 1, failure: null, cuts: cuts([0], [1])};

/** Each event as a text. */
function eventsOf(recordings: readonly (readonly RecordingLine[])[], shared: Partial<SharedFile>): string[] {
  const files = [0, 1].map(index => ({project: 0, path: `${index}.test.js`}));
  const order = {
    files: [],
    recordings: recordings.map(lines => {
      const path = join(folder, `${count++}.xdist`);
      writeRecording(path, [{...RUN, level: 'full'}, {type: 'files', files}, ...lines, end('passed')]);
      return {path, root: folder, files: [0, 1]};
    }),
    shared: [{...SHARED, ...shared}],
    incomplete: false,
  };
  const tools = {mergeCoverage: () => ({}), mergeV8Coverage: () => [], slowTestThresholdS: 5};
  return [...toldEvents(order, join(folder, 'maps'), () => tools)].map(event => {
    if (event.type !== 'told') return 'text' in event ? `warning ${event.text}` : event.type;
    const {testResults, message} = (event.told ?? {}) as Partial<TestResult> & {message?: string};
    const what = testResults?.map(({fullName}) => fullName).join('+') ?? message;
    return [event.name.replace('test-file-', ''), event.file, what].filter(one => one !== undefined).join(' ');
  });
}

test('a file of several recordings starts once, and ends where its last part ends', () => {
  expect(
    eventsOf(
      [
        [start(), start(1), done([0]), done([0], 1)],
        [start(), done([1])],
      ],
      {},
    ),
  ).toEqual(['start 0', 'start 1', 'success 1 a', 'success 0 a+b']);
});

test('its first failure is that of the file', () => {
  const parts = [[start(), failure('one')], [failure('other')], [start()]];
  expect(eventsOf(parts, {})).toEqual(['start 0', 'failure 0 one']);
  expect(eventsOf([[start(), done([0])], [failure('other')]], {})).toEqual(['start 0', 'failure 0 other']);
});

test('it may be whole in one of them', () => {
  expect(eventsOf([[], [start(), done([0, 1])]], {cuts: []})).toEqual(['start 0', 'success 0 a+b']);
});

test('it fails for a reason that is none of its parts', () => {
  const events = eventsOf([[start(), done([0])], []], {failure: 'the lists differ'});
  expect(events).toEqual(['start 0', 'failure 0 the lists differ']);
  expect(eventsOf([[], []], {failure: 'no tests'})).toEqual(['start 0', 'failure 0 no tests']);
});

test('it fails if its parts are not the whole file', () => {
  const [, end] = eventsOf([[start(), done([0])], [done([0])]], {cuts: cuts([0], [0])});
  expect(end).toMatch(/^failure 0 .*no result of "b"; more than one result of "a"/);
});

test('without an end of any part, there is none', () => {
  expect(eventsOf([[start()], [start()]], {})).toEqual(['start 0']);
});

test('what several recordings warn of is told once', () => {
  const [one, other] = [warning('one'), warning('other')];
  expect(eventsOf([[one, one], [other, one], [other]], {})).toEqual(['warning one', 'warning one', 'warning other']);
});

test('a fault of the runner fails the run, and so does what is not the result of a file', () => {
  expect(eventsOf([[end('fault')], [end('passed', true)], []], {})).toEqual(['failed-outside', 'failed-outside']);
});

import {summaryOf} from '../../../src/analysis/summary';
import type {RecordedTest, RecordingLine, ShareLine} from '../../../src/recording';
import {toJson} from '../../../src/recording/json';

const PROFILE: NonNullable<ShareLine['profile']> = {
  ms: 100,
  environmentMs: 0,
  setupMs: 0,
  transformMs: 0,
  modulesMs: 50,
  testsMs: 50,
  hooksMs: 0,
  teardownMs: 0,
  cpuMs: 100,
  delayMs: 0,
  packages: [{name: 'lodash', ms: 30, modules: 600}],
  sources: [],
  modules: 700,
  memory: {heap: 1, rss: 1},
};
const test_ = (title: string, status: RecordedTest['status'], ms: number | null): RecordedTest => ({
  titles: ['block', title],
  status,
  ms,
  at: null,
});
const share = (file: number, tests: RecordedTest[], ms = 100): ShareLine => ({
  type: 'share',
  at: ms,
  file,
  unit: null,
  slot: null,
  node: null,
  tests,
  profile: {...PROFILE, ms},
});
const IN_BAND: RecordingLine[] = [
  {type: 'files', files: [0, 1, 2].map(index => ({project: 0, path: `${index}.test.js`}))},
  share(0, [test_('a', 'failed', 5), test_('b', 'passed', 50)]),
  share(1, [test_('c', 'skipped', null)], 300),
  {type: 'file', at: 1, file: 0, status: 'failed', tests: {passed: 1, failed: 1, pending: 0, todo: 0}, error: null},
  {type: 'file', at: 2, file: 1, status: 'skipped', tests: {passed: 0, failed: 0, pending: 1, todo: 0}, error: null},
  {type: 'end', at: 400, verdict: 'failed', failedOutside: false},
];

test('a run in band has a summary without workers', () => {
  expect(summaryOf(IN_BAND)).toMatchObject({
    verdict: 'failed',
    ms: 400,
    counts: {files: {passed: 0, failed: 1, skipped: 1, notRun: 1}, tests: {passed: 1, failed: 1, pending: 1, todo: 0}},
    failed: [{file: 0, titles: ['block', 'a'], messages: []}],
    slowestFiles: [
      {file: 1, ms: 300},
      {file: 0, ms: 100},
    ],
    slowestTests: [
      {file: 0, titles: ['block', 'b'], ms: 50},
      {file: 0, titles: ['block', 'a'], ms: 5},
    ],
    packages: [{name: 'lodash', ms: 60, files: 2, modules: 1200}],
    floor: null,
    workers: [],
    timeline: null,
  });
});

test('a full recording has the texts of failures', () => {
  const result = {
    testResults: [
      {ancestorTitles: ['block'], title: 'a', status: 'failed', failureMessages: ['Error: no']},
      {ancestorTitles: ['block'], title: 'b', status: 'passed', failureMessages: []},
    ],
  };
  const told = (data: unknown): RecordingLine => ({type: 'told', at: 3, name: 'test-file-success', file: 0, data});
  expect(summaryOf([...IN_BAND, told(toJson(result))]).failed).toEqual([
    {file: 0, titles: ['block', 'a'], messages: ['Error: no']},
  ]);
  for (const other of [null, 1, [], {testResults: 1}, {testResults: [null, {title: 1}]}, {$xdist: ['x']}]) {
    expect(summaryOf([...IN_BAND, told(other)]).failed).toHaveLength(1);
  }
});

test('a test that failed in a file that began anew did not fail', () => {
  const again = [...IN_BAND, share(0, [test_('a', 'passed', 5)])];
  expect(summaryOf(again).failed).toEqual([]);
});

import {createEmptyTestResult} from '@jest/test-result';
import {testsOf} from '../../../../src/fleet/results/resultTests';
import {passedTest} from '../../run/jestTests';
import {failure, fileResult, START, success} from './jobResults';

const perfStats = {...createEmptyTestResult().perfStats, start: 1000};

test('the times of tests are by the clock of the server', () => {
  const testResults = [
    passedTest('a', {ancestorTitles: ['block'], startAt: 1020, duration: 5}),
    passedTest('b', {startAt: null, duration: null, status: 'pending'}),
  ];
  const end = success(0, [], {perfStats, testResults});
  expect(testsOf(fileResult(0, [START, end], {at: 7_000_000}))).toEqual([
    {titles: ['block', 'a'], status: 'passed', ms: 5, at: 7_000_020},
    {titles: ['b'], status: 'pending', ms: null, at: null},
  ]);
});

test('what Jest 29 does not say, or JSON does not have, is unknown', () => {
  const {startAt: _at, duration: _ms, ...rest} = passedTest('a');
  const data = {perfStats, testResults: [{...rest, duration: {$xdist: ['undefined']}}, rest]};
  expect(testsOf(fileResult(0, [{name: 'test-file-success', data}]))).toEqual(
    [1, 2].map(() => ({titles: ['a'], status: 'passed', ms: null, at: null})),
  );
});

test('a result without tests has none, and neither has one that Jest cannot be told', () => {
  expect(testsOf(fileResult(0, [START, failure('no')]))).toEqual([]);
  expect(testsOf(fileResult(0, []))).toEqual([]);
  for (const data of [null, {}, {perfStats, testResults: [{title: 1}]}, {perfStats: {}, testResults: []}]) {
    expect(testsOf(fileResult(0, [{name: 'test-file-success', data}]))).toEqual([]);
  }
});

import {recordOnNodes} from '../../../../src/core/fleet/recordOnNodes';
import type {FileRecord} from '../../../../src/core/plan/durations';

const record = (fields: Partial<FileRecord> = {}): FileRecord => {
  return {at: 1, ms: 10, tests: {x: 10}, short: 0, end: 'passed', ...fields};
};

test('without nodes, it is the record of the file', () => {
  const known = record();
  expect(recordOnNodes(new Map([['a', known]]), 'a', [])).toBe(known);
  expect(recordOnNodes(new Map(), 'a', [])).toBeNull();
});

test('with nodes, a job takes as long as the file on all of them', () => {
  const durations = new Map([
    ['a on one', record()],
    ['a on two', record({ms: 5, at: 3, end: 'failed'})],
    ['b on one', record({ms: null})],
    ['b on two', record()],
  ]);
  expect(recordOnNodes(durations, 'a', ['one', 'two'])).toMatchObject({ms: 15, at: 3, end: 'failed'});
  expect(recordOnNodes(durations, 'b', ['one', 'two'])).toMatchObject({ms: null, end: 'passed'});
  expect(recordOnNodes(durations, 'a', ['one', 'three'])).toBeNull();
});

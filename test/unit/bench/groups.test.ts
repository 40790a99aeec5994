import {groupsUnder} from '../../../bench/groups';
import type {TracedFile} from '../../../bench/trace';

const file = (fields: Partial<TracedFile>): TracedFile => ({
  bytes: 0,
  loadMs: 1,
  split: 'tests',
  tests: [1, 1, 1, 1, 1, 1],
  ...fields,
});

test('each test is alone where nothing is said', () => {
  for (const grouping of ['none', 'named'] as const)
    expect(groupsUnder(grouping, file({}))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what stays together does so under every grouping', () => {
  const together = [0, 1, 0, 2, 3, 4];
  expect(groupsUnder('none', file({together}))).toEqual(together);
  // Test 2 brings the others of its block along.
  expect(groupsUnder('scope', file({together, block: [0, 0, 1, 1, 2, 2]}))).toEqual([0, 0, 0, 0, 1, 1]);
});

test('under scope, so do tests of one block, and those that are in none', () => {
  expect(groupsUnder('scope', file({block: [null, 0, 0, null, 1, 1]}))).toEqual([0, 1, 1, 0, 2, 2]);
  expect(groupsUnder('scope', file({}))).toEqual([0, 0, 0, 0, 0, 0]);
});

test('under named, so do those of one @group, and nothing else', () => {
  expect(groupsUnder('named', file({block: [0, 0, 1, 1, 2, 2], group: [0, 0, null, null, 0, 0]}))).toEqual([
    0, 0, 1, 2, 0, 0,
  ]);
});

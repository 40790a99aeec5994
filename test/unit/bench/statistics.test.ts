import {boundOfMean, median} from '../../../bench/statistics';

test('the median of an even number of values is between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
});

test('the bound of the mean is that of a table of Student’s t', () => {
  // t(4) = 2.132, t(14) = 1.761.
  expect(boundOfMean([1, 2, 3, 4, 5])).toBeCloseTo(3 + (2.132 * Math.sqrt(2.5)) / Math.sqrt(5), 2);
  const many = Array.from({length: 15}, (_, index) => [1, 2, 3][index % 3]!);
  const deviation = Math.sqrt(10 / 14);
  expect(boundOfMean(many)).toBeCloseTo(2 + (1.761 * deviation) / Math.sqrt(15), 3);
});

'use strict';
const {allocate, formatCents, percentOf} = require('../src/domain/money');

describe('percentOf', () => {
  it('rounds half a cent up', () => {
    expect(percentOf(249, 5)).toBe(12); // 12.45
    expect(percentOf(250, 5)).toBe(13); // 12.5
  });

  it('takes fractions of a percent', () => {
    expect(percentOf(2_000, 5.5)).toBe(110);
  });
});

describe('allocate', () => {
  it.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [1, [5, 1, 4], [1, 0, 0]],
    [10, [0, 3], [0, 10]],
  ])('%i over %j -> %j', (cents, weights, expected) => {
    expect(allocate(cents, weights)).toEqual(expected);
  });

  it('never loses or makes a cent, and strays from the exact share by less than one', () => {
    // A fixed sequence: a failure here must be the same failure the next time.
    let state = 1;
    const random = limit => (state = (state * 48_271) % 2_147_483_647) % limit;
    for (let round = 0; round < 2_000; round++) {
      const weights = Array.from({length: 1 + random(12)}, () => random(10_000));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      if (total === 0) continue;
      const cents = random(total + 1);
      const shares = allocate(cents, weights);
      const strays = shares.filter((share, index) => Math.abs(share - (cents * weights[index]) / total) >= 1);
      expect({sum: shares.reduce((sum, share) => sum + share, 0), strays}).toEqual({sum: cents, strays: []});
    }
  });
});

it('formatCents always writes two decimals', () => {
  expect([0, 5, 1_250, -1_250, -5].map(formatCents)).toEqual(['0.00', '0.05', '12.50', '-12.50', '-0.05']);
});

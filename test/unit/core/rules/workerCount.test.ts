import {mayHaveSeveral} from '../../../../src/core/rules/workerCount';

test.each([
  [null, null, 1, false],
  [null, null, 2, true],
  [1, null, 4, false],
  [2, null, 1, true],
  ['auto', null, 1, true],
  ['auto', 1, 4, false],
  ['auto', 2, 1, true],
] as const)('slots %p, maxSlots %p, -w %d: %p', (slots, maxSlots, maxWorkers, several) => {
  expect(mayHaveSeveral({slots, maxSlots}, maxWorkers)).toBe(several);
});

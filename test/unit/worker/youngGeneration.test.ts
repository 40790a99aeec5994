import {ownProcesses} from '../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** Sizes in MB, and V8's tag of its version and flags, before and after. */
const SCRIPT = `
  const v8 = require('node:v8');
  const look = () => ({
    size: Math.round(v8.getHeapSpaceStatistics().find(({space_name}) => space_name === 'new_space').space_size / 2 ** 20),
    tag: v8.cachedDataVersionTag(),
  });
  const before = look();
  ours('youngGeneration').growYoungGeneration();
  const after = look();
  return {before: before.size, after: after.size, sameFlags: before.tag === after.tag};`;

interface Sizes {
  readonly before: number;
  readonly after: number;
  readonly sameFlags: boolean;
}

test('the young generation is as large as it gets, and no flag is left', () => {
  const {before, after, sameFlags} = inOwnProcess(SCRIPT) as Sizes;
  expect(before).toBeLessThan(16);
  expect(after).toBeGreaterThanOrEqual(16);
  expect(sameFlags).toBe(true);
});

test('a size that the user has set stays', () => {
  const {after} = inOwnProcess(SCRIPT, {nodeArguments: ['--max-semi-space-size=2']}) as Sizes;
  expect(after).toBeLessThanOrEqual(4);
});

import {heapUsedBytes, residentBytes} from '../../../src/pristine/memory';

test('the memory of the process is what Node says, or nearly', () => {
  const node = process.memoryUsage();
  expect(residentBytes()).toBeGreaterThan(node.rss / 2);
  expect(residentBytes()).toBeLessThan(node.rss * 2);
  expect(heapUsedBytes()).toBeGreaterThan(node.heapUsed / 2);
});

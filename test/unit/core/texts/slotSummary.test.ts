import {createController, judge, type SlotController} from '../../../../src/core/schedule/slotController';
import {describeSlots} from '../../../../src/core/texts/slotSummary';
import {planOf, units} from '../../plans';

const GROWTH = {from: 2, cores: 2, reserveBytes: 100 * 1024 * 1024, limitIsGiven: false};
const MEMORY = {availableBytes: 10e9, workerBytes: 1e8};
const plan = planOf(units(40, 300), {slots: 8, growth: GROWTH});

/** A controller that has seen so many samples of 50 ms, each with so many idle cores. */
function after(
  ...phases: [count: number, idleCores: number, fields?: {live?: number; further?: number; availableBytes?: number}][]
) {
  const made = createController(GROWTH, 8);
  for (const [count, idleCores, {live = made.allowed, further = 50, ...memory} = {}] of phases) {
    for (let index = 0; index < count; index++) {
      judge(made, {idleCores, ms: 50, ...MEMORY, ...memory}, {live, further, worthwhile: 50, settledMs: 1e4});
    }
  }
  return made;
}

const line = (controller: SlotController, mostWorkers: number, slots = 8) =>
  describeSlots({controller, mostWorkers, plan: {...plan, slots}});

test('a run whose number of workers was fixed, or that had none, says nothing', () => {
  expect(describeSlots({controller: null, mostWorkers: 2, plan})).toBeNull();
  expect(line(after(), 0)).toBeNull();
});

test.each<[string, SlotController, number, string]>([
  ['up to the limit', after([9, 1.9]), 8, '2 -> 8 workers (cores were 95% idle; limit 8 = 4 x 2 cores)'],
  [
    'until cores were busy',
    after([9, 1.2], [9, 0.5]),
    4,
    '2 -> 4 workers (cores were 60% idle; no more: cores were then 25% idle)',
  ],
  [
    'until files were few',
    after([9, 2, {further: 1}], [9, 1, {further: 0}]),
    3,
    '2 -> 3 workers (cores were 100% idle; no file was left for more)',
  ],
  [
    'and down again',
    after([9, 2], [20, 0]),
    8,
    '2 -> 8 -> 5 workers (cores were 100% idle; then busy; limit 8 = 4 x 2 cores)',
  ],
  ['and down to where it began', after([9, 2], [400, 0]), 7, '2 -> 7 -> 2 workers (cores were 100% idle; then busy)'],
  [
    'and down for want of memory',
    after([9, 2], [1, 1, {availableBytes: 1e7}]),
    7,
    '2 -> 7 workers (cores were 100% idle; no file was left for more)',
  ],
  ['not, as cores were busy', after([40, 0.06]), 2, '2 workers (no more: cores were 3% idle)'],
  ['not, as there was no file', after([9, 2, {further: 0}]), 2, '2 workers (no file was left for more)'],
  [
    'not, as memory was short',
    after([9, 2, {availableBytes: 2e8}]),
    2,
    '2 workers (no more: 191 MB of memory were available, of which 100 MB are reserved for other programs)',
  ],
  ['not, as it was over too soon', after([1, 0]), 2, '2 workers (the run ended before the load was known)'],
])('%s', (_, controller, mostWorkers, expected) => {
  expect(line(controller, mostWorkers)).toBe(`slots: ${expected}`);
});

test('one worker is one', () => {
  const one = createController({...GROWTH, from: 1}, 8);
  expect(line(one, 1)).toBe('slots: 1 worker (the run ended before the load was known)');
});

test('the limit says whose it is', () => {
  const growth = {...GROWTH, limitIsGiven: true};
  expect(line(createController(growth, 2), 2, 2)).toBe('slots: 2 workers (limit 2 = maxSlots)');
  expect(line(createController({...GROWTH, from: 9}, 9), 9, 9)).toBe('slots: 9 workers (limit 9 = -w)');
  expect(line(createController({...GROWTH, cores: 1.5}, 6), 6, 6)).toBe(
    'slots: 2 -> 6 workers (limit 6 = 4 x 1.5 cores)',
  );
});

import {costOf, isCause} from '../../../../src/core/fleet/stories';
import type {Story} from '../../../../src/core/fleet/messages';
import {blameFleetFile} from '../../../../src/core/texts/fleetLosses';

function story(machine: string, token: string, at: number, what: Story['what'] = 'began'): Story {
  return {machine, name: `runner-${machine}`, token, at, what};
}

/** It has no story. */
const ASKER = 'm0';

test('a machine that began a job and was not heard of again is lost', () => {
  expect(costOf([story('m1', 't1', 100)], ASKER)).toEqual([{machine: 'm1', name: 'runner-m1', begunAt: 100}]);
});

test.each(['gave-back', 'left', 'lost-lease'] as const)('a machine that says "%s" is not lost', what => {
  expect(costOf([story('m1', 't1', 100), story('m1', 't1', 200, what)], ASKER)).toEqual([]);
});

test('a machine that never began the job is not lost', () => {
  expect(costOf([story('m1', 't1', 100, 'lost-lease')], ASKER)).toEqual([]);
});

test('a job has not cost the machine that asks', () => {
  expect(costOf([story('m1', 't1', 100)], 'm1')).toEqual([]);
});

test('a machine counts once, and what it says of one lease is not about another', () => {
  const stories = [
    story('m1', 't3', 300),
    story('m1', 't1', 100),
    story('m1', 't2', 200),
    story('m1', 't2', 250, 'lost-lease'),
  ];
  expect(costOf(stories, ASKER)).toEqual([{machine: 'm1', name: 'runner-m1', begunAt: 100}]);
});

test('two lost machines make the job the cause, and its failure has both stories', () => {
  const losses = costOf([story('m2', 't2', 40_000), story('m1', 't1', 1000)], ASKER);
  expect(isCause(losses)).toBe(true);
  expect(isCause(losses.slice(1))).toBe(false);
  expect(blameFleetFile(losses, 100_000)).toEqual({
    message:
      '2 machines of the fleet were lost while they ran this test file, so no other machine runs it.\n' +
      "Its tests may have exhausted the machine's memory, or stopped Jest itself.\n\n" +
      '  runner-m1 (m1) began it 99 s ago, and sent nothing more\n' +
      '  runner-m2 (m2) began it 60 s ago, and sent nothing more',
    stack: '',
    type: 'Error',
  });
});

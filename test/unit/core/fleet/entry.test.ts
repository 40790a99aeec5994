import {decideEntry, openJobs, type Entry, type StateOfRun} from '../../../../src/core/fleet/entry';
import {planFleet} from '../../../../src/core/fleet/planFleet';
import {inputOf} from '../shards/shardInputs';
import {collectionOf} from './collections';

const first = planFleet([inputOf('a', 1), inputOf('b', 2)], {
  id: 'p1',
  machines: 1,
  collection: collectionOf(['a', 'b']),
});
const second = {...first, id: 'p2', round: 2, kept: [{job: '0', plan: 'p1', token: 't'}]};

test.each<readonly [string, StateOfRun, Entry]>([
  ['nobody has planned', {plan: null, completed: 0, failed: false, alive: 3}, 'plan'],
  ['the run goes on', {plan: first, completed: 1, failed: false, alive: 1}, 'join'],
  ['the run goes on and will fail', {plan: first, completed: 1, failed: true, alive: 1}, 'join'],
  ['the run has passed', {plan: first, completed: 2, failed: false, alive: 0}, 'be-told'],
  ['the run has passed, and others are still told', {plan: first, completed: 2, failed: false, alive: 2}, 'be-told'],
  ['the run has failed', {plan: first, completed: 2, failed: true, alive: 1}, 'new-round'],
  ['all have left the run', {plan: first, completed: 1, failed: false, alive: 0}, 'new-round'],
  [
    'all have left the run, in which something has failed',
    {plan: first, completed: 1, failed: true, alive: 0},
    'new-round',
  ],
  ['a later round goes on', {plan: second, completed: 0, failed: false, alive: 1}, 'join'],
  ['a later round has passed', {plan: second, completed: 1, failed: false, alive: 0}, 'be-told'],
])('if %s', (_what, state, entry) => {
  expect(decideEntry(state)).toBe(entry);
});

test('a run without files has passed', () => {
  const plan = planFleet([], {id: 'p1', machines: 1, collection: collectionOf([])});
  expect(openJobs(plan)).toBe(0);
  expect(decideEntry({plan, completed: 0, failed: false, alive: 0})).toBe('be-told');
});

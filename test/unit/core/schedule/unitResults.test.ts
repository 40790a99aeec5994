/** Which parts a unit's result is made of, and what the user is told on the way. */
import type {Command, Notice} from '../../../../src/core/schedule/events';
import type {ScheduleState} from '../../../../src/core/schedule/state';
import {
  after,
  commandsOf,
  done,
  indivisible,
  leaves,
  leftBy,
  lost,
  opened,
  planOf,
  started,
  units,
  up,
  w1,
  w2,
  w3,
} from '../../plans';
import {LONG, longUnits} from '../longUnits';

/** One file that is open in the first worker; the others were asked to join. */
function open(tests: number, slots = 3): ScheduleState {
  const state = after(planOf([null], {slots}, [0]), up(w1), started(w1, 0), opened(w1, 0, units(tests, LONG)));
  for (let slot = 2; slot <= slots; slot++) commandsOf(state, up({slot, generation: 1}));
  return state;
}

const only = <T extends Command['type']>(commands: Command[], type: T) =>
  commands.filter((command): command is Extract<Command, {type: T}> => command.type === type);
const notice = (commands: Command[]): Notice[] => only(commands, 'tell').map(command => command.notice);

test('the parts of a shared file come in the order in which its workers opened it', () => {
  const state = open(9);
  for (const who of [w3, w2]) commandsOf(state, started(who, 0), opened(who, 0, []));
  const kept = only(
    [w1, w2, w3].flatMap(who => commandsOf(state, done(who, 0, {tests: [who.slot]}))),
    'keep-part',
  );
  expect(kept.map(({slot, part, apart}) => [slot, part, apart])).toEqual([
    [1, 1, 'split'],
    [2, 2, 'split'],
    [3, 3, 'split'],
  ]);
  const again = open(2, 2);
  commandsOf(again, started(w2, 0), opened(w2, 0, []), done(w2, 0, {tests: [1]}));
  expect(only(commandsOf(again, done(w1, 0, {tests: [0]})), 'merge')).toEqual([
    {type: 'merge', unit: 0, parts: [2, 1], failedIn: null, remains: null, awaited: false},
  ]);
});

test('a worker that came too late for any test adds no part', () => {
  const state = open(2, 2);
  commandsOf(state, started(w2, 0), opened(w2, 0, []));
  expect(only(commandsOf(state, done(w2, 0, {tests: null})), 'keep-part')).toEqual([]);
  expect(only(commandsOf(state, done(w1, 0, {tests: [0, 1]})), 'merge')).toMatchObject([{parts: [1]}]);
});

test('a session that fails is the result of the file', () => {
  const state = open(9, 2);
  commandsOf(state, started(w2, 0), opened(w2, 0, []));
  const commands = commandsOf(state, done(w2, 0, {failed: true, tests: null}));
  expect(only(commands, 'merge')).toMatchObject([{unit: 0, failedIn: 2, remains: null}]);
});

test('a unit that ran whole is what its worker delivered', () => {
  const state = after(longUnits(1), up(w1), started(w1, 0));
  const commands = commandsOf(state, done(w1, 0, {tests: null}));
  expect(only(commands, 'report')).toEqual([{type: 'report', unit: 0, slot: 1, awaited: false}]);
  expect(commands.map(({type}) => type)).toEqual(['close-slot', 'report', 'units-ended']);
});

test('what a dead worker left is kept with what is to blame, and made part of the result', () => {
  const state = after(longUnits(1), up(w1), started(w1, 0));
  const first = commandsOf(state, lost(w1, leaves(0, 3, {ended: [0], running: [1]})));
  expect(first.slice(0, 2)).toEqual([
    {
      type: 'keep-remains',
      unit: 0,
      slot: 1,
      part: 1,
      crash: {type: 'test', place: 1, hook: null},
      failed: [1],
    },
    {type: 'resume', unit: 0, resumption: {listing: 'f00', leaveOut: [0, 1]}},
  ]);
  const second = {slot: 1, generation: 2};
  commandsOf(state, up(second), started(second, 0), opened(second, 0, [LONG]));
  const last = commandsOf(state, done(second, 0, {tests: [2]}));
  expect(only(last, 'keep-part')).toMatchObject([{part: 2, apart: 'resumed'}]);
  expect(only(last, 'merge')).toMatchObject([
    {parts: [2, 1], remains: {notRun: [], because: 'died', together: [], lastDeath: w1}},
  ]);
});

describe('a signal that ends the run', () => {
  const stopped = (...journals: {slot: number; journal: ReturnType<typeof leaves>['journal']}[]) =>
    ({type: 'stopped', reason: 'interrupted', journals}) as const;

  test('has each unit in flight reported with what is known of it', () => {
    const state = after(longUnits(3, {slots: 2}), up(w1), up(w2), started(w1, 0), started(w2, 1));
    const commands = commandsOf(state, stopped({slot: 1, ...leaves(0, 3, {ended: [0], running: [1]})}));
    expect(only(commands, 'keep-remains')).toMatchObject([{unit: 0, slot: 1, failed: [1]}]);
    expect(only(commands, 'merge')).toMatchObject([
      {unit: 0, parts: [1], remains: {notRun: [2], because: 'interrupted', lastDeath: w1}},
    ]);
    expect(only(commands, 'interrupt')).toEqual([{type: 'interrupt', unit: 1, slots: [2]}]);
    expect(only(commands, 'close-slot').map(({slot}) => slot)).toEqual([1, 2]);
  });

  test('takes all workers of a shared file together, and none that has no test of it yet', () => {
    const state = open(9);
    commandsOf(state, started(w2, 0), opened(w2, 0, []), started(w3, 0));
    const commands = commandsOf(
      state,
      stopped({slot: 1, ...leaves(0, 9, {running: [0]})}, {slot: 2, ...leaves(0, 9, {running: [1]})}),
    );
    expect(only(commands, 'keep-remains').map(({slot, failed}) => [slot, failed])).toEqual([
      [1, [0]],
      [2, [1]],
    ]);
    expect(only(commands, 'merge')).toMatchObject([{parts: [1, 2], remains: {notRun: [2, 3, 4, 5, 6, 7, 8]}}]);
  });
});

describe('the user is told', () => {
  test('which earlier file has killed a worker, and what is run again', () => {
    const state = after(longUnits(2), up(w1), started(w1, 0), done(w1, 0), started(w1, 1));
    expect(notice(commandsOf(state, lost(w1, leftBy(0))))).toEqual([
      {type: 'left-behind', slot: 1, culprit: {path: '/0.test.js', named: true}, running: '/1.test.js'},
    ]);
  });

  test('of a worker that died while it loaded a file to join it', () => {
    const state = open(9);
    commandsOf(state, started(w2, 0));
    expect(notice(commandsOf(state, lost(w2)))).toEqual([{type: 'joiner-lost', slot: 2, unit: 0}]);
  });

  test('once why a file runs whole', () => {
    expect(notice(commandsOf(open(9), opened(w2, 0, null)))).toEqual([{type: 'other-tests', slot: 2, unit: 0}]);
    expect(notice(commandsOf(open(9), done(w2, 0, {failed: true})))).toEqual([
      {type: 'joiner-failed', slot: 2, unit: 0},
    ]);
    // It came to no test framework that can be split, which is no news.
    expect(notice(commandsOf(open(9), done(w2, 0)))).toEqual([]);
    expect(notice(commandsOf(open(9), indivisible(w1, 0), indivisible(w1, 0)))).toEqual([
      {type: 'indivisible', slot: 1, unit: 0},
    ]);
  });

  test('of a worker that had to be killed when all was done, and of none before', () => {
    const state = after(longUnits(2), up(w1), started(w1, 0), done(w1, 0), started(w1, 1), done(w1, 1));
    expect(notice(commandsOf(state, {type: 'slot-closed', ...w1, forced: true}))).toEqual([
      {type: 'forced-exit', slot: 1, units: [0, 1]},
    ]);
    const retired = after(longUnits(2), up(w1), started(w1, 0), done(w1, 0, {retiring: true}));
    expect(notice(commandsOf(retired, {type: 'slot-closed', ...w1, forced: true}))).toEqual([]);
  });
});

import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import type {ScheduleEvent} from '../../../../src/core/schedule/events';
import {
  after,
  atLoad,
  closed,
  commandsOf,
  done,
  feed,
  leaves,
  leftBy,
  lost,
  next,
  opened,
  planOf,
  QUICK,
  returned,
  start,
  started,
  units,
  up,
  w1,
  w2,
  w3,
} from '../../plans';
import {LONG, longUnits} from '../longUnits';

const RETIRING = {retiring: true};
const stop: ScheduleEvent = {type: 'stopped', reason: 'bail'};

describe('starting', () => {
  test('a worker is started for each slot', () => {
    expect(feed(createSchedule(longUnits(9, {slots: 3})), start)).toEqual(['start w1.1', 'start w2.1', 'start w3.1']);
  });

  test('no more workers are started than there are units', () => {
    expect(feed(createSchedule(longUnits(2, {slots: 3})), start)).toEqual(['start w1.1', 'start w2.1']);
  });

  test('a run without units is finished at once', () => {
    expect(feed(createSchedule(planOf([])), start)).toEqual(['finish']);
  });
});

describe('giving', () => {
  test('each worker that comes up gets the next unit of the plan', () => {
    const state = after(longUnits(3, {slots: 2}));
    expect(feed(state, up(w2))).toEqual(['give w2.1: 0']);
    expect(feed(state, up(w1))).toEqual(['give w1.1: 1']);
  });

  test('a worker whose unit is done gets the next one', () => {
    const state = after(longUnits(3, {slots: 2}), up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, done(w2, 1))).toEqual(['give w2.1: 2']);
  });

  test('a worker is given a quick unit ahead, and another one as soon as that begins', () => {
    const state = after(planOf(units(4, QUICK)));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0 1']);
    expect(feed(state, started(w1, 0))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 2']);
    expect(feed(state, started(w1, 1), done(w1, 1))).toEqual(['give w1.1: 3']);
  });

  test('no more units are given at once than a chunk has', () => {
    const state = after(planOf(units(100, QUICK), {maxScheduleChunk: 3}));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0 1 2']);
  });

  test('what a chunk left out follows when the first unit begins', () => {
    const state = after(planOf(units(4, QUICK), {maxScheduleChunk: 1}));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
    expect(feed(state, started(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('nothing is given ahead without prefetch', () => {
    const state = after(planOf(units(3, QUICK), {prefetch: false}));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
    expect(feed(state, started(w1, 0))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('with a fresh worker for each unit, a worker gets one and is replaced', () => {
    const state = after(planOf(units(2, QUICK), {freshWorkerPerUnit: true}));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
    expect(feed(state, started(w1, 0), done(w1, 0))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual(['start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 1']);
  });
});

describe('even shares', () => {
  const plan = longUnits(9, {slots: 2, evenShares: true});

  test('are given at once, however long the units are', () => {
    const state = after(plan);
    expect(feed(state, up(w2))).toEqual(['give w2.1: 0 1 2 3 4']);
    expect(feed(state, up(w1))).toEqual(['give w1.1: 5 6 7 8']);
  });

  test('are levelled by whoever is through: it gets the later half of the longest', () => {
    const state = after(plan, up(w2), up(w1), started(w2, 0), started(w1, 5), done(w1, 5), started(w1, 6), done(w1, 6));
    feed(state, started(w1, 7), done(w1, 7), started(w1, 8));
    expect(feed(state, done(w1, 8))).toEqual(['take-back w2.1: 3 4']);
    expect(feed(state, returned(w2, [3, 4], [3, 4]))).toEqual(['give w1.1: 3']);
  });

  test('of a worker that has died are given to whoever comes first', () => {
    const state = after(plan, up(w2), up(w1), started(w2, 0), started(w1, 5));
    expect(feed(state, lost(w2))).toEqual(['blame w2.1: 0', 'start w2.2']);
    expect(feed(state, up(next(w2)))).toEqual(['give w2.2: 1']);
  });
});

describe('taking back', () => {
  test('an idle worker gets what another one holds and has not begun', () => {
    const state = after(planOf(units(2, QUICK), {slots: 2}), up(w1), started(w1, 0));
    expect(feed(state, up(w2))).toEqual(['take-back w1.1: 1']);
    expect(feed(state, returned(w1, [1], [1]))).toEqual(['give w2.1: 1']);
  });

  test('a worker keeps the unit that it is about to begin', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w2, 1));
    expect(feed(state, done(w2, 1))).toEqual([]);
  });

  test('a unit that had begun by then stays where it is, and the next worker is asked', () => {
    const state = after(planOf(units(4, QUICK), {slots: 3}), up(w1), up(w2));
    expect(feed(state, up(w3))).toEqual(['take-back w1.1: 1']);
    expect(feed(state, started(w1, 0), done(w1, 0), started(w1, 1), returned(w1, [1], []))).toEqual([
      'take-back w2.1: 3',
    ]);
  });

  test('for two idle workers two different units are asked for', () => {
    const state = after(planOf(units(20, QUICK), {slots: 3}), up(w1), started(w1, 0), up(w2));
    for (let unit = 3; unit < 19; unit++) feed(state, started(w2, unit), done(w2, unit));
    expect(feed(state, started(w2, 19), done(w2, 19))).toEqual(['take-back w1.1: 2']);
    expect(feed(state, up(w3))).toEqual(['take-back w1.1: 1']);
  });

  test('a worker that dies with a question open does not keep others from being asked', () => {
    const state = after(planOf(units(5, QUICK), {slots: 3}), up(w1), up(w2), up(w3), started(w3, 4), started(w1, 0));
    expect(feed(state, done(w3, 4))).toEqual(['take-back w1.1: 1']);
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'give w3.1: 1']);
    expect(feed(state, started(w3, 1), done(w3, 1))).toEqual(['take-back w2.1: 3']);
  });

  test('for one idle worker one unit is asked for at a time', () => {
    const state = after(planOf(units(5, QUICK), {slots: 3}), up(w1), up(w2), up(w3), started(w3, 4));
    expect(feed(state, done(w3, 4))).toEqual(['take-back w1.1: 1']);
    expect(feed(state, started(w1, 0), started(w2, 2), done(w2, 2))).toEqual([]);
  });
});

describe('retiring', () => {
  test('a worker over its limit is closed and replaced; what it held is given first', () => {
    const state = after(planOf(units(5, QUICK)), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0, RETIRING))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual(['start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 1 2']);
  });

  test('another worker takes over what it held', () => {
    const state = after(planOf(units(2, QUICK), {slots: 2}), up(w1), started(w1, 0), up(w2));
    expect(feed(state, done(w1, 0, RETIRING))).toEqual(['close w1.1', 'give w2.1: 1']);
    expect(feed(state, closed(w1))).toEqual([]);
  });

  test('no worker follows when there is nothing left to do', () => {
    const state = after(planOf(units(1, QUICK)), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0, RETIRING))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual(['finish']);
  });

  test('the successor of a retired worker is no restart', () => {
    const state = after(longUnits(3, {maxWorkerRestarts: 1}), up(w1), started(w1, 0), lost(w1));
    const second = next(w1);
    expect(feed(state, up(second), started(second, 1), done(second, 1, RETIRING), closed(second))).toEqual([
      'give w1.2: 1',
      'close w1.2',
      'start w1.3',
    ]);
  });

  test('it does not matter to the successor how long the last unit took', () => {
    const slow = done(w1, 0, {ms: 100, retiring: true});
    const state = after(planOf(units(41, null)), up(w1), started(w1, 0), slow, closed(w1));
    expect(feed(state, up(next(w1)))).toEqual([expect.stringMatching(/^give w1\.2: 1 2 3/)]);
  });

  test('a worker that dies while it is closed has ended, too', () => {
    const state = after(longUnits(2, {maxWorkerRestarts: 0}), up(w1), started(w1, 0), done(w1, 0, RETIRING));
    expect(feed(state, lost(w1))).toEqual(['start w1.2']);
  });
});

describe('a lost worker', () => {
  test('its running unit is blamed, it is replaced, and what it held is given first', () => {
    const state = after(planOf(units(5, QUICK)), up(w1), started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 1 2']);
  });

  test('what it held keeps its order', () => {
    const state = after(planOf(units(100, QUICK), {maxScheduleChunk: 4}), up(w1), lost(w1));
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 0 1 2 3']);
  });

  test('nothing is blamed where nothing had begun, and an idle worker takes over', () => {
    const state = after(planOf(units(2, QUICK), {slots: 2}), up(w1), up(w2));
    expect(feed(state, lost(w1))).toEqual(['give w2.1: 0 1']);
  });

  test('it is not replaced when nothing is left to give', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0']);
  });

  test('a blamed unit is not run again: the run is finished without it', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'finish']);
  });

  test('three deaths in a row without a unit begun, and the slot stays down', () => {
    const state = after(longUnits(2));
    expect(feed(state, lost(w1))).toEqual(['start w1.2']);
    expect(feed(state, up(next(w1)), lost(next(w1)))).toEqual(['give w1.2: 0', 'start w1.3']);
    expect(feed(state, lost({...w1, generation: 3}))).toEqual(['abandon 0', 'abandon 1', 'finish']);
  });

  test('a death that blames a unit is no such death, and the count begins anew', () => {
    const third = {...w1, generation: 3};
    const state = after(longUnits(2), lost(w1), lost(next(w1)), up(third), started(third, 0));
    expect(feed(state, lost(third))).toEqual(['blame w1.3: 0', 'start w1.4']);
    expect(feed(state, ...[4, 5, 6].map(generation => lost({...w1, generation})))).toEqual([
      'start w1.5',
      'start w1.6',
      'abandon 1',
      'finish',
    ]);
  });

  test('a unit that is run begins the count anew, too', () => {
    const third = {...w1, generation: 3};
    const state = after(longUnits(2), lost(w1), lost(next(w1)), up(third), started(third, 0), done(third, 0));
    expect(feed(state, lost(third))).toEqual(['start w1.4']);
  });

  test('a slot that stays down leaves the units to the others', () => {
    const state = after(longUnits(3, {slots: 2}), up(w1), started(w1, 0));
    expect(feed(state, ...[1, 2, 3].map(generation => lost({slot: 2, generation})))).toEqual([
      'start w2.2',
      'start w2.3',
    ]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
    expect(feed(state, started(w1, 1), done(w1, 1))).toEqual(['give w1.1: 2']);
  });

  test('maxWorkerRestarts 0: none is replaced, the others run the rest, and after the last one it is abandoned', () => {
    const plan = longUnits(4, {slots: 2, maxWorkerRestarts: 0});
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0']);
    expect(feed(state, done(w2, 1))).toEqual(['give w2.1: 2']);
    expect(feed(state, started(w2, 2), lost(w2))).toEqual(['blame w2.1: 2', 'abandon 3', 'finish']);
  });

  test('no second worker is started for a unit that one is starting for already', () => {
    const state = after(
      longUnits(3, {slots: 2}),
      up(w1),
      up(w2),
      started(w1, 0),
      started(w2, 1),
      done(w2, 1, RETIRING),
    );
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'start w1.2']);
    expect(feed(state, closed(w2))).toEqual([]);
  });

  test('a slot that stayed empty for want of units is not filled once maxWorkerRestarts is reached', () => {
    const plan = longUnits(2, {slots: 2, maxWorkerRestarts: 1});
    const state = after(plan, up(w1), up(w2), started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0']);
    expect(feed(state, lost(w2))).toEqual(['start w1.2']);
    expect(feed(state, lost(next(w1)))).toEqual(['abandon 1', 'finish']);
  });

  test('maxWorkerRestarts counts the replacements of all slots together', () => {
    const plan = longUnits(6, {slots: 2, maxWorkerRestarts: 2});
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, lost(w1), lost(w2))).toEqual(['blame w1.1: 0', 'start w1.2', 'blame w2.1: 1', 'start w2.2']);
    feed(state, up(next(w1)), up(next(w2)), started(next(w1), 2));
    expect(feed(state, lost(next(w1)))).toEqual(['blame w1.2: 2']);
    expect(feed(state, started(next(w2), 3), lost(next(w2)))).toEqual([
      'blame w2.2: 3',
      'abandon 4',
      'abandon 5',
      'finish',
    ]);
  });
});

describe('a lost worker of whose unit something is kept', () => {
  /** Of three tests one had ended, one ran; or all had ended. */
  const kept = (rest: boolean) => leaves(0, 3, rest ? {ended: [0], running: [1]} : {ended: [0, 1, 2]});
  /** The last test ran. */
  const last = leaves(0, 3, {running: [2]});

  test('the rest is given anew, before all else, and the unit ends with what its workers have left', () => {
    const state = after(longUnits(3), up(w1), started(w1, 0));
    expect(feed(state, lost(w1, kept(true)))).toEqual(['resume 0', 'start w1.2']);
    const second = next(w1);
    expect(feed(state, up(second))).toEqual(['give w1.2: 0']);
    // It is told which tests it is to run, as a session is: all of them.
    expect(feed(state, started(second, 0), opened(second, 0, [LONG, LONG, LONG]))).toEqual([
      'give-tests w1.2: 0 [0 1 2 last]',
    ]);
    expect(feed(state, done(second, 0, {tests: [2]}))).toEqual(['give w1.2: 1', 'merge 0']);
  });

  test('without a rest the unit has ended', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0));
    expect(feed(state, lost(w1, kept(false)))).toEqual(['merge 0', 'finish']);
  });

  test('a rest may leave a rest', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0), lost(w1, kept(true)));
    const [second, third] = [next(w1), next(next(w1))];
    feed(state, up(second), started(second, 0), opened(second, 0, [LONG]));
    expect(feed(state, lost(second, kept(true)))).toEqual(['resume 0', 'start w1.3']);
    expect(feed(state, up(third), started(third, 0), opened(third, 0, [LONG]))).toEqual([
      'give w1.3: 0',
      'give-tests w1.3: 0 [0 last]',
    ]);
    // A session that has ended may have left something, too: what a test of it, run alone, was not.
    expect(feed(state, done(third, 0))).toEqual(['resume 0', 'give w1.3: 0']);
  });

  test('a rest that cannot be loaded ends the unit', () => {
    const state = after(longUnits(2), up(w1), started(w1, 0), lost(w1, kept(true)));
    feed(state, up(next(w1)), started(next(w1), 0));
    expect(feed(state, done(next(w1), 0, {failed: true}))).toEqual(['give w1.2: 1', 'merge 0']);
  });

  test('another worker that is free takes it', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w1, 0), started(w2, 1), done(w2, 1));
    expect(feed(state, lost(w1, kept(true)))).toEqual(['resume 0', 'give w2.1: 0']);
  });

  test('a worker for it is a replacement: where none is allowed there is none', () => {
    const state = after(longUnits(2, {maxWorkerRestarts: 0}), up(w1), started(w1, 0));
    expect(feed(state, lost(w1, kept(true)))).toEqual(['resume 0', 'abandon 1', 'merge 0', 'finish']);
    const capped = after(longUnits(1, {maxWorkerRestarts: 1}), up(w1), started(w1, 0));
    expect(feed(capped, lost(w1, kept(true)))).toEqual(['resume 0', 'start w1.2']);
    expect(capped.restarts).toBe(1);
    feed(capped, up(next(w1)), started(next(w1), 0));
    expect(feed(capped, lost(next(w1), last))).toEqual(['merge 0', 'finish']);
  });

  test('after a stop nothing is kept', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0), stop);
    expect(feed(state, lost(w1, kept(true)))).toEqual(['finish']);
  });
});

describe('a lost worker whose unit begins anew', () => {
  test('it is given again, before all else', () => {
    const state = after(longUnits(2), up(w1), started(w1, 0));
    expect(feed(state, lost(w1, atLoad(0)))).toEqual(['begin-again 0', 'start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 0']);
  });

  test('a rest that kills while it is loaded is tried once more, and what was kept stays', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0), lost(w1, leaves(0, 3, {ended: [0], running: [1]})));
    const [second, third] = [next(w1), next(next(w1))];
    feed(state, up(second), started(second, 0));
    expect(feed(state, lost(second, atLoad(0)))).toEqual(['resume 0', 'start w1.3']);
    feed(state, up(third), started(third, 0));
    expect(commandsOf(state, lost(third, atLoad(0)))[0]).toEqual({
      type: 'merge',
      unit: 0,
      parts: [1],
      failedIn: null,
      remains: {notRun: [2], because: 'died', together: [], lastDeath: third},
      awaited: false,
    });
  });

  test('that is no death without having run anything: the slot stays', () => {
    const state = after(longUnits(9));
    for (let generation = 1; generation < 18; generation++) {
      const unit = Math.floor((generation - 1) / 2);
      const who = {slot: 1, generation};
      const end = generation % 2 === 1 ? `begin-again ${unit}` : `blame w1.${generation}: ${unit}`;
      const again = feed(state, up(who), started(who, unit), lost(who, atLoad(unit)));
      expect(again).toEqual([`give w1.${generation}: ${unit}`, end, `start w1.${generation + 1}`]);
    }
  });

  test('whether another file was to blame is not asked again', () => {
    const state = after(longUnits(2), up(w1), started(w1, 0), done(w1, 0), started(w1, 1));
    expect(feed(state, lost(w1, {...leftBy(0), ...atLoad(1)}))).toEqual(['begin-again 1', 'start w1.2']);
    expect(state.secondChances.size).toBe(0);
  });
});

describe('stopping', () => {
  test('every worker is closed, and the run is finished when the last one has ended', () => {
    const state = after(longUnits(9, {slots: 2}), up(w1), started(w1, 0));
    expect(feed(state, stop)).toEqual(['close w1.1', 'close w2.1']);
    expect(feed(state, closed(w2))).toEqual([]);
    expect(feed(state, closed(w1))).toEqual(['finish']);
  });

  test('nothing is given, started or blamed any more', () => {
    const state = after(planOf(units(9, QUICK), {slots: 3}), up(w1), up(w2), started(w1, 0), started(w2, 2), stop);
    expect(feed(state, up(w3), done(w1, 0, RETIRING), returned(w1, [1], [1]), closed(w1), lost(w2))).toEqual([]);
    expect(feed(state, lost(w3))).toEqual(['finish']);
  });

  test('a second reason to stop changes nothing', () => {
    const state = after(longUnits(2), up(w1), stop);
    expect(feed(state, {type: 'stopped', reason: 'interrupted'})).toEqual([]);
    expect(state.stopped).toBe('bail');
  });

  test('a run that is stopped before it starts never starts', () => {
    const state = createSchedule(longUnits(2));
    expect(feed(state, stop)).toEqual(['finish']);
    expect(feed(state, start)).toEqual([]);
  });
});

describe('finishing', () => {
  test('after the last unit the workers are closed; the run is finished when all have ended', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w1, 0), done(w1, 0), started(w2, 1));
    expect(feed(state, done(w2, 1))).toEqual(['close w1.1', 'close w2.1']);
    expect(feed(state, closed(w1))).toEqual([]);
    expect(feed(state, closed(w2))).toEqual(['finish']);
  });

  test('a worker that was still starting is closed, too', () => {
    const state = after(planOf(units(2, QUICK), {slots: 2}), up(w1), started(w1, 0), done(w1, 0), started(w1, 1));
    expect(feed(state, done(w1, 1))).toEqual(['close w1.1', 'close w2.1']);
  });

  test('nothing follows a finish, whatever is still heard', () => {
    const state = after(longUnits(1), up(w1), started(w1, 0), done(w1, 0));
    expect(feed(state, closed(w1))).toEqual(['finish']);
    expect(feed(state, stop, start, up(w1), done(w1, 0), closed(w1), lost(w1), up(next(w1)))).toEqual([]);
  });
});

describe('messages that mean nothing', () => {
  test('those of a process that has been replaced change nothing', () => {
    const state = after(planOf(units(5, QUICK)), up(w1), started(w1, 0), lost(w1), up(next(w1)), started(next(w1), 1));
    const before = structuredClone(state);
    expect(feed(state, up(w1), started(w1, 2), done(w1, 1), returned(w1, [2], [2]), lost(w1), closed(w1))).toEqual([]);
    expect(state).toEqual(before);
  });

  test('nor do those of a process that has ended', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w1, 0), done(w1, 0, RETIRING), closed(w1));
    const before = structuredClone(state);
    expect(feed(state, up(w1), lost(w1), closed(w1))).toEqual([]);
    expect(state).toEqual(before);
  });

  test('nor do those of a slot that stays down', () => {
    const third = {slot: 2, generation: 3};
    const state = after(longUnits(3, {slots: 2}), lost(w2), lost(next(w2)), lost(third));
    const before = structuredClone(state);
    expect(feed(state, up(third), lost(third), closed(third))).toEqual([]);
    expect(state).toEqual(before);
  });

  test('nor do those that a worker has no reason for', () => {
    const state = after(planOf(units(5, QUICK)), up(w1), started(w1, 0));
    const before = structuredClone(state);
    expect(feed(state, up(w1), started(w1, 4), done(w1, 1), up({slot: 9, generation: 1}))).toEqual([]);
    expect(state).toEqual(before);
  });

  test('a unit that is returned without having been held is not given twice', () => {
    const state = after(longUnits(2, {slots: 2}), up(w1), up(w2), started(w1, 0));
    expect(feed(state, returned(w1, [0], [0]), started(w2, 1), done(w2, 1))).toEqual([]);
  });
});

/**
 * The scheduler: what happens next, decided from what has happened so far.
 *
 * `step(state, event, now)` takes one event and returns the commands that follow. It does no I/O and
 * reads no clock, so a run is replayed by feeding its events again (see `npm run replay:schedule`), and the
 * simulation in test/simulation runs exactly this code. The state is changed in place: a run has
 * one, and a million units must not mean a million copies.
 *
 * The policy is pytest-xdist's LoadScheduling with watermarks in expected time. A worker holds a little
 * work beyond what it runs, so that it need not wait for the parent between two short files. It hands
 * back what it has not begun when another worker is idle. A worker for which no unit is left joins a
 * file that another worker has open, and takes some of its tests (fileSessions.ts).
 */
import {putBack, releaseLeft, takeAllWaiting} from './admission';
import {endProcess, endReplacement, noteFixtureOf, takeAdmissible} from './admittedSlots';
import {addUnits, endArrivals, giveBackWanted, tellBusy, wantBack} from './arrivals';
import type {Command, FixtureEvent, ScheduleEvent, SlotEvent} from './events';
import {isExcess, judgeLoad, mayServe} from './excessSlots';
import {endSession, feedSession, hasGroupSessions, joinFile, openSession, runWhole} from './fileSessions';
import {loseSlot, reportInFlight} from './lostSlots';
import {hasRemains} from './lostUnits';
import {areAllGone, askForFixtures} from './fixtureStates';
import {isWantedIn, moveToMake} from './nodeChanges';
import {freeCount, poolOf, poolOfUnit, startingCount, takeFree} from './pools';
import {groupSession, isWanted} from './sessions';
import {addHeld, emptySlot, removeHeld} from './slotContents';
import {startAhead, startFurther, startSlot, startSlots} from './slotStarts';
import {fileToJoin, noteProgress, startMsOf, timeToLook} from './splitFiles';
import type {Pool, ScheduleState, Session, SlotState} from './state';
import {endOfUnit, hasEnded, isAwaited, settleUnit} from './unitEnd';
import {endLost} from './unitResults';
import {isUsable} from './usableSlots';
import {evenShare, mostBurdened, unitsToTake, wantsOneMore} from './watermarks';

/** Takes one event; returns commands in the order in which to carry them out. `now`: ms of any monotonic clock. */
export function step(state: ScheduleState, event: ScheduleEvent, now: number): Command[] {
  const commands: Command[] = [];
  if (event.type === 'run-started') {
    startSlots(state, now, commands);
  } else if (event.type === 'stopped') {
    stop(state, event, commands);
  } else if (isOfFixture(event)) {
    noteFixtureOf(state, event, commands);
  } else if (event.type === 'unit-settled') {
    settleUnit(state, event.unit);
  } else if (event.type === 'units-added') {
    addUnits(state, event.units, commands);
  } else if (event.type === 'units-wanted-back') {
    wantBack(state, event.units, commands);
  } else if (event.type === 'no-more-units') {
    endArrivals(state, commands);
  } else if (event.type === 'sampled') {
    judgeLoad(state, event.load, now, commands);
  } else if (event.type !== 'woken') {
    const slot = state.slots[event.slot - 1];
    // A message of a process that was replaced or written off changes nothing.
    if (
      slot === undefined ||
      slot.generation !== event.generation ||
      slot.status === 'down' ||
      slot.status === 'dead'
    ) {
      return commands;
    }
    handleSlotEvent(state, slot, event, now, commands);
  }
  feedReleased(state, now, commands);
  admitWaiting(state, now, commands);
  retireExcess(state, now, commands);
  startFurther(state, now, commands);
  // Serial units may have waited for the end of the abandoned units.
  while (abandonWhereNoSlotIsLeft(state, commands)) admitWaiting(state, now, commands);
  joinIdle(state, now, commands);
  changeNodes(state, now, commands);
  tellBusy(state, commands);
  finishIfDone(state, commands);
  return inOrder(commands);
}

/** Commands that take the parent's time: it makes results, and reporters handle them. */
const LAST: ReadonlySet<Command['type']> = new Set<Command['type']>(['report', 'merge', 'units-ended', 'finish']);

/** Workers get their next work first, then Jest hears how units have ended. */
function inOrder(commands: Command[]): Command[] {
  if (!commands.some(({type}) => LAST.has(type))) return commands;
  return [...commands.filter(({type}) => !LAST.has(type)), ...commands.filter(({type}) => LAST.has(type))];
}

function isOfFixture(event: ScheduleEvent): event is FixtureEvent {
  return 'fixture' in event;
}

/** Gives idle slots the units that waited until another unit settled. */
function feedReleased(state: ScheduleState, now: number, commands: Command[]): void {
  if (!state.released || state.stopped !== null) return;
  state.released = false;
  feedIdle(state, now, commands);
}

/** Gives idle slots the waiting units whose resources and fixtures are there. */
function admitWaiting(state: ScheduleState, now: number, commands: Command[]): void {
  const {admission} = state;
  if (admission === null || state.stopped !== null) return;
  if (admission.unreleased.size > 0) releaseLeft(state, admission, commands);
  askForFixtures(state, admission.fixtures, commands);
  while (admission.changed) {
    admission.changed = false;
    for (const {idle} of state.pools) {
      let nothingLeft = false;
      for (const slot of [...idle]) {
        // If one slot finds nothing, the next finds nothing either, unless it runs a worker group.
        if (nothingLeft && slot.groups.size === 0) continue;
        feed(state, slot, now, commands);
        nothingLeft ||= idle.has(slot);
      }
    }
    startSlots(state, now, commands);
  }
}

function handleSlotEvent(
  state: ScheduleState,
  slot: SlotState,
  event: SlotEvent,
  now: number,
  commands: Command[],
): void {
  const {running: session} = slot;
  switch (event.type) {
    case 'slot-up':
      if (slot.status !== 'starting') return;
      slot.status = 'up';
      if (slot.isAdded) state.addedAt = now;
      slot.isAdded = false;
      endReplacement(state, slot);
      state.workerStartMs = now - slot.startingSince;
      feed(state, slot, now, commands);
      return;
    case 'unit-started':
      if (session?.unit === event.unit && !session.first) {
        session.startedAt = now;
        return;
      }
      if (!removeHeld(state, slot, event.unit)) return;
      state.arrivals?.begun.add(event.unit);
      slot.running = hasGroupSessions(state, event.unit)
        ? groupSession(event.unit, true, now)
        : {unit: event.unit, first: true, status: 'whole', startedAt: now};
      feed(state, slot, now, commands);
      return;
    case 'unit-opened':
      if (session?.unit !== event.unit) return;
      giveAnew(state, openSession(state, slot, session, event, now, commands), now, commands);
      return;
    case 'unit-indivisible': {
      const file = state.files.get(event.unit);
      if (session?.unit !== event.unit || session.status === 'discarded' || file === undefined) return;
      if (!state.wholeOnly.has(event.unit)) {
        commands.push({type: 'tell', notice: {type: 'indivisible', slot: slot.slot, unit: event.unit}});
      }
      if (event.anew) file.shared = true;
      giveAnew(state, runWhole(state, file, now, commands), now, commands);
      return;
    }
    case 'tests-progress': {
      const file = state.files.get(event.unit);
      if (session?.unit !== event.unit || !isWanted(session) || file === undefined) return;
      noteProgress(file, session, event.done, event.running, now);
      feedSession(state, file, slot, session, now, commands);
      return;
    }
    case 'unit-done':
      if (session?.unit !== event.unit) return;
      slot.running = null;
      slot.ended.push(event.unit);
      slot.lastUnitMs = event.ms;
      slot.barrenDeaths = 0;
      endUnit(state, slot, session, event, now, commands);
      if (slot.status !== 'up') return;
      if (event.retiring || state.plan.freshWorkerPerUnit) retire(state, slot, now, commands);
      else feed(state, slot, now, commands);
      return;
    case 'units-returned':
      for (const unit of event.asked) if (slot.recalled.delete(unit)) poolOf(state, slot).recallsOut--;
      takeBack(
        state,
        event.units.filter(unit => removeHeld(state, slot, unit)),
        now,
        commands,
      );
      // The worker may have ended its unit meanwhile, and the slot that was to get these units may have died.
      feed(state, slot, now, commands);
      return;
    case 'slot-lost':
      takeBack(state, loseSlot(state, slot, event, commands), now, commands);
      return;
    case 'slot-closed':
      // A worker that retires, or runs a discarded session, may be busy with good reason: then no test file leaked.
      if (event.forced && slot.running === null && isAtEnd(state)) {
        commands.push({type: 'tell', notice: {type: 'forced-exit', slot: slot.slot, units: slot.ended}});
      }
      emptySlot(state, slot, 'down');
      endProcess(state, slot, commands);
      if (slot.movesTo !== null && isWantedIn(state, slot.movesTo, slot, now)) {
        startSlot(state, slot, slot.movesTo, now, commands);
      }
      slot.movesTo = null;
      startSlots(state, now, commands);
      // If the slot's next worker starts in the same pool, it is the fresh worker that the queue wants.
      if (slot.status !== 'starting' || slot.freshFor?.node !== poolOf(state, slot).node) endReplacement(state, slot);
      return;
  }
}

function endUnit(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  event: Extract<ScheduleEvent, {type: 'unit-done'}>,
  now: number,
  commands: Command[],
): void {
  const again = endSession(state, slot, session, event, now, commands);
  if (again !== null) {
    for (const unit of again) giveAnew(state, unit, now, commands);
    return;
  }
  const {unit} = event;
  state.observedMs += event.ms;
  state.observedUnits++;
  const lost = state.lost.get(unit);
  if (hasRemains(lost)) {
    // The worker was to run the rest of the unit, and found none of the unit's tests.
    const because = event.failed ? 'failed' : 'died';
    endLost(state, unit, lost, {parts: [], failedIn: event.failed ? slot.slot : null, because}, commands);
  } else {
    commands.push({type: 'report', unit, slot: slot.slot, awaited: isAwaited(state, unit)});
  }
  endOfUnit(state, unit, commands);
}

/** Refills a worker up to its high watermark if its work has fallen below the low one. */
function feed(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): void {
  if (slot.status !== 'up' || state.stopped !== null) return;
  const {admission} = state;
  if (admission !== null && admission.alone !== null) {
    // A serial unit runs, so this slot gets nothing. Followers of a unit that was abandoned since may wait, though.
    if (!hasWork(slot)) poolOf(state, slot).idle.add(slot);
    return;
  }
  if (admission !== null && !hasWork(slot) && !isExcess(state, slot)) {
    const taken = takeAdmissible(state, admission, slot, commands);
    if (taken === 'for-a-fresh-worker') retire(state, slot, now, commands);
    if (taken !== 'nothing') return;
  }
  const pool = poolOf(state, slot);
  if (isExcess(state, slot)) {
    if (!hasWork(slot)) pool.idle.add(slot); // retireExcess ends the worker in this step
    return;
  }
  const units: number[] = [];
  const chunk = state.plan.maxScheduleChunk ?? Infinity;
  const share = slot.hasShare ? 0 : evenShare(state, pool);
  slot.hasShare = true;
  let refilling = false;
  while (freeCount(pool) > 0 && units.length < chunk) {
    refilling = units.length < share || wantsOneMore(state, slot, refilling);
    if (!refilling) break;
    const unit = takeFree(pool);
    units.push(unit);
    addHeld(state, slot, unit);
  }
  if (units.length > 0) {
    commands.push({type: 'give', slot: slot.slot, generation: slot.generation, units});
  }
  if (hasWork(slot)) {
    pool.idle.delete(slot);
  } else {
    // A serial unit may have waited until this slot is idle, and another slot may be the one to take it.
    if (admission !== null && !pool.idle.has(slot)) admission.changed = true;
    pool.idle.add(slot);
    recallForIdle(state, pool, now, commands);
  }
}

function hasWork({running, held, preparing}: SlotState): boolean {
  return running !== null || held.length > 0 || preparing !== null;
}

/** If nothing is pending and a slot is idle, asks for units that other workers hold and have not begun. */
function recallForIdle(state: ScheduleState, pool: Pool, now: number, commands: Command[]): void {
  while (pool.recallsOut < pool.idle.size && freeCount(pool) === 0) {
    const victim = mostBurdened(state, pool, now);
    if (victim === undefined) return;
    const units = unitsToTake(state, victim);
    if (units.length === 0) return;
    for (const unit of units) victim.recalled.add(unit);
    pool.recallsOut += units.length;
    commands.push({type: 'take-back', slot: victim.slot, generation: victim.generation, units});
  }
}

/** Puts returned units at the front of the queue, in their order, and feeds idle slots. */
function takeBack(state: ScheduleState, units: readonly number[], now: number, commands: Command[]): void {
  const {admission} = state;
  for (let index = units.length - 1; index >= 0; index--) {
    const unit = units[index] as number;
    if (admission?.queueOf.has(unit) === true) putBack(state, admission, unit, commands);
    else poolOfUnit(state, unit).returned.push(unit);
  }
  giveBackWanted(state, commands);
  if (state.stopped === null) feedIdle(state, now, commands);
}

/** Gives units to idle slots and starts slots that are down. */
function feedIdle(state: ScheduleState, now: number, commands: Command[]): void {
  for (const pool of state.pools) for (const slot of [...pool.idle]) feed(state, slot, now, commands);
  startSlots(state, now, commands);
}

/** @param unit null: there is none */
function giveAnew(state: ScheduleState, unit: number | null, now: number, commands: Command[]): void {
  if (unit !== null) takeBack(state, [unit], now, commands);
}

/** Lets slots for which no unit is left join open files, if that shortens the run. */
function joinIdle(state: ScheduleState, now: number, commands: Command[]): void {
  if (state.stopped !== null) return;
  for (const pool of state.pools) joinIn(state, pool, now, commands);
}

function joinIn(state: ScheduleState, pool: Pool, now: number, commands: Command[]): void {
  if (freeCount(pool) > 0) return;
  startAhead(state, pool, now, commands);
  if (state.files.size === 0) return;
  for (const slot of [...pool.idle]) {
    const free = pool.idle.size - pool.recallsOut; // the other idle slots wait for recalled units
    const file = free > 0 ? fileToJoin(state, pool, {free, coming: 0, startMs: 0}, now) : null;
    if (file === null) break;
    joinFile(state, slot, file, now, commands);
  }
  if (pool.idle.size > 0) return lookLater(state, pool, now, commands);
  const startMs = startMsOf(state);
  const down = state.slots.filter(slot => slot.status === 'down' && isUsable(state, slot));
  let coming = startingCount(state, pool);
  for (const [index, slot] of down.entries()) {
    if (coming >= state.plan.startsAtOnce) break; // the next slot starts when one of these is up
    if (fileToJoin(state, pool, {free: down.length - index, coming, startMs}, now) === null) break;
    if (startSlot(state, slot, pool, now, commands)) coming++;
  }
  lookLater(state, pool, now, commands);
}

function lookLater(state: ScheduleState, pool: Pool, now: number, commands: Command[]): void {
  if (!state.slots.some(slot => slot.status === 'down' || poolOf(state, slot).idle.has(slot))) return;
  for (const file of state.files.values()) {
    if (poolOfUnit(state, file.unit) !== pool) continue;
    const at = timeToLook(state, file, now);
    if (at !== null) commands.push({type: 'wake', at});
  }
}

/** Ends the worker. A fresh worker takes its place if there is work left. */
function retire(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): void {
  const held = emptySlot(state, slot, 'closing');
  commands.push({type: 'close-slot', slot: slot.slot, generation: slot.generation});
  takeBack(state, held, now, commands);
}

/** Gives up the units of pools that no slot can serve any more. @returns whether there were any */
function abandonWhereNoSlotIsLeft(state: ScheduleState, commands: Command[]): boolean {
  if (state.stopped !== null) return false;
  let abandoned = false;
  for (const pool of state.pools) {
    if (state.slots.some(slot => mayServe(state, slot, pool))) continue;
    const units = state.admission === null ? [] : takeAllWaiting(state.admission, pool);
    while (freeCount(pool) > 0) units.push(takeFree(pool));
    for (const unit of units) {
      abandon(state, unit, commands);
      endOfUnit(state, unit, commands);
    }
    if (units.length === 0) continue;
    abandoned = true;
    if (state.admission !== null) state.admission.changed = true;
  }
  return abandoned;
}

/** Gives up the unit. What dead workers left of the unit is its result; without that, it has none. */
function abandon(state: ScheduleState, unit: number, commands: Command[]): void {
  const {deadBecause: reason} = state;
  const lost = state.lost.get(unit);
  if (hasRemains(lost)) endLost(state, unit, lost, {parts: [], failedIn: null, because: reason}, commands);
  else commands.push({type: 'abandon', unit, reason, awaited: isAwaited(state, unit)});
}

/** Whether every unit has ended and the run was not stopped. */
function isAtEnd(state: ScheduleState): boolean {
  return hasEnded(state) && state.stopped === null;
}

/** Ends excess workers that have no work. */
function retireExcess(state: ScheduleState, now: number, commands: Command[]): void {
  if (state.controller === null || state.stopped !== null) return;
  for (const slot of state.slots) {
    if (hasWork(slot) || !isExcess(state, slot)) continue;
    slot.isAdded = true;
    retire(state, slot, now, commands);
  }
}

/** Ends an idle worker of a node without work to make room for a worker of a node that has work. */
function changeNodes(state: ScheduleState, now: number, commands: Command[]): void {
  if (state.pools.length === 1 || state.stopped !== null) return;
  const move = moveToMake(state, now);
  if (move === null) return;
  move.slot.movesTo = move.pool;
  retire(state, move.slot, now, commands);
}

function stop(
  state: ScheduleState,
  {reason, journals}: Extract<ScheduleEvent, {type: 'stopped'}>,
  commands: Command[],
): void {
  if (state.stopped !== null || state.finished) return;
  if (journals !== undefined) reportInFlight(state, journals, commands);
  state.stopped = reason;
  closeAll(state, commands);
}

function finishIfDone(state: ScheduleState, commands: Command[]): void {
  if (state.finished || (!hasEnded(state) && state.stopped === null)) return;
  closeAll(state, commands);
  const {admission, stopped} = state;
  const fixturesGone = admission === null || stopped !== null || areAllGone(admission.fixtures);
  if (fixturesGone && state.slots.every(slot => slot.status === 'down' || slot.status === 'dead')) {
    state.finished = true;
    commands.push({type: 'finish'});
  }
}

function closeAll(state: ScheduleState, commands: Command[]): void {
  for (const slot of state.slots) {
    if (slot.status !== 'starting' && slot.status !== 'up') continue;
    slot.status = 'closing';
    poolOf(state, slot).idle.delete(slot);
    commands.push({type: 'close-slot', slot: slot.slot, generation: slot.generation});
  }
}

/** What slots have to do with units that ask for more than a worker: they take them, and are made ready for them. */
import {admit, choose} from './admission';
import type {Command, FixtureEvent} from './events';
import {leaveWorker, noteFixture, prepareWorker} from './fixtureStates';
import {peekFree, poolOf} from './pools';
import {addHeld} from './slotContents';
import type {AdmissionState, ScheduleState, SlotState} from './state';

/**
 * Gives a slot that has nothing to do a unit that asks for more than a worker.
 *
 * @returns `nothing`: there is none for it. `for-a-fresh-worker`: there is one, for the worker that is to take the
 *   place of the slot's
 */
export function takeAdmissible(
  state: ScheduleState,
  admission: AdmissionState,
  slot: SlotState,
  commands: Command[],
): 'nothing' | 'a-unit' | 'for-a-fresh-worker' {
  if (admission.waiting === 0) return 'nothing';
  const pool = poolOf(state, slot);
  const choice = choose(state, admission, slot, peekFree(pool));
  if (choice === null) return 'nothing';
  const {unit, queue, fresh} = choice;
  if (fresh && slot.ended.length > 0) {
    queue.replacing++;
    slot.freshFor = queue;
    return 'for-a-fresh-worker';
  }
  pool.idle.delete(slot);
  admit(state, admission, slot, choice);
  slot.preparing = unit;
  prepare(state, admission, slot, commands);
  return 'a-unit';
}

/** Gives the slot the unit that it was made ready for, if it is. */
function prepare(state: ScheduleState, {fixtures}: AdmissionState, slot: SlotState, commands: Command[]): void {
  const unit = slot.preparing;
  if (unit === null) return;
  const needed = state.plan.units[unit]?.constraints?.fixtures ?? [];
  if (!prepareWorker(fixtures, slot, needed, commands)) return;
  slot.preparing = null;
  addHeld(state, slot, unit);
  commands.push({type: 'give', slot: slot.slot, generation: slot.generation, units: [unit]});
}

/** A run that is stopped leaves its fixtures to whoever stops it: they go down when its workers have. */
export function noteFixtureOf(state: ScheduleState, event: FixtureEvent, commands: Command[]): void {
  const {admission} = state;
  if (admission === null || state.stopped !== null) return;
  noteFixture(state, admission.fixtures, event, commands);
  admission.changed = true;
  for (const slot of state.slots) if (slot.preparing !== null) prepare(state, admission, slot, commands);
}

/** The process in a slot is gone, and its own fixtures go with it. */
export function endProcess({admission, stopped}: ScheduleState, slot: SlotState, commands: Command[]): void {
  if (admission === null || stopped !== null) return;
  leaveWorker(admission.fixtures, slot, commands);
  admission.changed = true; // another may go on with its group
}

/** The process that was to take the place of another is up, or never will be. */
export function endReplacement({admission}: ScheduleState, slot: SlotState): void {
  if (admission === null || slot.freshFor === null) return;
  slot.freshFor.replacing--;
  slot.freshFor = null;
  admission.changed = true;
}

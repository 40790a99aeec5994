/** How slots take units that ask for more than a worker, and how workers are prepared for these units. */
import {admit, choose} from './admission';
import type {Command, FixtureEvent} from './events';
import {leaveWorker, noteFixture, prepareWorker} from './fixtureStates';
import {peekFree, poolOf} from './pools';
import {addHeld} from './slotContents';
import type {AdmissionState, ScheduleState, SlotState} from './state';

/**
 * Gives an idle slot a unit that asks for more than a worker.
 *
 * @returns `nothing`: there is no such unit. `for-a-fresh-worker`: there is a unit, but it wants a fresh worker, so
 *   the slot's worker must be replaced
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

/** Sets up the worker's own fixtures for a unit. Gives the slot that unit once they are all up. */
function prepare(state: ScheduleState, {fixtures}: AdmissionState, slot: SlotState, commands: Command[]): void {
  const unit = slot.preparing;
  if (unit === null) return;
  const needed = state.plan.units[unit]?.constraints?.fixtures ?? [];
  if (!prepareWorker(fixtures, slot, needed, commands)) return;
  slot.preparing = null;
  addHeld(state, slot, unit);
  commands.push({type: 'give', slot: slot.slot, generation: slot.generation, units: [unit]});
}

/** Handles the news of a fixture. After a stop, whoever stopped the run takes fixtures down when workers have ended. */
export function noteFixtureOf(state: ScheduleState, event: FixtureEvent, commands: Command[]): void {
  const {admission} = state;
  if (admission === null || state.stopped !== null) return;
  noteFixture(state, admission.fixtures, event, commands);
  admission.changed = true;
  for (const slot of state.slots) if (slot.preparing !== null) prepare(state, admission, slot, commands);
}

/** A slot's process has ended: takes down the worker's own fixtures. */
export function endProcess({admission, stopped}: ScheduleState, slot: SlotState, commands: Command[]): void {
  if (admission === null || stopped !== null) return;
  leaveWorker(admission.fixtures, slot, commands);
  admission.changed = true; // another worker may go on with the slot's group
}

/** The fresh worker for which the slot's process was replaced is up, or will never be. */
export function endReplacement({admission}: ScheduleState, slot: SlotState): void {
  if (admission === null || slot.freshFor === null) return;
  slot.freshFor.replacing--;
  slot.freshFor = null;
  admission.changed = true;
}

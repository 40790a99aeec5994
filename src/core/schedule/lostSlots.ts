/**
 * Dead workers: which unit a death is blamed on, and what happens to the units that the worker ran and held.
 * lostUnits.ts decides what is kept of a test file and which of its tests run next.
 */
import {culpritBefore} from '../results/culprit';
import type {JournalDigest} from '../results/journalDigest';
import type {SlotNumber} from '../plan/units';
import type {Death} from '../texts/deaths';
import {endProcess, endReplacement} from './admittedSlots';
import type {Command, ScheduleEvent, SlotJournal} from './events';
import {beginAgain, closeFile, deliveredParts, dropFile} from './fileSessions';
import {hasRemains, loseSession, newLostUnit, settle, type Fate} from './lostUnits';
import {isBystander, isWanted, sessionsOf} from './sessions';
import {emptySlot} from './slotContents';
import {noteDeaths} from './slotStarts';
import type {ScheduleState, SlotState} from './state';
import {endOfUnit, isAwaited} from './unitEnd';
import {endLost} from './unitResults';

/** How often a unit runs again after another file killed its worker. jest-worker retries as often by default. */
export const MAX_SECOND_CHANCES = 3;

/** Handles the death of a slot's process. @returns the units to give anew, in order */
export function loseSlot(
  state: ScheduleState,
  slot: SlotState,
  event: Extract<ScheduleEvent, {type: 'slot-lost'}>,
  commands: Command[],
): number[] {
  const {running} = slot;
  const wanted = slot.status !== 'closing';
  const innocent = findCulprit(state, slot, event.death, commands);
  const held = emptySlot(state, slot, 'down');
  endProcess(state, slot, commands);
  endReplacement(state, slot);
  slot.movesTo = null; // the slot's next worker is chosen anew: what other nodes need may have changed
  slot.died = wanted; // set before units go back to the queue: a worker for these units is a replacement
  let again: number | null = null;
  if (running === null || isBystander(running)) {
    if (wanted) slot.barrenDeaths++;
    const file = running !== null && isWanted(running) ? state.files.get(running.unit) : undefined;
    if (file !== undefined) {
      file.joinable = false;
      // This may have been the last session that could take what dead workers left of the file.
      if (state.stopped === null && sessionsOf(state, file.unit).length === 0) {
        again = closeFile(state, file.unit, null, commands);
      }
    }
  } else if (state.stopped === null) {
    again = loseUnit(
      state,
      slot,
      running.unit,
      {...event, innocent, hung: event.death.kind === 'hung' && !innocent},
      commands,
    );
  }
  noteDeaths(state, slot, wanted);
  return [...(again === null ? [] : [again]), ...held];
}

/**
 * Tells the user which earlier file has killed a worker, if one has.
 *
 * @returns whether the running unit is known to have no part in the death
 */
function findCulprit(
  state: ScheduleState,
  {slot, running, ended}: SlotState,
  death: Death,
  commands: Command[],
): boolean {
  const bystander = isBystander(running);
  const path = running === null ? null : pathOf(state, running.unit);
  if (bystander && running?.status === 'opening') {
    commands.push({type: 'tell', notice: {type: 'joiner-lost', slot, unit: running.unit}});
  }
  const endedPaths = ended.map(unit => pathOf(state, unit));
  const culprit = culpritBefore(death, endedPaths, path);
  if (culprit === null) return false;
  const innocent = path !== null && !bystander;
  const notice = {type: 'left-behind', slot, culprit, running: innocent ? path : null} as const;
  commands.push({type: 'tell', notice});
  return innocent;
}

function pathOf({plan}: ScheduleState, unit: number): string {
  const planned = plan.units[unit];
  if (planned === undefined) throw new RangeError(`no unit ${unit} in the plan`);
  return planned.file.path;
}

/** @returns the unit, if it is to be given anew */
function loseUnit(
  state: ScheduleState,
  slot: SlotState,
  unit: number,
  death: UnitDeath,
  commands: Command[],
): number | null {
  const {innocent} = death;
  const fate = loseSessionOf(state, slot, unit, death, commands);
  if (fate === 'kept') {
    slot.barrenDeaths = 0;
    // Open sessions go on. A session that still loads the file does not keep it open: the rest becomes a unit again.
    if (sessionsOf(state, unit).some(({status}) => status !== 'opening')) return null;
    return closeFile(state, unit, null, commands);
  }
  state.resumed.delete(unit);
  if (fate === 'whole' || (innocent && secondChance(state, unit))) {
    // `whole`: the death counts against the file, not against the slot. lostUnits.ts limits such deaths.
    if (fate !== 'whole') slot.barrenDeaths++;
    else if (!innocent) state.wholeOnly.add(unit);
    beginAgain(state, unit, commands);
    return unit;
  }
  dropFile(state, unit, commands);
  slot.barrenDeaths = 0;
  const loads = state.lost.get(unit)?.loads ?? 0;
  const awaited = isAwaited(state, unit);
  commands.push({type: 'blame', unit, slot: slot.slot, generation: slot.generation, loads, awaited});
  endOfUnit(state, unit, commands);
  return null;
}

interface UnitDeath {
  readonly journal: JournalDigest | null;
  readonly innocent: boolean;
  readonly hung: boolean;
}

/** A worker died in the middle of a unit: decides whether what it left is kept. */
function loseSessionOf(
  state: ScheduleState,
  {slot, generation}: SlotState,
  unit: number,
  {journal, innocent, hung}: UnitDeath,
  commands: Command[],
  resumes = state.plan.resumes,
): Fate['type'] {
  const digest = journal?.unit === unit ? journal : null; // the journal may be of another file
  const known = state.lost.get(unit);
  if (digest === null && !hasRemains(known)) return 'blame'; // no worker kept a journal of the unit
  const file = state.files.get(unit);
  const lost = known ?? newLostUnit(resumes);
  lost.resumes &&= resumes;
  lost.lastDeath = {slot, generation};
  state.lost.set(unit, lost);
  settle(lost, file?.delivered.flatMap(({tests}) => tests) ?? []);
  const part = ++state.lastPart;
  const fate = loseSession(lost, {digest, part, shared: file?.shared === true, innocent, hung});
  if (fate.type === 'kept' && fate.blamed !== null)
    commands.push({type: 'keep-remains', unit, slot, part, ...fate.blamed});
  return fate.type;
}

/** Reports the units that run when the run is interrupted, with the results that workers left. */
export function reportInFlight(state: ScheduleState, journals: readonly SlotJournal[], commands: Command[]): void {
  const inFlight = new Map<number, SlotNumber[]>();
  for (const slot of state.slots) {
    if (slot.running === null || isBystander(slot.running)) continue;
    const {unit} = slot.running;
    inFlight.set(unit, [...(inFlight.get(unit) ?? []), slot.slot]);
    const journal = journals.find(one => one.slot === slot.slot)?.journal ?? null;
    loseSessionOf(state, slot, unit, {journal, innocent: false, hung: false}, commands, false);
  }
  for (const [unit, slots] of inFlight) {
    const lost = state.lost.get(unit);
    if (hasRemains(lost)) {
      endLost(
        state,
        unit,
        lost,
        {parts: deliveredParts(state, unit), failedIn: null, because: 'interrupted'},
        commands,
      );
    } else {
      commands.push({type: 'interrupt', unit, slots});
    }
  }
}

/** Whether an innocent unit may run again: only a limited number of times. */
function secondChance(state: ScheduleState, unit: number): boolean {
  const chances = state.secondChances.get(unit) ?? 0;
  if (chances >= MAX_SECOND_CHANCES) return false;
  state.secondChances.set(unit, chances + 1);
  return true;
}

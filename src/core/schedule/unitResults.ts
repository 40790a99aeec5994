/** Units whose workers died: orders the rest of the unit, or the merge of its parts. */
import type {SlotNumber} from '../plan/units';
import type {Command, NotRunBecause} from './events';
import {diedTogether, notRunOf, resumptionOf} from './lostUnits';
import type {LostUnit, ScheduleState} from './state';
import {isAwaited} from './unitEnd';

export interface LostEnd {
  /** Parts that sessions of the open file delivered. */
  readonly parts: readonly number[];
  /** The slot whose session has just ended with an error; null: there is none. */
  readonly failedIn: SlotNumber | null;
  /** Why tests did not run. */
  readonly because: NotRunBecause;
}

/** Orders the rest of the unit. @param parts those that are done */
export function resumeLost(unit: number, lost: LostUnit, parts: readonly number[], commands: Command[]): void {
  const resumption = resumptionOf(lost);
  if (resumption === null) throw new Error(`nothing is known of the tests of unit ${unit}, and its rest is to run`);
  lost.parts.push(...parts);
  commands.push({type: 'resume', unit, resumption});
}

/** Ends the unit: its parts so far are its result. */
export function endLost(
  state: ScheduleState,
  unit: number,
  lost: LostUnit,
  {parts, failedIn, because}: LostEnd,
  commands: Command[],
): void {
  commands.push({
    type: 'merge',
    unit,
    parts: [...parts, ...lost.parts, ...lost.deaths],
    failedIn,
    remains: {notRun: notRunOf(lost), because, together: diedTogether(lost), lastDeath: lost.lastDeath},
    awaited: isAwaited(state, unit),
  });
}

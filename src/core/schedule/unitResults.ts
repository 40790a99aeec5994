/** What a unit whose workers died comes to: the rest of it is ordered, or its parts are made into its result. */
import type {SlotNumber} from '../plan/units';
import type {Command, NotRunBecause} from './events';
import {diedTogether, notRunOf, resumptionOf} from './lostUnits';
import type {LostUnit, ScheduleState} from './state';
import {isAwaited} from './unitEnd';

export interface LostEnd {
  /** Parts that sessions of the open file have delivered. */
  readonly parts: readonly number[];
  /** The slot whose session has just ended with an error; null: none has. */
  readonly failedIn: SlotNumber | null;
  /** Why tests were not run. */
  readonly because: NotRunBecause;
}

/** The rest of the unit runs next; these parts of it are done. */
export function resumeLost(unit: number, lost: LostUnit, parts: readonly number[], commands: Command[]): void {
  const resumption = resumptionOf(lost);
  if (resumption === null) throw new Error(`nothing is known of the tests of unit ${unit}, and its rest is to run`);
  lost.parts.push(...parts);
  commands.push({type: 'resume', unit, resumption});
}

/** No more of the unit is run: its parts are its result. */
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

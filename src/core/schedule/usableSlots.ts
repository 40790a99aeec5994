/** Which slots may have a worker: all, or if the controller sets a limit, the slots with the lowest numbers. */
import type {ScheduleState, SlotState} from './state';

/** How many slots may have a worker now. */
export function usableSlots({slots, controller}: Pick<ScheduleState, 'slots' | 'controller'>): number {
  return controller?.allowed ?? slots.length;
}

/** Whether a slot may have a worker. */
export function isUsable(state: ScheduleState, {slot}: SlotState): boolean {
  return slot <= usableSlots(state);
}

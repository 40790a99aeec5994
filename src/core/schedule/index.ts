/** The door of the scheduler: events go in, commands come out. run/dispatch calls `step`; src/analysis replays recorded events. */
export {createSchedule} from './createSchedule';
export type {Command, FixtureHolder, Notice, Remains, ScheduleEvent, SlotJournal} from './events';
export {UNKNOWN_MS} from './estimates';
export {idleReason, type IdleReason} from './idleReason';
export {hasGroupSessions, heardUnit} from './fileSessions';
export {mainRefusal, type LoadSample, type SlotChange, type SlotController, type SlotGrowth} from './slotController';
export {slotsOf, type SchedulePlan, type ScheduleState, type StopReason} from './state';
export {step} from './step';
export {HOLD_NOTHING_ABOVE_MS} from './watermarks';

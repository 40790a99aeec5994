/** The door of the scheduler: events go in, commands come out. Only run/dispatch calls `step`. */
export {createSchedule} from './createSchedule';
export type {Command, FixtureHolder, Notice, Remains, ScheduleEvent, SlotJournal} from './events';
export {hasGroupSessions, heardUnit} from './fileSessions';
export {mainRefusal, type LoadSample, type SlotChange, type SlotController, type SlotGrowth} from './slotController';
export {slotsOf, type SchedulePlan, type ScheduleState, type StopReason} from './state';
export {step} from './step';

/** The sessions in which workers run units: how one begins, and which of them still count. */
import {noCost} from './estimates';
import type {GroupSession, ScheduleState, Session} from './state';

/** @param first whether it is the file's first */
export function groupSession(unit: number, first: boolean, now: number): GroupSession {
  return {
    unit,
    first,
    startedAt: now,
    status: 'opening',
    frontier: 0,
    held: new Set(),
    heldCost: noCost(),
    running: null,
    begun: false,
    starving: false,
    since: now,
    opened: 0,
  };
}

/** Whether a session runs some of a file's tests, and their results are wanted. */
export function isWanted(session: Session): session is GroupSession {
  return session.status !== 'whole' && session.status !== 'discarded';
}

/** The sessions of a file whose results are wanted. */
export function sessionsOf({slots}: ScheduleState, unit: number): GroupSession[] {
  return slots.flatMap(({running}) => (running?.unit === unit && isWanted(running) ? [running] : []));
}

/** Whether a session's death costs no test result: the session was discarded, or joined and has no test so far. */
export function isBystander(session: Session | null): boolean {
  return session !== null && (session.status === 'discarded' || (!session.first && session.frontier === 0));
}

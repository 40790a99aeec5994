/** What reports say of a run's verdict, its floor, and idle workers. */
import type {LowerBound} from '../analysis/lowerBound';
import type {PlanLine} from '../recording/lines';
import {printable} from '../recording/printable';
import type {Verdict} from './model';

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  passed: 'passed',
  failed: 'failed',
  'ended-early': 'ended early',
  fault: 'ended by an error of jest-runner-xdist',
  unfinished: 'did not end',
};

/** Why a worker was idle, by the type of the reason. */
const REASONS: Readonly<Record<string, string>> = {
  'nothing-left': 'nothing left to run',
  next: 'its next file was about to begin',
  return: 'another worker was to return a file',
  loading: 'a file to share was loading',
  'no-gain': 'joining a split file would not have paid',
  resource: 'files waited for a resource',
  group: 'the rest of a worker group was with another worker',
  serial: 'a serial file',
  fixture: 'files waited for a shared fixture',
  start: 'a fresh worker was starting',
  order: 'a file had to end elsewhere first',
  node: 'the files that were left were for other nodes',
  arrivals: 'all files that had come were running or had ended',
  stopped: 'the run was being stopped',
  unknown: 'unknown',
};

export function describeReason(type: string): string {
  return REASONS[type] ?? type;
}

/** The path of a fixture's module; of a recording without it: its number. */
export function fixtureName(plan: PlanLine | null, fixture: number): string {
  return printable(plan?.fixtures?.[fixture] ?? `fixture ${fixture + 1}`);
}

/** @returns a clause: what decides the floor */
export function describeBound(
  setBy: LowerBound['setBy'],
  plan: PlanLine | null,
  nameOf: (unit: number) => string,
): string {
  switch (setBy.type) {
    case 'work':
      return 'that is an even share of all files';
    case 'unit':
      return `${nameOf(setBy.unit)} takes that long`;
    case 'group':
      return `the worker group ${printable(setBy.name)} takes that long`;
    case 'resource':
      return `files that take turns at the resource ${printable(setBy.name)} take that long`;
    case 'fixture':
      return `the shared fixture ${fixtureName(plan, setBy.fixture)} and the files that need it take that long`;
  }
}

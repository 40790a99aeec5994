/**
 * Plans with units so long that each worker has one at a time. No unit is held ahead, nor is anything queued behind
 * one.
 */
import type {SchedulePlan} from '../../../src/core/schedule/state';
import {planOf, units} from '../plans';

/** What each of them takes (ms), or each test of a file: longer than any watermark. */
export const LONG = 5000;

/** A plan of so many; everything that is not said is at its default. */
export const longUnits = (count: number, fields: Partial<SchedulePlan> = {}): SchedulePlan =>
  planOf(units(count, LONG), fields);

/** Inputs of the plan of shards, for its tests. */
import type {FileRecord} from '../../../../src/core/plan/durations';
import type {ShardInput} from '../../../../src/core/shards/shardInput';

/** @param ms null: the timings do not know the file */
export function inputOf(key: string, ms: number | null, fields: Partial<ShardInput> = {}): ShardInput {
  return {
    key,
    record: ms === null ? null : recordOf(ms),
    size: () => 1000,
    mayCut: false,
    workerGroup: null,
    serial: false,
    fixtures: [],
    ...fields,
  };
}

export function recordOf(ms: number, fields: Partial<FileRecord> = {}): FileRecord {
  return {at: 0, ms, tests: {}, short: 0, end: 'passed', ...fields};
}

/** A file that may be cut. */
export function longFile(
  key: string,
  {loadMs, tests, restMs = 0}: {readonly loadMs: number; readonly tests: readonly number[]; readonly restMs?: number},
): ShardInput {
  const ms = loadMs + restMs + tests.reduce((sum, one) => sum + one, 0);
  const record = recordOf(ms, {
    tests: Object.fromEntries(tests.map((one, index) => [`${key} test ${index}`, one])),
    measured: {loadMs, cpuMs: ms, on: 'here'},
  });
  return inputOf(key, ms, {record, mayCut: true});
}

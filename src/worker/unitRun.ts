/** The execution of one unit in a worker, and the news of its end. */
import type {MemoryUse, FromWorker, Slice, UnitOrder, UnitOutcome} from '../core/wire/workerMessages';
import {monotonicMs} from '../pristine/clock';
import {heapUsedBytes, residentBytes} from '../pristine/memory';
import type {SlicedFile} from './circus/slicedFile';
import type {CircusFile} from './circus/testFramework';
import type {JestFileRunner} from './jestFile';
import {missingCapabilities} from './jestProbes';
import type {ParentLine} from './parentLine';
import {sendable} from './sendable';
import {describeThrown, type Format} from './thrown';

export type UnitDone = Extract<FromWorker, {type: 'unit-done'}>;

export interface UnitRun {
  readonly files: JestFileRunner;
  readonly unit: UnitOrder;
  /** null: the unit runs whole. */
  readonly sliced: SlicedFile | null;
  /** The follower of the file; null: the file's framework does not report what it does. */
  readonly file: CircusFile | null;
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly heapLimitBytes: number | null;
  readonly format: Format;
}

/** The outcome of a unit that the parent no longer wants from this worker. */
const NOT_WANTED: UnitOutcome = {type: 'error', error: {message: 'It was not needed.', stack: '', type: 'Error'}};

/** The news of a unit that the parent no longer wants and this worker has not begun. */
export function neverBegun(unit: number): UnitDone {
  return {type: 'unit-done', unit, ms: 0, retiring: false, outcome: NOT_WANTED, slice: null, profile: null};
}

export async function runUnit({files, unit, sliced, file, heapLimitBytes, format}: UnitRun): Promise<UnitDone> {
  const memoryBefore = heapLimitBytes === null ? null : memoryUse();
  const start = monotonicMs();
  const end = await files.run(unit, file);
  let outcome: UnitOutcome;
  let slice: Slice | null = null;
  try {
    if ('thrown' in end) throw end.thrown;
    outcome = {type: 'result', result: end.result};
    slice = sliced?.slice(end.result) ?? null;
  } catch (error) {
    outcome = {type: 'error', error: describeThrown(error, format)};
  }
  if (sliced?.discarded === true) [outcome, slice] = [NOT_WANTED, null];
  const ms = monotonicMs() - start;
  const memory = memoryOver(heapLimitBytes, memoryBefore);
  const lacks = missingCapabilities();
  return {
    type: 'unit-done',
    unit: unit.id,
    ms,
    retiring: memory !== null,
    outcome,
    slice,
    profile: end.profile,
    ...(memory !== null && {memory}),
    ...(lacks.length > 0 && {jestLacks: lacks}),
  };
}

/** Sends the news of a unit's end, or as much of it as can be sent. */
export async function sendDone(line: Pick<ParentLine, 'send'>, done: UnitDone, format: Format): Promise<void> {
  try {
    await line.send(done);
  } catch {
    await sendReduced(line, done, format);
  }
}

/** The stock runner's worker dies if JSON cannot hold a result. Here, the file's tests keep their results. */
async function sendReduced(line: Pick<ParentLine, 'send'>, done: UnitDone, format: Format): Promise<void> {
  try {
    await line.send(sendable(done) as UnitDone);
  } catch (error) {
    // The result may be too large. The file must have one all the same.
    const {message, stack} = describeThrown(error, format);
    await line.send({
      ...done,
      outcome: {
        type: 'error',
        error: {message: `The result of this test file cannot be sent to Jest: ${message}`, stack, type: 'Error'},
      },
    });
  }
}

/** In bytes. */
interface HeldMemory {
  readonly heap: number;
  readonly rss: number;
}

function memoryUse(): HeldMemory {
  return {heap: heapUsedBytes(), rss: residentBytes()};
}

/** @returns null: the heap is within its limit, or has none */
function memoryOver(heapLimitBytes: number | null, before: HeldMemory | null): MemoryUse | null {
  if (heapLimitBytes === null || before === null) return null;
  const after = memoryUse();
  if (after.heap <= heapLimitBytes) return null;
  return {heap: {before: before.heap, after: after.heap}, rss: {before: before.rss, after: after.rss}};
}

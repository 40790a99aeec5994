/** The data behind an event of the scheduler. The commands that answer the event may need it. */
import type {SlotNumber} from '../core/plan/units';
import type {Death, DeathReport} from '../core/texts/deaths';
import type {JournalRecord} from '../core/wire/journal';
import type {FromWorker} from '../core/wire/workerMessages';

export interface Cause {
  readonly message?: FromWorker;
  /** The workers that the event reports as dead, by slot. */
  readonly dead?: ReadonlyMap<SlotNumber, DeadWorker>;
}

/** A worker that died, and the evidence that it left. */
export interface DeadWorker {
  readonly death: Death;
  /** Resolves when the worker's exit record and standard error are read. */
  readonly report: Promise<DeathReport>;
  readonly journal: readonly JournalRecord[];
}

/** @throws if no message of this type caused the event */
export function messageIn<T extends FromWorker['type']>({message}: Cause, type: T): Extract<FromWorker, {type: T}> {
  if (message?.type !== type) throw new Error(`a command answers a message "${type}", and there is none`);
  return message as Extract<FromWorker, {type: T}>;
}

/** @throws if the event does not report this worker's death */
export function deadIn({dead}: Cause, slot: SlotNumber): DeadWorker {
  const worker = dead?.get(slot);
  if (worker === undefined) throw new Error(`a command answers the death of worker w${slot}, which has not died`);
  return worker;
}

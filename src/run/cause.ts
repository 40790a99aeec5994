/** What an event of the scheduler was made of: the commands that answer the event may ask for it. */
import type {SlotNumber} from '../core/plan/units';
import type {Death, DeathReport} from '../core/texts/deaths';
import type {JournalRecord} from '../core/wire/journal';
import type {FromWorker} from '../core/wire/workerMessages';

export interface Cause {
  readonly message?: FromWorker;
  /** Workers that are gone now, by slot. */
  readonly dead?: ReadonlyMap<SlotNumber, DeadWorker>;
}

/** A worker that died, and what it left. */
export interface DeadWorker {
  readonly death: Death;
  /** Resolves when the worker's last words are read. */
  readonly report: Promise<DeathReport>;
  readonly journal: readonly JournalRecord[];
}

/** @throws if the event was made of no such message */
export function messageIn<T extends FromWorker['type']>({message}: Cause, type: T): Extract<FromWorker, {type: T}> {
  if (message?.type !== type) throw new Error(`a command answers a message "${type}", and there is none`);
  return message as Extract<FromWorker, {type: T}>;
}

/** @throws if the event does not tell of that worker's death */
export function deadIn({dead}: Cause, slot: SlotNumber): DeadWorker {
  const worker = dead?.get(slot);
  if (worker === undefined) throw new Error(`a command answers the death of worker w${slot}, which has not died`);
  return worker;
}

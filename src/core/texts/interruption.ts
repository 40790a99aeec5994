/** The failure of a test file that a signal to Jest interrupted. */
import type {FileError} from './deaths';
import {describeWorker, type SlotNumber} from '../plan/units';

/** A worker that was running the file. */
export interface WorkerAtFile {
  readonly slot: SlotNumber;
  /** null if the process never sent it. */
  readonly pid: number | null;
}

/** @param workers several if the file was split */
export function interruptedFile(signal: string, workers: readonly WorkerAtFile[]): FileError {
  const names = workers.map(({slot, pid}) => describeWorker(slot, pid));
  const who = `${names.length === 1 ? 'worker' : 'workers'} ${names.join(', ')}`;
  return {
    message: `This test file was interrupted: ${signal} ended the run while ${who} ran it.\nThe results of its tests are lost.`,
    // Reporters print message and stack; an empty stack makes them print the message alone.
    stack: '',
    type: 'Error',
  };
}

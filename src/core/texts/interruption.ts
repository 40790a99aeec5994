/** What is said of a test file that a signal to Jest has cut short. */
import type {FileError} from './deaths';
import {describeWorker, type SlotNumber} from '../plan/units';

/** A worker that was at the file. */
export interface WorkerAtFile {
  readonly slot: SlotNumber;
  /** null where the process never said. */
  readonly pid: number | null;
}

/** The failure of a file that was running. @param workers several, if its tests were shared */
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

/** The failure of a test file that has cost several machines of a fleet. */
import type {FileError} from './deaths';
import {describeTimeSpan} from './timeSpan';
import type {Loss} from '../fleet/stories';

/**
 * @param losses the machines that were lost, the first lost first
 * @param now the server's clock, in ms
 */
export function blameFleetFile(losses: readonly Loss[], now: number): FileError {
  const lines = losses.map(
    ({name, machine, begunAt}) =>
      `  ${name} (${machine}) began it ${describeTimeSpan(Math.max(0, now - begunAt))} ago, and sent nothing more`,
  );
  return {
    message:
      `${losses.length} machines of the fleet were lost while they ran this test file, so no other machine runs it.\n` +
      `Its tests may have exhausted the machine's memory, or stopped Jest itself.\n\n` +
      lines.join('\n'),
    stack: '',
    type: 'Error',
  };
}

/** What a user reads of a file that has killed a later file's worker. */
import type {SlotNumber} from '../plan/units';
import type {Culprit} from '../results/culprit';
import {describeDeath, whereItHung, type Death} from './deaths';

/**
 * The words for what an earlier file has done to a worker.
 *
 * @param running what the worker ran, which is run again; null: nothing
 */
export function describeLeftBehind(
  {path, named}: Culprit,
  running: string | null,
  death: Death,
  slot: SlotNumber,
): string {
  const meanwhile = running === null ? '' : ` while it ran ${running}, which is run again`;
  if (death.kind === 'exit') {
    return (
      `an exception that ${path} left behind (a timer or a promise that outlived its tests) ended the worker` +
      `${meanwhile}.\n${death.uncaught ?? ''}`
    );
  }
  const evidence = death.kind === 'hung' ? `\n\n${whereItHung(death)}` : '';
  if (named) {
    return (
      `code that ${path} left behind (a timer or a promise that outlived its tests) hung worker w${slot}` +
      `${meanwhile}: ${describeDeath(death)}.${evidence}`
    );
  }
  return (
    `worker w${slot} hung${running === null ? '' : ` before any code of ${running} ran, which is run again`}: ` +
    `${describeDeath(death)}. The last file that had ended there is ${path}: it may have left something behind.${evidence}`
  );
}

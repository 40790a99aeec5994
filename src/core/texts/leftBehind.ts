/** The text for a file that left something behind which killed its worker during a later file. */
import type {SlotNumber} from '../plan/units';
import type {Culprit} from '../results/culprit';
import {describeDeath, whereItHung, type Death} from './deaths';

/**
 * @param running the file that the worker was running, which runs again; null: none
 */
export function describeLeftBehind(
  {path, named}: Culprit,
  running: string | null,
  death: Death,
  slot: SlotNumber,
): string {
  const meanwhile = running === null ? '' : ` while it ran ${running}, which runs again`;
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
    `worker w${slot} hung${running === null ? '' : ` before any code of ${running} ran, which runs again`}: ` +
    `${describeDeath(death)}. The last file that ended in this worker is ${path}, which may have left something behind.${evidence}`
  );
}

/** How a machine leaves if a signal ends its process. */
import {setTimeout as sleep} from 'node:timers/promises';
import {ENDING_SIGNALS} from '../run/endingSignals';
import {FleetError} from './fleetError';

/** How long (ms) a machine tries to say good-bye. */
export const GOODBYE_MS = 5_000;

/** Hears a signal before the listeners of others. The run has listeners of its own, which end it. */
export function hearSignals(onSignal: (signal: NodeJS.Signals) => void): {close(): void} {
  for (const signal of ENDING_SIGNALS) process.prependListener(signal, onSignal);
  return {
    close: () => {
      for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
    },
  };
}

/**
 * What a machine does before its run begins, when nobody else hears signals. The first signal interrupts it, and then
 * ends the process. A second one ends the process at once.
 *
 * @param act rejects after `interrupted` has rejected, and has said good-bye then; it has GOODBYE_MS for that
 * @throws {FleetError} after a signal that somebody else hears, too: only that listener knows how the process ends
 */
export async function beforeRun<T>(act: (interrupted: Promise<never>) => Promise<T>): Promise<T> {
  let signalled: NodeJS.Signals | null = null;
  let interrupt: (error: unknown) => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => (interrupt = reject));
  const late = interrupted.catch(async (error: unknown) => {
    await sleep(GOODBYE_MS);
    throw error;
  });
  late.catch(() => undefined);
  const signals = hearSignals(signal => {
    signalled = signal;
    signals.close();
    interrupt(new FleetError(`${signal} came before this machine had a part in the run.`));
  });
  try {
    return await Promise.race([act(interrupted), late]);
  } finally {
    signals.close();
    if (signalled !== null) process.kill(process.pid, signalled);
  }
}

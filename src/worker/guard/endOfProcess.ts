/** Ends this process from a thread of it, whatever its main thread does. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {MainThread} from './mainThread';

/** How long (ms) the main thread has for its `exit` listeners. */
const EXIT_GRACE_MS = 2000;

/**
 * As `process.exit(1)` in the main thread, whose `exit` listeners run: Jest's, the runner's, the user's. It is
 * evaluated in the middle of an endless loop, and ends that (`Runtime.terminateExecution` would abort
 * Node 20). Node tells that it waits for the debugger, which it does not: that line, the last that it
 * writes, goes to the null device.
 */
const EXIT = `{
  const load = process.getBuiltinModule ?? require;
  const {closeSync, openSync} = load('node:fs');
  const {devNull} = load('node:os');
  process.once('exit', () => {
    closeSync(2);
    openSync(devNull, 'r+'); // gets the lowest number that is free
  });
  process.exit(1);
}`;

/** Ends with exit code 1; by a signal, if the main thread does not come to it. Does not come back. */
export async function exitHung(main: MainThread | null): Promise<void> {
  main?.evaluate(EXIT).catch(() => undefined);
  await sleep(EXIT_GRACE_MS);
  process.kill(process.pid, 'SIGKILL');
}

/** At once. @param ownsGroup this process leads its process group: all of that is ended */
export function killProcess(ownsGroup: boolean): void {
  if (ownsGroup && process.platform !== 'win32') {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      // It does not lead one.
    }
  }
  process.kill(process.pid, 'SIGKILL');
}

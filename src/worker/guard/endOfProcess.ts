/** Ends this process from the watchdog's thread, whatever the main thread does. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {MainThread} from './mainThread';

/** How long (ms) the `exit` listeners in the main thread may take. */
const EXIT_GRACE_MS = 2000;

/**
 * Calls `process.exit(1)` in the main thread, so that all `exit` listeners run: Jest's, the runner's, the user's. V8
 * evaluates this even in an endless loop, and so ends the loop. (`Runtime.terminateExecution` would abort Node 20.)
 * Last, Node prints that it waits for the debugger, although it does not wait. That line goes to the null device.
 */
const EXIT = `{
  const load = process.getBuiltinModule ?? require;
  const {closeSync, openSync} = load('node:fs');
  const {devNull} = load('node:os');
  process.once('exit', () => {
    closeSync(2);
    openSync(devNull, 'r+'); // gets the lowest free number, 2
  });
  process.exit(1);
}`;

/** Ends the process with exit code 1, or by a signal if the main thread does not respond. Never returns. */
export async function exitHung(main: MainThread | null): Promise<void> {
  main?.evaluate(EXIT).catch(() => undefined);
  await sleep(EXIT_GRACE_MS);
  process.kill(process.pid, 'SIGKILL');
}

/** Kills the process at once. @param ownsGroup whether the process leads a process group, to kill the whole group */
export function killProcess(ownsGroup: boolean): void {
  if (ownsGroup && process.platform !== 'win32') {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      // The process leads no group.
    }
  }
  process.kill(process.pid, 'SIGKILL');
}

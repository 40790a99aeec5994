/**
 * Leaves word of how this process ended: jest-worker tells the parent neither the exit code of a
 * worker nor the exception behind it. Written synchronously, as nothing else arrives from a process
 * that is on its way out; a process killed by a signal writes none, and its signal is known.
 */
import {writeFileSync} from 'node:fs';
import type {ExitRecord} from '../core/protocol';

/** @returns a function that says the end is now expected, so that nothing is left behind */
export function leaveExitRecord(path: string): () => void {
  let uncaught: string | null = null;
  const onUncaught = (error: unknown) => {
    uncaught = (error instanceof Error ? error.stack : undefined) ?? String(error);
  };
  const onExit = (code: number) => {
    const record: ExitRecord = {code, uncaught};
    try {
      writeFileSync(path, JSON.stringify(record));
    } catch {
      // The parent then says that the worker died without saying how.
    }
  };
  process.on('uncaughtExceptionMonitor', onUncaught);
  process.on('exit', onExit);
  return () => {
    process.off('uncaughtExceptionMonitor', onUncaught);
    process.off('exit', onExit);
  };
}

/**
 * How long this thread was ready to run and waited for a CPU. Linux counts that; on other systems it is unknown.
 *
 * The file is opened once and now, for the reason that memory.ts gives.
 */
import {openSync, readSync} from './fs';

/** Since the thread began, in ms; null: unknown. */
export const cpuDelayMs: () => number | null = process.platform === 'linux' ? readerOfProc() : () => null;

function readerOfProc(): () => number | null {
  let file: number;
  try {
    // Of this thread: `/proc/self` is of the main thread, and with `workerThreads` test files run in others.
    file = openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return () => null; // no /proc is mounted, or this kernel does not count
  }
  const buffer = Buffer.alloc(64);
  return () => {
    try {
      return parseDelay(buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)));
    } catch {
      return null; // a test has closed it
    }
  };
}

/**
 * The fields of `schedstat` are the time on a CPU, the time of waiting for one (both in ns), and a count.
 *
 * @returns null: it is another file, which got the number of the one that a test has closed
 */
function parseDelay(text: string): number | null {
  const delay = /^\d+ (\d+) \d+\n$/.exec(text)?.[1];
  return delay === undefined ? null : Number(delay) / 1e6;
}

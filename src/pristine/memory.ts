/**
 * How much memory this process holds. On Linux, `process.memoryUsage()` of Node 20 aborts the process once a file
 * descriptor from 0 to 2 has been closed: what it opens in /proc gets that number, and libuv asserts that it never
 * closes one of these three.
 */
import v8 from 'node:v8';
import {openSync, readSync} from './fs';

const {getHeapStatistics} = v8;
const {memoryUsage} = process;

/** The resident memory in bytes; 0 if unknown. */
export const residentBytes = process.platform === 'linux' ? readerOfProc() : () => memoryUsage.rss();

/** The same as `process.memoryUsage().heapUsed`. */
export function heapUsedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

function readerOfProc(): () => number {
  let file: number;
  try {
    // Opened once and now. Opened later, the file could get the number of a standard stream that a test has closed.
    file = openSync('/proc/self/status', 'r');
  } catch {
    return () => 0; // no /proc is mounted: `process.memoryUsage()` would throw
  }
  const buffer = Buffer.alloc(8192);
  return () => {
    try {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
      return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
    } catch {
      return 0; // a test has closed it
    }
  };
}

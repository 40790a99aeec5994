/** Whether a test file has ended Jest's process in band, or other code in the same process, such as a reporter. */
import {dirname, sep} from 'node:path';

/** Node's own `process.exit`. A caller without `process` before the dot is called `exit`. */
const NODES_EXIT = /^\s+at (?:process\.)?exit \(node:/;
/** A function that awaits: it has called nothing. */
const AWAITS = /^\s+at async /;

/**
 * Judges by the stack, not by what runs: a reporter may call `process.exit` while a test is in progress. In the realm of
 * each test file, jest-runner replaces `process.exit` with a function of its own, which calls Node's.
 *
 * @param stack taken in an `exit` listener of the process
 * @param runner a file of the running Jest's jest-runner
 * @returns true also if nobody called `process.exit`, because an uncaught error of a file that loads ends Jest, too
 */
export function isTestsExit(stack: string, runner: string): boolean {
  const lines = stack.split('\n');
  const exit = lines.findIndex(line => NODES_EXIT.test(line));
  if (exit === -1) return true;
  return lines.slice(exit + 1).some(line => !AWAITS.test(line) && line.includes(dirname(runner) + sep));
}

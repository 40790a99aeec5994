/** What of a process's start cannot be changed later. */
import type {WorkerStart} from '../workerStart';

/** Variables that Node, or a library of the system, reads when the process starts; and what modules read by then. */
const READ_AT_START =
  /^(NODE|UV|LD|DYLD|LC|SSL|OPENSSL|ICU|MALLOC)_|^(TZ|LANG|LANGUAGE|CI|TERM|COLORTERM|HOME|TMPDIR)$|COLOR/i;

/** @returns a text; processes with the same text differ in nothing that cannot be changed later */
export function fixedAtStart({workerPath, execPath, execArgv, environment, gracefulExitTimeout}: WorkerStart): string {
  const variables = Object.entries(environment).filter(([name]) => READ_AT_START.test(name));
  return JSON.stringify([
    process.cwd(),
    workerPath,
    execPath,
    execArgv ?? process.execArgv,
    variables.sort(([one], [other]) => (one < other ? -1 : 1)),
    gracefulExitTimeout ?? null,
    environment.XDIST_NODE ?? null,
  ]);
}

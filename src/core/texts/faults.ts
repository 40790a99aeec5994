/** What a user reads where the runner itself has gone wrong. */
import type {FileError} from './deaths';

export interface Fault {
  /** A clause: what was being done. */
  readonly doing: string;
  /** The stack of what was thrown, or what stands for it. */
  readonly evidence: string;
}

/** Where it happened, and where it is to be reported. */
export interface FaultSurroundings {
  /** Ours, Jest's, Node's and the system's: `jest-runner-xdist 0.1.0, Jest 30.5.2, Node v20.1.0, linux`. */
  readonly versions: string;
  /** null: the package names no place. */
  readonly reportAt: string | null;
  /** The file that XDIST_LOG names; null: none is written. */
  readonly log: string | null;
}

/** The failure of each file that has no result because of it. */
export function describeFault({doing, evidence}: Fault, {versions, reportAt, log}: FaultSurroundings): FileError {
  const where = reportAt === null ? 'to its maintainers' : `at ${reportAt}`;
  const message = [
    `This is a fault of jest-runner-xdist, not of a test: it came while ${doing}. The run was ended, and what had no result by then has none.`,
    evidence.replace(/^/gm, '  | '),
    `Please report it ${where}, with this text and ${
      log === null ? 'the log that XDIST_LOG=<file> writes when it happens again' : `the log, ${log}`
    }.\n${versions}`,
  ].join('\n\n');
  // Reporters print message and stack; an empty stack makes them print the message alone.
  return {message, stack: '', type: 'Error'};
}

/** The text for an error of the runner itself. */
import type {FileError} from './deaths';

export interface Fault {
  /** What the runner was doing, as a clause that follows "while". */
  readonly doing: string;
  /** The stack of the thrown value, or a text in place of the stack. */
  readonly evidence: string;
}

/** Where the fault happened, and where to report it. */
export interface FaultSurroundings {
  /** As in `jest-runner-xdist 0.1.0, Jest 30.5.2, Node v20.1.0, linux`. */
  readonly versions: string;
  /** null if our package.json names no issue tracker. */
  readonly reportAt: string | null;
  /** The path of the run's recording; null: there is none. */
  readonly recording: string | null;
}

/** The failure of each file that has no result because of the fault. */
export function describeFault({doing, evidence}: Fault, {versions, reportAt, recording}: FaultSurroundings): FileError {
  const where = reportAt === null ? 'to its maintainers' : `at ${reportAt}`;
  const message = [
    `The test runner failed while ${doing}. This is an error in jest-runner-xdist, not in a test. The run ended early; files without a result by then have none.`,
    evidence.replace(/^/gm, '  | '),
    `Please report it ${where}, with this text${recording === null ? '' : ` and the recording of the run, ${recording}`}.\n${versions}`,
  ].join('\n\n');
  // Reporters print message and stack; an empty stack makes them print the message alone.
  return {message, stack: '', type: 'Error'};
}

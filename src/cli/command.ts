/** What a command of the command line is. Each command is one file, and one line in commands.ts. */

/** A flag of a command. */
export interface Flag {
  /** The name of its value in the help; left out: the flag has no value. */
  readonly value?: string;
  readonly short?: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  readonly text: string;
}

export interface Arguments {
  /** The values of the flags, in the order in which they were given. A flag without a value has the value ''. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  /** What follows "--"; null: there is no "--". */
  readonly rest: readonly string[] | null;
}

export interface Surroundings {
  readonly cwd: string;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
}

export interface Command {
  /** In one line, for the list of all commands. */
  readonly summary: string;
  /** How it is called, without the name of the program: one line for each way. */
  readonly usage: readonly string[];
  /** What follows the usage in the help. */
  readonly help: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /**
   * @returns the exit code
   * @throws {UsageError} if the arguments make no sense
   */
  readonly run: (args: Arguments, surroundings: Surroundings) => number | Promise<number>;
}

/** The user called a command in a wrong way. The text says what is wrong. */
export class UsageError extends Error {}

/** Something that the user asked for cannot be done. The text says why; a stack would not help. */
export class CommandError extends Error {}

/** Compiled code, as it is kept in memory and on disk. */

/** What V8 has made of a source. */
export interface StoredCode {
  readonly data: Buffer;
  /** Whether the functions are in it that were called when it ran: V8 compiles each at its first call. */
  readonly warm: boolean;
}

/** The code of a script, and where in the module's file that begins. */
export interface ScriptCode {
  readonly code: string;
  readonly lineOffset: number;
  readonly columnOffset: number;
}

/** A module that is to be compiled. */
export interface ModuleCode {
  readonly filename: string;
  readonly source: string;
  /** What else its code depends on. */
  readonly variant: string;
  /**
   * Jest has it compiled anew each time, and it could be seen that it was not: in a realm, V8 makes the strings that a tagged template is
   * called with once for each place in a script, and they would be the same after `jest.resetModules()`.
   */
  isNewEachTime(): boolean;
  /** Whether a script of it could be told from what Jest has compiled. */
  wouldDiffer(): boolean;
  /** The same as a script. */
  asScript(): ScriptCode;
}

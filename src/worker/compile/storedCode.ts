/** Types of compiled code, in memory and on disk. */

/** V8's code cache of one source. */
export interface StoredCode {
  readonly data: Buffer;
  /** Whether the code includes the functions that were called. V8 compiles a function when it is first called. */
  readonly warm: boolean;
}

/** A script's source, and the offsets at which it begins in the module's file. */
export interface ScriptCode {
  readonly code: string;
  readonly lineOffset: number;
  readonly columnOffset: number;
}

/** A module that jest-runtime wants to compile. */
export interface ModuleCode {
  readonly filename: string;
  readonly source: string;
  /** What the compiled code depends on besides the source, for example the wrapper's parameters. */
  readonly variant: string;
  /**
   * Whether a test could notice that V8 does not compile the module again. V8 makes the strings of a tagged template
   * once for each realm and place in a script. With a kept script, they would be the same after `jest.resetModules()`.
   */
  isNewEachTime(): boolean;
  /** Whether code could notice that it runs in our script, and not in the function that Jest would have compiled. */
  wouldDiffer(): boolean;
  /** The module as a script. */
  asScript(): ScriptCode;
}

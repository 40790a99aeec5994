/** What all machines of a fleet must have in common. */
export interface Collection {
  /** All test files of the run, sorted: `fileKey` of each, and ` #2` after a key that is there a second time. */
  readonly files: readonly string[];
  /** A fingerprint of the configs of all projects, without paths of the machine. */
  readonly config: string;
  readonly versions: {
    readonly runner: string;
    readonly jest: string;
    /** The major version of Node, such as `24`. */
    readonly node: string;
  };
  /** As CI's variables name it; null: unknown. Two commits differ only if both are known. */
  readonly commit: string | null;
  /** The settings that change what runs: `testNamePattern`, `bail`, `coverage` and so on, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** The names of the nodes with `dist: 'each'`; empty otherwise. */
  readonly nodes: readonly string[];
}

/** The parts of a journal that say nothing of Jest's own types. */

/** A test in the list of a file's journal. */
export interface JournalTest {
  /** The titles of the describe blocks around the test, and its own title. */
  readonly titles: readonly string[];
  /** What jest-circus does with the test unless something fails. */
  readonly mode: 'run' | 'skip' | 'todo';
  /** Whether the test starts with the file, before jest-circus reaches it: `test.concurrent` in Jest up to 30.1. */
  readonly early: boolean;
}

export const HOOK_TYPES = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const;
export type HookType = (typeof HOOK_TYPES)[number];

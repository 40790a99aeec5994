/** Where the time of a test file went, as the process that ran the file measured it. All times are in ms. */
import {finite, list, nullable, record, text, whole} from './values';

/** What a process spent on a file, from before it made the test environment until it had torn it down. */
export interface FileProfile {
  readonly ms: number;
  /** The time to load and create the test environment. */
  readonly environmentMs: number;
  /** The time of `setupFiles` and `setupFilesAfterEnv`. */
  readonly setupMs: number;
  /** The time in Jest's transformer, as part of the other times. */
  readonly transformMs: number;
  /** The time to load the test file and all that it requires at its top level, without transforms. */
  readonly modulesMs: number;
  /** The time of test functions. */
  readonly testsMs: number;
  /** The time of hooks. */
  readonly hooksMs: number;
  /** The time to tear the test environment down. */
  readonly teardownMs: number;
  /** CPU time (user and system) of the process, all threads. */
  readonly cpuMs: number;
  /** The time for which the thread that runs the tests was ready and waited for a CPU; null: unknown. */
  readonly delayMs: number | null;
  /** The packages and sources that took longest to load, by their own time, the longest first; at most ten of each. */
  readonly packages: readonly ModuleTime[];
  readonly sources: readonly ModuleTime[];
  /** How many modules were loaded, by setup files and tests, too; without Jest's own. */
  readonly modules: number;
  /** The memory that the process held afterwards, in bytes; in a quick succession of files, up to 0.1 s earlier. */
  readonly memory: {readonly heap: number; readonly rss: number};
}

/** The loading of a package, or of one source file. */
export interface ModuleTime {
  /** A package's name, or a source's absolute path. */
  readonly name: string;
  /** Its own time, without transforms and without that of the modules that it requires, in ms. */
  readonly ms: number;
  /** How many of its modules were loaded. */
  readonly modules: number;
}

/** @throws {ProtocolError} */
export function parseFileProfile(value: unknown): FileProfile {
  const fields = record(value, 'the profile of a file');
  const memory = record(fields.memory, 'the memory of a process');
  return {
    ms: finite(fields.ms),
    environmentMs: finite(fields.environmentMs),
    setupMs: finite(fields.setupMs),
    transformMs: finite(fields.transformMs),
    modulesMs: finite(fields.modulesMs),
    testsMs: finite(fields.testsMs),
    hooksMs: finite(fields.hooksMs),
    teardownMs: finite(fields.teardownMs),
    cpuMs: finite(fields.cpuMs),
    // Recordings of older versions lack it.
    delayMs: nullable(fields.delayMs ?? null, finite),
    packages: list(fields.packages, parseModuleTime),
    sources: list(fields.sources, parseModuleTime),
    modules: whole(fields.modules),
    memory: {heap: finite(memory.heap), rss: finite(memory.rss)},
  };
}

function parseModuleTime(value: unknown): ModuleTime {
  const fields = record(value, 'the loading time of a module');
  return {name: text(fields.name), ms: finite(fields.ms), modules: whole(fields.modules)};
}

/** Clocks as they were when this process began: test files share them with us and may mock them (see fs.ts). */
const {hrtime} = process;
const cpuUsage = process.cpuUsage.bind(process);
const {now: timeOfDay} = Date;
const {setImmediate: soon} = globalThis;

/**
 * Monotonic, in ms. It counts from the same moment in all threads and processes of a machine, which `performance.now()`
 * does not.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * The time of day, in whole ms since the epoch. For points in time only: it may jump, so a duration comes from
 * `monotonicMs`. A preloaded module may have replaced `Date.now` by one that returns fractions.
 */
export function epochMs(): number {
  return Math.floor(timeOfDay());
}

/** The CPU time of the process, user and system, of all its threads, in ms. */
export function cpuMs(): number {
  const {user, system} = cpuUsage();
  return (user + system) / 1000;
}

/** Resolves in the next turn of the event loop: this thread has then read the messages that had arrived. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => soon(resolve));
}

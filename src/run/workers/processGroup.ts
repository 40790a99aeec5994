/**
 * A worker's process and the process group that the process leads. What the worker's tests start belongs to that group,
 * unless a test gives it a group of its own. jest-worker signals only the process. A ProcessGroup signals the group, so
 * what a test has left running ends together with a worker that is terminated or killed.
 */
import type {ChildProcess} from 'node:child_process';
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {setTimeout as delay} from 'node:timers/promises';

/** Windows has no process groups that can be signalled. */
export const LEADS_A_GROUP = process.platform !== 'win32';

/** How long (ms) a terminated group may take to end before it is killed. jest-worker gives its process as long. */
const KILL_AFTER_MS = 500;

/**
 * How long (ms) a process that exits may take. Node writes at that time what NODE_V8_COVERAGE asks for, and on a busy
 * machine that takes longer than jest-worker's grace.
 */
const EXIT_WITHIN_MS = 10_000;

/** How long (ms) a process may be silent about what keeps it. On a busy machine it may have got no processor so far. */
const SILENT_WITHIN_MS = 2000;

/** How often (ms) the parent looks whether a process still lives, or a group whose leader has ended has members. */
const LOOK_EVERY_MS = 20;

/**
 * Why a process that is to end still lives. `exiting`: it exits, and nothing of its tests keeps it from that. `silent`: it
 * has not said why.
 */
export type WhyAlive = 'kept' | 'exiting' | 'silent';

export class ProcessGroup {
  readonly #whyAlive: () => WhyAlive;
  #child: ChildProcess | null = null;
  #signalled = false;
  #forced = false;
  #endsByItself = false;
  /** When the group is killed, by performance.now(); null: nobody has terminated it. */
  #killAt: number | null = null;
  #killTimer: NodeJS.Timeout | undefined;
  /** The group whose leader has ended, while its other members may still run; null: there is no such group. */
  #remains: number | null = null;
  #gone: Promise<void> = Promise.resolve();

  /** @param whyAlive asked when jest-worker forces the exit of a process that was to end by itself */
  constructor(whyAlive: () => WhyAlive) {
    this.#whyAlive = whyAlive;
  }

  /** Whether jest-worker has forced the exit of the process, and the process has exited by itself nevertheless. */
  get wasSpared(): boolean {
    return this.#forced && !this.#signalled;
  }

  /**
   * Calls `fork` and adopts the process that it forks. jest-worker keeps its child to itself and reports a death late.
   *
   * @returns what `fork` returns
   */
  forkedBy<T>(fork: () => T): T {
    const stopHearing = hearForks(child => this.#adopt(child));
    try {
      return fork();
    } finally {
      stopHearing();
    }
  }

  /** The process is to end by itself from now on. What its tests left running lives on, as with the stock runner. */
  letEnd(): void {
    this.#endsByItself = true;
  }

  /** Signals the group, and kills the members that have not ended after a grace. */
  terminate(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.#killAt !== null || !this.#lives()) return;
    this.#killAt = performance.now() + KILL_AFTER_MS;
    this.#killTimer = setTimeout(() => this.kill(), KILL_AFTER_MS);
    this.#signal(signal);
  }

  /** Kills the group at once. */
  kill(): void {
    if (this.#remains !== null) signalGroup(this.#remains, 'SIGKILL');
    this.#signal('SIGKILL');
  }

  /** Resolves when a terminated group has no member left. To be read when the process has ended. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** @param referenced whether the process keeps Jest's process alive */
  setReferenced(referenced: boolean): void {
    const child = this.#child;
    if (child === null) return;
    const channel = child.channel as {ref(): void; unref(): void} | null | undefined;
    for (const handle of [child, channel, child.stdout, child.stderr] as ({ref?(): void; unref?(): void} | null)[]) {
      if (referenced) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  #adopt(child: ChildProcess): void {
    this.#child = child;
    // A send of jest-worker to a process that has just died fails (EPIPE), and the error would end Jest. The event
    // 'exit' follows and reports the death. Only a process that could not be started never exits.
    child.on('error', error => {
      if (child.pid === undefined) throw error;
    });
    // jest-worker calls this for a forced exit and when the process has run out of memory.
    child.kill = signal => {
      if (this.#endsByItself) {
        if (!this.#forced) void this.#force();
      } else if (signal === 'SIGKILL') this.kill();
      else this.terminate();
      return true;
    };
    // This listener runs before jest-worker's own: the system may soon give a free process id to another process.
    child.once('exit', () => {
      clearTimeout(this.#killTimer);
      this.#endRemains(child.pid);
      // If the process has exited with a code, jest-worker forks a new one in its listener of this event. When the old
      // process was to end by itself, nobody wants the new one, and nobody would tell the new one to end.
      const stopHearing = hearForks(again => this.#adopt(again));
      process.nextTick(() => {
        stopHearing();
        if (this.#endsByItself && this.#child !== child) this.kill();
      });
    });
  }

  /** Ends a process that its tests keep alive. */
  async #force(): Promise<void> {
    this.#forced = true;
    for (const since = performance.now(); this.#lives() && !this.#signalled; await delay(LOOK_EVERY_MS)) {
      const why = this.#whyAlive();
      const mayLiveMs = {kept: 0, silent: SILENT_WITHIN_MS, exiting: EXIT_WITHIN_MS}[why];
      if (performance.now() - since >= mayLiveMs) return this.terminate();
    }
  }

  #endRemains(leader: number | undefined): void {
    if (leader === undefined || !LEADS_A_GROUP) return;
    if (this.#killAt !== null) this.#gone = this.#waitForRemains(leader, this.#killAt);
    else if (!this.#endsByItself) signalGroup(leader, 'SIGKILL');
  }

  /** A group that had members a moment ago still owns its number, so the signal hits no other group. */
  async #waitForRemains(leader: number, killAt: number): Promise<void> {
    this.#remains = leader;
    while (signalGroup(leader, 0)) {
      if (performance.now() >= killAt) {
        signalGroup(leader, 'SIGKILL');
        break;
      }
      await delay(LOOK_EVERY_MS);
    }
    this.#remains = null;
  }

  #lives(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined || !this.#lives()) return;
    this.#signalled = true;
    signalGroup(pid, signal);
  }
}

/** Signals the group of a leader. @returns whether the group had a member */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(LEADS_A_GROUP ? -leader : leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** @returns ends the listening */
function hearForks(onFork: (child: ChildProcess) => void): () => void {
  const hear = (message: unknown) => onFork((message as {readonly process: ChildProcess}).process);
  subscribe('child_process', hear);
  return () => unsubscribe('child_process', hear);
}

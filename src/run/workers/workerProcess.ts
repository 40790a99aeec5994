/**
 * The process of one worker, and the process group that it leads. What its tests start belongs to that
 * group, unless it is given one of its own. jest-worker signals the process alone; here the group is
 * meant, so that what a test has left running ends with the worker that is made to end.
 */
import type {ChildProcess} from 'node:child_process';
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {setTimeout as delay} from 'node:timers/promises';

/** Windows has no process groups that can be signalled. */
export const LEADS_A_GROUP = process.platform !== 'win32';

/** How long (ms) a group that was told to end may take before it is killed; jest-worker's own time for the process. */
const KILL_AFTER_MS = 500;

/** How often (ms) it is looked whether anything is left of a group whose leader has ended. */
const LOOK_EVERY_MS = 20;

export class WorkerProcess {
  #child: ChildProcess | null = null;
  #endsByItself = false;
  /** When what does not end as told is killed, as performance.now() has it; null: nothing has told it to. */
  #killAt: number | null = null;
  #killTimer: NodeJS.Timeout | undefined;
  /** The group of a leader that has ended, while it is waited for the rest of it. */
  #remains: number | null = null;
  #gone: Promise<void> = Promise.resolve();

  /**
   * Calls what forks the process: jest-worker keeps its child to itself, and tells of its death late.
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

  /** From here on the process is to end by itself. What it then leaves running lives on, as with the stock runner. */
  letEnd(): void {
    this.#endsByItself = true;
  }

  /** The kill ladder: tells the group to end, and kills what has not within its grace. */
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

  /** Once the process has ended: resolves when nothing is left of a group that was told to end. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Whether it keeps this process alive. */
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
    // What jest-worker sends to a process that has just died fails (EPIPE), and would end Jest: 'exit' follows, and
    // is heard. One that could not be started at all does not exit.
    child.on('error', error => {
      if (child.pid === undefined) throw error;
    });
    // All of jest-worker's own ways to end it: a forced exit, running out of memory.
    child.kill = signal => {
      if (signal === 'SIGKILL') this.kill();
      else this.terminate();
      return true;
    };
    // Before jest-worker's own listener: a process id that nothing holds any more may be given to another soon.
    child.once('exit', () => {
      clearTimeout(this.#killTimer);
      this.#endRemains(child.pid);
      // jest-worker forks anew, in its listener of this very event, when a process has exited with a code. If that was
      // to end by itself, the new one is not wanted, and would not hear that it is to end.
      const stopHearing = hearForks(again => this.#adopt(again));
      process.nextTick(() => {
        stopHearing();
        if (this.#endsByItself && this.#child !== child) this.kill();
      });
    });
  }

  #endRemains(leader: number | undefined): void {
    if (leader === undefined || !LEADS_A_GROUP) return;
    if (this.#killAt !== null) this.#gone = this.#waitForRemains(leader, this.#killAt);
    else if (!this.#endsByItself) signalGroup(leader, 'SIGKILL');
  }

  /** A group that had members a moment ago still has its number: nobody else can be hit. */
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
    if (pid !== undefined && this.#lives()) signalGroup(pid, signal);
  }
}

/** Signals a group, by its leader. @returns whether there was anything to signal */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(LEADS_A_GROUP ? -leader : leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** @returns what ends the listening */
function hearForks(onFork: (child: ChildProcess) => void): () => void {
  const hear = (message: unknown) => onFork((message as {readonly process: ChildProcess}).process);
  subscribe('child_process', hear);
  return () => unsubscribe('child_process', hear);
}

/**
 * The main thread's side of its process's watchdog. The watchdog is a second thread, so it works even while the main
 * thread is in an endless loop. It reports what takes too long and where the main thread hangs, and it ends the process
 * when the parent is gone. While tests run, the main thread only records which phase begins.
 */
import {isMainThread, Worker} from 'node:worker_threads';
import {join} from '../../pristine/path';
import {IDLE, PhaseMemory, type Phase} from './phaseMemory';

/** Where the watchdog sends its findings. */
export type WatchdogTransport =
  /** To the parent, which listens at `path`. When that connection closes, the watchdog ends the process. */
  | {
      readonly kind: 'socket';
      readonly path: string;
      readonly token: string;
      readonly slot: number;
      readonly generation: number;
      /** Whether the process leads a process group. The watchdog then ends the whole group. */
      readonly ownsGroup: boolean;
    }
  /** To the standard error of this process. The watchdog ends a hung process itself, because there is no parent. */
  | {
      readonly kind: 'in-band';
      /** The last line, which says what to do. */
      readonly remedy: string;
      /** A file of the running Jest's @jest/core. */
      readonly core: string;
    };

export interface WatchdogOptions {
  readonly transport: WatchdogTransport;
}

/** The thread's `workerData`. */
export interface WatchdogData {
  readonly transport: WatchdogTransport;
  readonly memory: SharedArrayBuffer;
}

/** V8 reserves nothing for these limits. The old generation holds the source and source map of one script at a time. */
const RESOURCE_LIMITS = {maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4, stackSizeMb: 2};

export class Watchdog {
  readonly #memory = PhaseMemory.create();

  private constructor() {}

  /** Starts the thread. If it cannot start, the process goes unwatched. */
  static start({transport}: WatchdogOptions): Watchdog {
    const watchdog = new Watchdog();
    startThread(transport, watchdog.#memory);
    return watchdog;
  }

  /** A phase begins, and the one before has ended. */
  begin(phase: Phase): void {
    this.#memory.write(phase);
  }

  /** Nothing is running that could take too long. */
  idle(): void {
    this.#memory.write(IDLE);
  }

  /** Whether the watchdog is ending this process. It has printed why. */
  get endsProcess(): boolean {
    return this.#memory.ending;
  }

  /**
   * Ends the watch. After that, the parent may close the connection. The thread ends by itself when it sees the stop. A
   * thread that is terminated while the main thread answers it would abort the process (see MainThread).
   */
  stop(): void {
    this.idle(); // the last phase has ended, so nobody may judge it
    this.#memory.stop();
  }
}

function startThread(transport: WatchdogTransport, memory: PhaseMemory): void {
  // If jest-worker uses threads, this process is Jest's own. The watchdog would watch Jest, and end it.
  if (!isMainThread) return;
  const workerData: WatchdogData = {transport, memory: memory.buffer};
  try {
    const thread = new Worker(join(__dirname, 'watchdogThread.js'), {
      workerData,
      // Without NODE_OPTIONS, NODE_V8_COVERAGE, --require and --cpu-prof, which are meant for the user's code.
      env: {},
      execArgv: [],
      // Otherwise the process would print what the thread prints.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
      resourceLimits: RESOURCE_LIMITS,
    });
    thread.on('error', () => undefined);
    // The thread asks whether the event loop turns. Only a turning event loop delivers the question.
    thread.on('message', () => memory.noteTurn());
    thread.unref();
  } catch {
    // The process goes unwatched.
  }
}

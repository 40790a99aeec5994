/**
 * The watchdog of a process, as its main thread knows it. A thread watches this one from outside, also
 * while it is in an endless loop: it tells what takes too long, and where it hangs; and it ends the
 * process when the parent is gone. All that this side does at run time is to write down what begins.
 */
import {isMainThread, Worker} from 'node:worker_threads';
import {join} from '../../pristine/path';
import {IDLE, PhaseMemory, type Phase} from './phaseMemory';

/** To whom the watchdog speaks. */
export type WatchdogTransport =
  /** To the parent that listens there. When that connection ends, so does the process. */
  | {
      readonly kind: 'socket';
      readonly path: string;
      readonly token: string;
      readonly slot: number;
      readonly generation: number;
      /** The process leads a process group: all of it is ended. */
      readonly ownsGroup: boolean;
    }
  /** To the standard error of this process, which it ends when it hangs: nobody else can. */
  | {
      readonly kind: 'in-band';
      /** The last line, which says what to do. */
      readonly remedy: string;
    };

export interface WatchdogOptions {
  readonly transport: WatchdogTransport;
}

/** What the thread is started with. */
export interface WatchdogData {
  readonly transport: WatchdogTransport;
  readonly memory: SharedArrayBuffer;
}

/** Limits, nothing is set apart. The old generation holds the sources and source maps of a stack, one at a time. */
const RESOURCE_LIMITS = {maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4, stackSizeMb: 2};

export class Watchdog {
  readonly #memory = PhaseMemory.create();

  private constructor() {}

  /** A process whose watchdog cannot be started goes unwatched. */
  static start({transport}: WatchdogOptions): Watchdog {
    const watchdog = new Watchdog();
    startThread(transport, watchdog.#memory);
    return watchdog;
  }

  /** A phase begins, and the one before has ended. */
  begin(phase: Phase): void {
    this.#memory.write(phase);
  }

  /** Nothing is under way that could take too long. */
  idle(): void {
    this.#memory.write(IDLE);
  }

  /** The watchdog ends this process, and has printed why. */
  get endsProcess(): boolean {
    return this.#memory.ending;
  }

  /**
   * From here on nothing is judged, and the parent may close the connection. The thread ends by itself when
   * it sees that: terminated while this thread answers it, it would take the process along (see MainThread).
   */
  stop(): void {
    this.idle(); // what was about to be judged is over
    this.#memory.stop();
  }
}

function startThread(transport: WatchdogTransport, memory: PhaseMemory): void {
  // In a thread of its own process, Jest's, it would watch Jest, and end it.
  if (!isMainThread) return;
  const workerData: WatchdogData = {transport, memory: memory.buffer};
  try {
    const thread = new Worker(join(__dirname, 'watchdogThread.js'), {
      workerData,
      // No NODE_OPTIONS, NODE_V8_COVERAGE, --require or --cpu-prof: these are meant for the user's code.
      env: {},
      execArgv: [],
      // What it prints would be printed here.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
      resourceLimits: RESOURCE_LIMITS,
    });
    thread.on('error', () => undefined);
    // The thread asks; an event loop that turns delivers the question.
    thread.on('message', () => memory.noteTurn());
    thread.unref();
  } catch {
    // It goes unwatched.
  }
}

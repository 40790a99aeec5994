/**
 * A thread's connection to the main thread of its process, through the inspector. The main thread answers even in an
 * endless loop, because V8 interrupts the loop. It does not answer while it runs native code.
 *
 * If a thread ends at the moment when the main thread answers it, the process aborts (Node 20, in
 * MainThreadInterface::Post; about one time in ten if the thread ends right after `disconnect`). This cannot happen at
 * the end of the process, because the main thread answers nothing while it waits for its threads to end.
 */
import type {Debugger, InspectorNotification, Runtime, Session} from 'node:inspector';

/** After this silence (ms), the main thread counts as unreachable. */
const SILENCE_MS = 2000;

/**
 * The same limit (ms) while the main thread is about to stop. Before it stops, it lists all scripts with their source
 * maps: 3000 scripts with 50 KB each took 1.7 s on a busy machine.
 */
const STOP_SILENCE_MS = 10_000;

/** Node up to 20.15 has no `getBuiltinModule`. There, the inspector's console provides `require`. */
const DEBUGGER_URL = `(process.getBuiltinModule ?? require)('node:inspector').url()`;

/**
 * Gives a turning event loop something to run for a second. Without it, an idle thread would not stop. An evaluated
 * expression alone cannot tell an idle thread from a busy one: in an endless chain of promises, V8 mostly evaluates it
 * between two promises, while none of their calls is on the stack.
 */
const KEEP_TURNING = `{
  let turns = 100;
  const timer = setInterval(() => { if (--turns === 0) clearInterval(timer); }, 10);
  timer.unref();
}`;

export class MainThread {
  readonly #inspector: Session;
  #heardAt = performance.now();

  private constructor(inspector: Session) {
    this.#inspector = inspector;
    inspector.connectToMainThread();
    inspector.on('inspectorNotification', () => this.#hear());
  }

  /** @returns null: this Node was built without an inspector */
  static connect(): MainThread | null {
    try {
      const {Session: Inspector} = require('node:inspector') as {readonly Session: new () => Session};
      return new MainThread(new Inspector());
    } catch {
      return null;
    }
  }

  /** @throws {SilentError} */
  async post(method: string, parameters: object = {}): Promise<unknown> {
    const reply = new Promise<unknown>((resolve, reject) => {
      this.#inspector.post(method, parameters, (error, result) => {
        this.#hear();
        if (error === null) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
    return this.#unlessSilent(reply);
  }

  /**
   * Stops the main thread in the middle of what it runs, until `release`. An idle main thread stops in a timer that
   * this method starts.
   *
   * @param onScript called for every script, with the id that the call frames use for it
   * @returns the call frames, the innermost first; in an idle thread, all are Node's own
   * @throws {SilentError}
   */
  async stop(onScript: (script: Debugger.ScriptParsedEventDataType) => void): Promise<readonly Debugger.CallFrame[]> {
    this.#inspector.on('Debugger.scriptParsed', ({params}) => onScript(params));
    const paused = this.#paused();
    this.#inspector.post('Debugger.enable');
    this.#inspector.post('Runtime.evaluate', {expression: KEEP_TURNING});
    this.#inspector.post('Debugger.pause');
    return this.#unlessSilent(paused, STOP_SILENCE_MS);
  }

  /** Lets the main thread take one step, and stops it again. @throws {SilentError} */
  async step(): Promise<readonly Debugger.CallFrame[]> {
    const paused = this.#paused();
    this.#inspector.post('Debugger.stepInto');
    return this.#unlessSilent(paused);
  }

  release(): void {
    this.#inspector.post('Debugger.disable');
  }

  /**
   * Evaluates an expression in the global scope of Node's own realm, not of a test file's.
   *
   * @returns its value, if that is JSON
   * @throws {SilentError}
   */
  async evaluate(expression: string): Promise<unknown> {
    const reply = await this.post('Runtime.evaluate', {
      expression,
      returnByValue: true,
      includeCommandLineAPI: true,
      silent: true,
    });
    return (reply as Runtime.EvaluateReturnType).result.value;
  }

  /**
   * Whether somebody may be debugging the process. Only the main thread knows of the process's inspector. It answers
   * even while a debugger has stopped it.
   *
   * @throws {SilentError}
   */
  async isDebugged(): Promise<boolean> {
    return typeof (await this.evaluate(DEBUGGER_URL)) === 'string';
  }

  /**
   * Disconnects. The main thread cancels unanswered requests when it gets to them, and confirms even that. So this
   * thread must not end at once.
   */
  disconnect(): void {
    this.#inspector.disconnect();
  }

  #paused(): Promise<readonly Debugger.CallFrame[]> {
    return new Promise(resolve =>
      this.#inspector.once('Debugger.paused', ({params}: InspectorNotification<Debugger.PausedEventDataType>) =>
        resolve(params.callFrames),
      ),
    );
  }

  #hear(): void {
    this.#heardAt = performance.now();
  }

  async #unlessSilent<T>(reply: Promise<T>, silenceMs = SILENCE_MS): Promise<T> {
    this.#hear(); // the last answer may be long ago
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      const check = () => {
        const left = this.#heardAt + silenceMs - performance.now();
        if (left <= 0) reject(new SilentError());
        else timer = setTimeout(check, Math.ceil(left));
      };
      check();
    });
    try {
      return await Promise.race([reply, silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The main thread does not answer. */
export class SilentError extends Error {}

/**
 * A thread's line to the main thread of its process, through the inspector. The main thread answers
 * also in the middle of an endless loop, as V8 interrupts it there; in native code it does not.
 *
 * A thread that ends in the moment in which it is answered aborts the process (Node 20, in
 * MainThreadInterface::Post; about one time in ten if it ends right after `disconnect`). At the end of
 * the process this does not happen: the main thread answers nothing any more while it waits for its threads.
 */
import type {Debugger, InspectorNotification, Runtime, Session} from 'node:inspector';

/** How long (ms) the main thread may say nothing before it counts as not to be reached. */
const SILENCE_MS = 2000;

/**
 * The same while it is to stop: before that it lists all scripts, with their source maps. 3000 of them with
 * 50 KB each took it 1.7 s on a busy machine.
 */
const STOP_SILENCE_MS = 10_000;

/** By the `require` of the inspector's console where Node (up to 20.15) has nothing that needs none. */
const DEBUGGER_URL = `(process.getBuiltinModule ?? require)('node:inspector').url()`;

/**
 * Something that is run for a second by an event loop that turns, and only by that. (To evaluate an
 * expression does not tell an idle thread from a busy one: in an endless chain of promises it is
 * mostly run between two of them, with no call of theirs under way.)
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
   * Stops the main thread in the middle of what it runs, until `release`; an idle one as soon as it runs
   * something, which it is made to.
   *
   * @param onScript hears of every script, with the id by which the calls name it
   * @returns the calls that are under way, the innermost first; in an idle thread they are Node's own
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

  /** Lets it take one step more, and stops it again. @throws {SilentError} */
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
   * Whether somebody may be looking at the process with a debugger. The main thread is asked, as a
   * thread does not know of its process's inspector. It answers also while a debugger has stopped it.
   *
   * @throws {SilentError}
   */
  async isDebugged(): Promise<boolean> {
    return typeof (await this.evaluate(DEBUGGER_URL)) === 'string';
  }

  /**
   * What was asked and not answered yet is undone when the main thread comes to it. Even of this it
   * sends word: the thread must not end at once.
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
    this.#hear(); // what came of the last question was long ago
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

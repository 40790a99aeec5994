/** Tells the watchdog the main thread's phase (a test, a hook, the loading of a file) and the limits of the phase. */
import type {Circus} from '@jest/types';
import {TIMES_OWN_TIMEOUT, type LimitSource} from '../../core/wire/watchdogMessages';
import {monotonicMs} from '../../pristine/clock';
import type {Collection} from '../circus/collection';
import type {Phase} from './phaseMemory';
import type {Watchdog} from './watchdog';

export interface PhaseLimits {
  /** After this time (ms) a phase is slow; 0: never. */
  readonly slowMs: number;
  /** After this time (ms) a phase hangs; 0: never. */
  readonly hardMs: number;
}

/** What a file is at. `between`: between its tests and hooks. `waiting`: for the parent. */
export type PhaseKind = 'loading' | 'between' | 'hook' | 'test' | 'waiting';

/** Hears what a file is at, from the loading of its code on. */
export interface PhaseListener {
  phase(kind: PhaseKind): void;
}

/** A phase whose limits (ms) may be 0: no limit. */
type PhaseStart = Pick<Phase, 'name' | 'limitBy' | 'began'> & Record<'slowMs' | 'hardMs' | 'stuckMs', number>;

/** A test function or a hook that runs. */
interface Inside {
  readonly kind: 'hook' | 'test';
  readonly name: string;
  readonly ownTimeoutMs: number;
}

const LOADING = '(while it is loaded)';

/** The least limit (ms) of a step that depends on the parent or on the machine's load. */
const LEAST_OUTSIDE_MS = 60_000;

export class Phases {
  readonly #watchdog: Pick<Watchdog, 'begin' | 'idle'>;
  readonly #limits: PhaseLimits;
  readonly #listener: PhaseListener | null;
  #path = '';
  /** The limit of the file's pragma, exact for each of its phases; null: the file has no such pragma. */
  #pragmaMs: number | null = null;
  #now: {readonly what: string; readonly ownTimeoutMs: number; readonly name: string; readonly since: number} | null =
    null;
  #kind: PhaseKind = 'loading';
  /** The test functions and hooks that run now. Concurrent tests are several. */
  readonly #inside = new Map<object, Inside>();

  /** @param listener null: nobody listens */
  constructor(watchdog: Pick<Watchdog, 'begin' | 'idle'>, limits: PhaseLimits, listener: PhaseListener | null = null) {
    this.#watchdog = watchdog;
    this.#limits = limits;
    this.#listener = listener;
  }

  /** The worker loads the modules that all test files need. */
  workerStarts(): void {
    this.#stepOutside('(while the worker starts)', false, 0);
  }

  /** The worker waits until the parent gives it a file. The wait may take any time. */
  waitsForFile(): void {
    this.#wait('(between two files)', this.#limits.hardMs, false);
  }

  /** The worker tells the parent that it begins the file. */
  tellsBegin(path: string): void {
    this.#stepOutside(`${path} › (before it is loaded)`, false);
  }

  /** The worker tells the parent that the file has ended. */
  tellsEnd(): void {
    this.fileEnds();
    this.#stepOutside(`${this.#path} › (when it had ended)`, true);
  }

  /**
   * @param hardTimeoutMs the limit of the file's pragma; 0: no limit; null: the file has no such pragma
   * @param followed whether `codeBegins` follows
   */
  fileBegins(path: string, hardTimeoutMs: number | null, followed: boolean): void {
    this.#inside.clear();
    this.#path = path;
    this.#pragmaMs = hardTimeoutMs;
    if (followed) this.#begin('(while its environment is set up)', 0, false);
    else this.#begin(LOADING, 0);
  }

  /** The environment is set up. From here on, the file's own code runs. */
  codeBegins(): void {
    this.#begin(LOADING, 0);
    this.#enterKind('loading');
  }

  /** The file's tests are listed. */
  testsListed(): void {
    this.#enterKind('between');
  }

  fileEnds(): void {
    this.#inside.clear();
    this.#now = null;
    this.#watchdog.idle();
  }

  /** The file waits for the parent. The wait may take any time. */
  waits(): void {
    this.#wait(`${this.#path} › (between its tests)`, this.#pragmaMs ?? this.#limits.hardMs, true);
    this.#listener?.phase('waiting');
  }

  /** The wait is over. */
  goesOn(): void {
    if (this.#now !== null) this.#begin(this.#now.what, this.#now.ownTimeoutMs);
    this.#listener?.phase(this.#kind);
  }

  note(event: Circus.Event, {testTimeout, currentlyRunningTest}: Circus.State, collection: Collection): void {
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others begin nothing
    switch (event.name) {
      case 'test_fn_start':
        this.#enter(event.test, {
          kind: 'test',
          name: nameOf(event.test, collection),
          ownTimeoutMs: event.test.timeout ?? testTimeout,
        });
        return;
      case 'hook_start': {
        const {type, timeout, parent} = event.hook;
        const ofBlock = type === 'beforeAll' || type === 'afterAll';
        const name = ofBlock ? titlesOf(parent).join(' › ') : nameOf(currentlyRunningTest, collection);
        this.#enter(event.hook, {
          kind: 'hook',
          name: `${name} (${type} hook)`.trim(),
          ownTimeoutMs: timeout ?? testTimeout,
        });
        return;
      }
      case 'test_fn_success':
      case 'test_fn_failure':
        this.#leave(event.test);
        return;
      case 'hook_success':
      case 'hook_failure':
        this.#leave(event.hook);
        return;
      case 'test_done':
        // If a hook of the test has failed, circus reports the start of the test's function, but does not call it.
        if (this.#inside.has(event.test)) this.#leave(event.test);
        return;
      case 'run_finish':
        this.#inside.clear();
        this.#begin('(when its tests had run)', 0);
        this.#enterKind('between');
        return;
    }
  }

  #enter(what: object, inside: Inside): void {
    this.#inside.set(what, inside);
    this.#tell();
  }

  #leave(what: object): void {
    this.#inside.delete(what);
    this.#tell();
  }

  #enterKind(kind: PhaseKind): void {
    this.#kind = kind;
    this.#listener?.phase(kind);
  }

  /** Concurrent tests are one phase, with the longest of their timeouts. */
  #tell(): void {
    const inside = [...this.#inside.values()];
    const [first] = inside;
    this.#enterKind(inside.some(({kind}) => kind === 'test') ? 'test' : (first?.kind ?? 'between'));
    if (first === undefined) return this.#begin('(between its tests)', 0);
    this.#begin(
      inside.map(({name}) => name).join(', '),
      inside.reduce((longest, {ownTimeoutMs}) => Math.max(longest, ownTimeoutMs), 0),
    );
  }

  /** The name of what runs ('': nothing), and for how long it has run (ms). */
  get status(): {name: string; ms: number} {
    return this.#now === null ? {name: '', ms: 0} : {name: this.#now.name, ms: monotonicMs() - this.#now.since};
  }

  /** A wait: the watchdog only checks that the event loop turns. */
  #wait(name: string, hardMs: number, began: boolean): void {
    const limitBy = began && this.#pragmaMs !== null ? 'file' : 'option';
    this.#enterPhase({name, slowMs: 0, hardMs: 0, stuckMs: hardMs, limitBy, began});
  }

  /** A short step of the worker itself. The watchdog checks that the event loop turns and that the step ends. */
  #stepOutside(name: string, began: boolean, stuckMs = this.#limits.hardMs): void {
    const hardMs = this.#limitOutside;
    // Otherwise the limit is LEAST_OUTSIDE_MS, which is no setting of the user's.
    const limitBy = hardMs === this.#limits.hardMs ? 'option' : null;
    this.#enterPhase({name, slowMs: 0, hardMs, stuckMs, limitBy, began});
  }

  get #limitOutside(): number {
    const {hardMs} = this.#limits;
    return hardMs === 0 ? 0 : Math.max(hardMs, LEAST_OUTSIDE_MS);
  }

  #begin(what: string, ownTimeoutMs: number, began = true): void {
    const name = `${this.#path} › ${what}`;
    this.#now = {what, ownTimeoutMs, name, since: monotonicMs()};
    const {slowMs, hardMs} = this.#limits;
    const ownMs = TIMES_OWN_TIMEOUT * ownTimeoutMs;
    const limit = hardMs === 0 ? 0 : Math.max(hardMs, ownMs);
    const limitBy = this.#limitBy(ownMs);
    this.#enterPhase({name, slowMs, hardMs: this.#pragmaMs ?? limit, stuckMs: 0, limitBy, began});
  }

  /** Starts a phase. A limit of 0 ms, or one that no clock reaches, is no limit. */
  #enterPhase({name, limitBy, began, slowMs, hardMs, stuckMs}: PhaseStart): void {
    this.#watchdog.begin({
      name,
      limitBy,
      began,
      slowMs: orNone(slowMs),
      hardMs: orNone(hardMs),
      stuckMs: orNone(stuckMs),
      optionMs: this.#limits.hardMs,
    });
  }

  #limitBy(ownMs: number): LimitSource {
    if (this.#pragmaMs !== null) return 'file';
    return ownMs > this.#limits.hardMs ? 'timeout' : 'option';
  }
}

function nameOf(test: Circus.TestEntry | null | undefined, {places, listed}: Collection): string {
  return (test && listed[places.get(test)?.index ?? -1]?.titles.join(' › ')) ?? '';
}

/** A limit of 0 ms, or one that no clock reaches, is no limit. */
function orNone(ms: number): number | null {
  return ms > 0 && Number.isFinite(ms) ? ms : null;
}

/** The titles of a describe block and its ancestors, the outermost first. The file's root block has none. */
export function titlesOf(block: Circus.DescribeBlock): string[] {
  const titles: string[] = [];
  for (let at = block; at.parent !== undefined; at = at.parent) titles.unshift(at.name);
  return titles;
}

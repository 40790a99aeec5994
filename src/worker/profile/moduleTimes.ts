/**
 * The own times of the modules that a test file loads. `require` is synchronous, so the modules that execute are a
 * stack, and the time between two events belongs to the module on top of it.
 */
import type {ModuleTime} from '../../core/wire/fileProfile';
import {monotonicMs} from '../../pristine/clock';

/** So many packages are listed, and so many sources. */
const LISTED = 10;

/** Finds the name of the innermost package that a file belongs to. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

interface Sum {
  /** In ms. */
  ms: number;
  modules: number;
}

interface Executing {
  readonly path: string;
  /** What Jest had marked as executing before. Jest marks it again when the module has ended. */
  readonly before: unknown;
  /** Has the module's time; null: Jest has not asked its transformer for the module, so it may be one of Jest's own. */
  sum: Sum | null;
  /** The module is compiled. */
  runs: boolean;
}

/** The slowest packages and sources of a file. */
export interface SlowestModules {
  readonly packages: readonly ModuleTime[];
  readonly sources: readonly ModuleTime[];
}

export class ModuleTimes {
  readonly #now: () => number;
  readonly #tellsRuns: boolean;
  readonly #executing: Executing[] = [];
  /** By path. */
  readonly #sums = new Map<string, Sum>();
  #marked: unknown = null;
  /** All time before this moment has an owner, or has none. */
  #sharedOutUntil = 0;
  #modules = 0;
  /** When the transformer was called; null: it has returned. */
  #transformSince: number | null = null;
  /** How many asynchronous transforms are under way, and since when there are any. */
  #pending = 0;
  #pendingSince = 0;

  /**
   * @param tellsRuns whether Jest tells when a module is compiled and when it has thrown. Such a Jest does not tell the
   *   end of a module that has thrown
   * @param now a monotonic clock, in ms
   */
  constructor(tellsRuns: boolean, now: () => number = monotonicMs) {
    this.#tellsRuns = tellsRuns;
    this.#now = now;
  }

  /** Whether no module executes. */
  get isIdle(): boolean {
    return this.#executing.length === 0;
  }

  /** How many modules have been loaded, without Jest's own. */
  get modules(): number {
    return this.#modules;
  }

  /**
   * Jest marks what executes.
   *
   * @param marked the path of a module that begins, or what was marked before a module that has ended
   * @returns whether a module begins
   */
  marks(marked: unknown): boolean {
    const before = this.#marked;
    this.#marked = marked;
    this.#dropUncompiled();
    this.#shareOut();
    const ended = this.#executing.findLastIndex(module => module.before === marked);
    if (ended < 0) {
      this.#executing.push({path: String(marked), before, sum: null, runs: false});
      return true;
    }
    const last = this.#executing.at(-1);
    this.#executing.length = ended; // also without those above, which have thrown
    if (last?.sum === null) this.#goOn();
    return false;
  }

  /** The module on top is compiled. */
  runs(): void {
    this.#shareOut();
    const top = this.#executing.at(-1);
    if (top !== undefined) top.runs = true;
  }

  /** The topmost module that was compiled has thrown. */
  throws(): void {
    this.#dropUncompiled();
    this.#shareOut();
    if (this.#executing.pop()?.sum === null) this.#goOn();
  }

  /** The transformer is called, for the module on top if one has just begun. */
  transformBegins(): void {
    this.#shareOut();
    const top = this.#executing.at(-1);
    if (top?.sum === null) {
      this.#modules++;
      top.sum = this.#sumOf(top.path);
      top.sum.modules++;
    }
    this.#transformSince = this.#now();
  }

  /** The transformer is called for a module that is loaded asynchronously. */
  asyncTransformBegins(): void {
    if (this.#pending++ === 0) this.#pendingSince = this.#now();
    this.#modules++;
  }

  /** The transformer has returned. @returns how long it took, in ms */
  transformEnds(): number {
    const time = this.#now();
    if (this.#transformSince !== null) {
      const ms = time - this.#transformSince;
      this.#transformSince = null;
      this.#sharedOutUntil = time;
      return ms;
    }
    if (this.#pending === 0 || --this.#pending > 0) return 0;
    return time - this.#pendingSince;
  }

  /** All that is to load is loaded; what was not transformed by now has failed. */
  loaded(): void {
    this.#pending = 0;
  }

  slowest(): SlowestModules {
    const packages = new Map<string, ModuleTime>();
    const sources: ModuleTime[] = [];
    for (const [path, {ms, modules}] of this.#sums) {
      const name = PACKAGE.exec(path)?.[1]?.replace('\\', '/');
      if (name === undefined) {
        sources.push({name: path, ms, modules});
        continue;
      }
      const known = packages.get(name);
      packages.set(name, {name, ms: ms + (known?.ms ?? 0), modules: modules + (known?.modules ?? 0)});
    }
    return {packages: slowestOf([...packages.values()]), sources: slowestOf(sources)};
  }

  /** A module that is not compiled loads no other one: it could not be compiled, and Jest does not tell its end. */
  #dropUncompiled(): void {
    if (!this.#tellsRuns) return;
    while (this.#executing.at(-1)?.runs === false) this.#executing.pop();
  }

  /** Gives the time since the last event to the module on top. For Jest's own modules, no clock is read. */
  #shareOut(): void {
    const sum = this.#executing.at(-1)?.sum;
    const hasThrown = this.#transformSince !== null;
    this.#transformSince = null;
    if (!sum) return;
    const time = this.#now();
    if (!hasThrown) sum.ms += time - this.#sharedOutUntil;
    this.#sharedOutUntil = time;
  }

  /** One of Jest's own modules has ended: what follows is the time of the module on top. */
  #goOn(): void {
    if (this.#executing.at(-1)?.sum) this.#sharedOutUntil = this.#now();
  }

  #sumOf(path: string): Sum {
    let sum = this.#sums.get(path);
    if (sum === undefined) this.#sums.set(path, (sum = {ms: 0, modules: 0}));
    return sum;
  }
}

function slowestOf(all: ModuleTime[]): ModuleTime[] {
  return all
    .sort((a, b) => b.ms - a.ms)
    .slice(0, LISTED)
    .map(module => ({...module, ms: rounded(module.ms)}));
}

/** To 0.01 ms: shorter in a message. */
export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/**
 * Finds what keeps this process alive after its work, and which file opened it. Jest's own warning about a worker that
 * stays alive names neither.
 */
import type {LeftOpen} from '../../core/wire/workerMessages';

/** Names the kind of each resource that keeps the event loop alive: process.getActiveResourcesInfo(). */
type ReadResources = () => readonly string[];

type Counts = ReadonlyMap<string, number>;

/** Taken now, because test files share `process` and may mock its methods. */
const readActive: ReadResources = process.getActiveResourcesInfo.bind(process);

export class OpenResources {
  readonly #read: ReadResources;
  readonly #fresh: Counts;
  /** The open resources by kind, in the order in which they were opened. */
  readonly #open = new Map<string, Omit<LeftOpen, 'kind'>[]>();

  /** Must be called before the first file. */
  constructor(read: ReadResources = readActive) {
    // Node opens these streams at the first access. Otherwise the first file would seem to have opened them.
    void [process.stdout, process.stderr];
    this.#read = read;
    this.#fresh = countsOf(read());
  }

  /** Must be called before each file, to notice what has closed since the last file ended. Takes some µs. */
  fileBegins(): void {
    this.#count(this.#fresh, []);
  }

  /** Must be called after each file. */
  fileEnded(path: string): void {
    this.#count(this.#fresh, [path]);
  }

  /** What is open now and was not open in the fresh process. Must be called when nothing is left to do. */
  leftOpen(): LeftOpen[] {
    this.#count(withoutChannel(this.#fresh), []);
    return [...this.#open].flatMap(([kind, entries]) => entries.map(entry => ({kind, ...entry})));
  }

  /** @param paths the file that has opened new resources; empty: no file was running */
  #count(fresh: Counts, paths: readonly string[]): void {
    const now = countsOf(this.#read());
    for (const kind of new Set([...now.keys(), ...this.#open.keys()])) {
      const count = (now.get(kind) ?? 0) - (fresh.get(kind) ?? 0);
      const entries = this.#open.get(kind) ?? [];
      const known = entries.reduce((sum, entry) => sum + entry.count, 0);
      if (count <= 0) this.#open.delete(kind);
      else if (count > known) this.#open.set(kind, [...entries, {count: count - known, paths}]);
      else if (count < known) {
        // Some are closed, and nobody knows which file had opened those.
        const candidates = [...new Set(entries.flatMap(entry => entry.paths))];
        this.#open.set(kind, [{count, paths: candidates}]);
      }
    }
  }
}

function countsOf(kinds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** jest-worker's channel counts as an open pipe while jest-worker listens to it, which it does until the end. */
function withoutChannel(counts: Counts): Counts {
  const pipes = counts.get('PipeWrap') ?? 0;
  return process.channel === undefined ? counts : new Map(counts).set('PipeWrap', pipes - 1);
}

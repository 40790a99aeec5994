/**
 * What keeps this process alive beyond its work, and since which file. Jest's own warning of a worker
 * that does not end names neither.
 */
import type {LeftOpen} from '../../core/wire/workerMessages';

/** Names of what keeps the event loop alive, one for each: process.getActiveResourcesInfo(). */
type ReadResources = () => readonly string[];

type Counts = ReadonlyMap<string, number>;

/** Test files share it, and may mock it. */
const readActive: ReadResources = process.getActiveResourcesInfo.bind(process);

export class OpenResources {
  readonly #read: ReadResources;
  readonly #fresh: Counts;
  /** By kind, in the order in which they were opened; as many as are open. */
  readonly #open = new Map<string, Omit<LeftOpen, 'kind'>[]>();

  /** To be made before the first file. */
  constructor(read: ReadResources = readActive) {
    // Made when they are first asked for, they would be taken for the first file's.
    void [process.stdout, process.stderr];
    this.#read = read;
    this.#fresh = countsOf(read());
  }

  /** To be called before each file: what has closed since the last one was not closed by this one. Takes some µs. */
  fileBegins(): void {
    this.#count(this.#fresh, []);
  }

  /** To be called after each file. */
  fileEnded(path: string): void {
    this.#count(this.#fresh, [path]);
  }

  /** What is open now that was not in the fresh process; to be called when there is nothing left to do. */
  leftOpen(): LeftOpen[] {
    this.#count(withoutChannel(this.#fresh), []);
    return [...this.#open].flatMap(([kind, entries]) => entries.map(entry => ({kind, ...entry})));
  }

  /** @param paths the file that has opened what is new; none: no file was running */
  #count(fresh: Counts, paths: readonly string[]): void {
    const now = countsOf(this.#read());
    for (const kind of new Set([...now.keys(), ...this.#open.keys()])) {
      const count = (now.get(kind) ?? 0) - (fresh.get(kind) ?? 0);
      const entries = this.#open.get(kind) ?? [];
      const known = entries.reduce((sum, entry) => sum + entry.count, 0);
      if (count <= 0) this.#open.delete(kind);
      else if (count > known) this.#open.set(kind, [...entries, {count: count - known, paths}]);
      else if (count < known) {
        // Some were closed: whose, nobody knows.
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

/** jest-worker's channel is a pipe that counts as long as jest-worker listens to it, which it does until the end. */
function withoutChannel(counts: Counts): Counts {
  const pipes = counts.get('PipeWrap') ?? 0;
  return process.channel === undefined ? counts : new Map(counts).set('PipeWrap', pipes - 1);
}

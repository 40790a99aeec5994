/** Notes what this run spends besides its test files: the plan of shards needs it. */
import type {CostsOfRun} from '../../core/plan/runCosts';

export class CostsOfThisRun implements CostsOfRun {
  startMs: number | null = null;
  workers: number | null = null;
  readonly fixtures = new Map<string, number>();
  readonly #startsJest: boolean;

  /** @param startsJest whether Jest's process began for this run; in watch mode, it has waited for the user before */
  constructor(startsJest: boolean) {
    this.#startsJest = startsJest;
  }

  /** A test file begins. The first one counts. */
  fileBegins(): void {
    // The clock of `performance` begins with the process.
    if (this.#startsJest) this.startMs ??= performance.now();
  }

  /** A shared fixture of scope `run` is up. @param ms how long its setup took */
  fixtureUp(title: string, ms: number): void {
    this.fixtures.set(title, ms);
  }
}

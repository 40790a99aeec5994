/** Remembers the test events that Jest has heard, so that Jest does not hear them again after a file begins anew. */
export class ToldTests {
  /** The tests since the file began, keyed by unit and event. A list, because it is searched only after a new start. */
  readonly #told = new Map<number, Map<string, string[]>>();
  /** The tests from before the file began anew. */
  readonly #toldBefore = new Map<number, Map<string, Set<string>>>();

  /** The names of the unit's tests for which Jest has heard this event. */
  of(unit: number, name: string): Set<string> {
    return new Set([...(this.#toldBefore.get(unit)?.get(name) ?? []), ...(this.#told.get(unit)?.get(name) ?? [])]);
  }

  /** Whether to report an event of one of the unit's tests: not if Jest heard of it before the file began anew. */
  shouldReport(unit: number, name: string, payload: unknown): boolean {
    const fullName = Array.isArray(payload) ? (payload[1] as {fullName?: unknown} | undefined)?.fullName : undefined;
    if (typeof fullName !== 'string') return true;
    if (this.#toldBefore.get(unit)?.get(name)?.has(fullName) === true) return false;
    let told = this.#told.get(unit);
    if (told === undefined) this.#told.set(unit, (told = new Map<string, string[]>()));
    const tests = told.get(name);
    if (tests === undefined) told.set(name, [fullName]);
    else tests.push(fullName);
    return true;
  }

  /** The file begins anew. */
  beginAnew(unit: number): void {
    const before = this.#toldBefore.get(unit) ?? new Map<string, Set<string>>();
    for (const [name, tests] of this.#told.get(unit) ?? []) {
      before.set(name, new Set([...(before.get(name) ?? []), ...tests]));
    }
    this.#toldBefore.set(unit, before);
    this.#told.delete(unit);
  }

  /** The file has ended. */
  forget(unit: number): void {
    this.#told.delete(unit);
    this.#toldBefore.delete(unit);
  }
}

/** What Jest was told of each unit's tests: where a file begins anew, Jest does not hear the same twice. */
export class ToldTests {
  /** By unit and event: since the file began. A list: it is looked into only if the file begins anew. */
  readonly #told = new Map<number, Map<string, string[]>>();
  /** The same from before it began anew. */
  readonly #toldBefore = new Map<number, Map<string, Set<string>>>();

  /** Names of the tests of the unit that Jest was told of in events of this name. */
  of(unit: number, name: string): Set<string> {
    return new Set([...(this.#toldBefore.get(unit)?.get(name) ?? []), ...(this.#told.get(unit)?.get(name) ?? [])]);
  }

  /** Whether Jest is to hear of an event of one of the unit's tests: not if it has, before the file began anew. */
  isNews(unit: number, name: string, payload: unknown): boolean {
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

/** Does something again and again, each time when the time before has ended. */
export class Pulse {
  readonly #everyMs: number;
  readonly #beat: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param everyMs from the end of a beat to the next one */
  constructor(everyMs: number, beat: () => Promise<void>, onFailure: (error: unknown) => void) {
    this.#everyMs = everyMs;
    this.#beat = beat;
    this.#onFailure = onFailure;
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#beat().then(
        () => this.#stopped || this.#wait(),
        (error: unknown) => this.#stopped || this.#onFailure(error),
      );
    }, this.#everyMs);
  }
}

/**
 * Which environment variables the loading of modules reads. A module that was loaded before its run is as if the run
 * had loaded it, as long as the run has the same values for these variables. Native code reads the environment past
 * this record; the parent compares the variables that native code reads (run/workers/ahead).
 */

type Environment = Readonly<Record<string, string | undefined>>;

export class ReadVariables {
  /** By name, as it was when it was first read; undefined: the variable was not set. */
  readonly #values = new Map<string, string | undefined>();
  /** By name, whether the variable was set when somebody first looked for it. */
  readonly #presence = new Map<string, boolean>();
  /** The names of all variables when somebody first listed them; null: nobody did. */
  #names: string | null = null;
  #written: string | null = null;

  /**
   * Notes what `load` reads.
   *
   * @param exceptCopies whether a copy of the whole environment counts as no reading: Jest copies it into each realm,
   *   and the realm is gone afterwards
   */
  async during(load: () => void | Promise<void>, {exceptCopies}: {readonly exceptCopies: boolean}): Promise<void> {
    const {env} = process;
    process.env = this.#noting(env, exceptCopies);
    try {
      await load();
    } finally {
      process.env = env;
    }
  }

  /** @returns why modules that this environment's process loads could be others; null: they would be the same */
  objection(environment: Environment): string | null {
    if (this.#written !== null) return `a module has changed the variable ${this.#written}`;
    for (const [name, value] of this.#values) {
      if (environment[name] !== value) return `a module has read another value of ${name}`;
    }
    for (const [name, wasSet] of this.#presence) {
      if ((environment[name] !== undefined) !== wasSet) return `a module has asked whether ${name} is set`;
    }
    if (this.#names === null || this.#names === namesOf(environment)) return null;
    return 'a module has listed other variables';
  }

  #noting(env: NodeJS.ProcessEnv, exceptCopies: boolean): NodeJS.ProcessEnv {
    /** `Object.assign` and the spread operator ask for a property's descriptor right before its value. */
    let copied: string | null = null;
    return new Proxy(env, {
      get: (target, name, receiver) => {
        const isCopy = exceptCopies && copied === name;
        copied = null;
        if (typeof name === 'string' && !isCopy) this.#note(this.#values, name, target[name]);
        return Reflect.get(target, name, receiver) as unknown;
      },
      has: (target, name) => {
        if (typeof name === 'string') this.#note(this.#presence, name, name in target);
        return name in target;
      },
      getOwnPropertyDescriptor: (target, name) => {
        if (typeof name === 'string' && !exceptCopies) this.#note(this.#presence, name, name in target);
        copied = typeof name === 'string' ? name : null;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
      ownKeys: target => {
        if (!exceptCopies) this.#names ??= namesOf(target);
        return Reflect.ownKeys(target);
      },
      set: (target, name, value) => this.#noteWrite(target, name, () => Reflect.set(target, name, value)),
      defineProperty: (target, name, attributes) =>
        this.#noteWrite(target, name, () => Reflect.defineProperty(target, name, attributes)),
      deleteProperty: (target, name) => this.#noteWrite(target, name, () => Reflect.deleteProperty(target, name)),
    });
  }

  /** The package `debug` writes its variable as it is. */
  #noteWrite(env: NodeJS.ProcessEnv, name: string | symbol, write: () => boolean): boolean {
    const before = env[String(name)];
    const written = write();
    if (env[String(name)] !== before) this.#written ??= String(name);
    return written;
  }

  #note<Value>(notes: Map<string, Value>, name: string, value: Value): void {
    if (!notes.has(name)) notes.set(name, value);
  }
}

function namesOf(environment: Environment): string {
  const names = Object.keys(environment).filter(name => environment[name] !== undefined);
  return JSON.stringify(names.sort());
}

/**
 * The shared fixtures of a run: has them set up and taken down by the fixture host, hands out their values, and
 * sees to it that none goes wrong unseen.
 */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {FixtureId} from '../core/constraints';
import type {FixtureHolder} from '../core/fixtureStates';
import type {FileFixtures, FixtureFailure, UnitOutcome} from '../core/protocol';
import type {RunFixtures} from '../core/runFixtures';
import {FixtureHost} from './fixtureHost';
import type {RunningJest} from './runningJest';
import {warn} from './warn';
import {SharedOutput} from './workerOutput';

export interface SharedFixturesOptions {
  readonly fixtures: RunFixtures;
  /** The files that run. */
  readonly tests: readonly Test[];
  readonly host: Pick<FixtureHost, 'setUp' | 'tearDown' | 'close' | 'settingUp'>;
  readonly warn: (text: string) => void;
  /** A failure as Jest shows one that is no test's. */
  readonly format: (failure: FixtureFailure, test: Test) => string;
}

export interface StartOptions extends Pick<SharedFixturesOptions, 'fixtures' | 'tests'> {
  readonly jest: RunningJest;
  readonly globalConfig: Config.GlobalConfig;
  readonly runId: string;
  /** Of a setup and of a teardown, in ms; 0: none. */
  readonly timeoutMs: number;
  readonly onFault: (doing: string, error: unknown) => void;
}

/** Resolved when a fixture is down, with what went wrong. */
type Down = PromiseWithResolver<FixtureFailure | null>;

export class SharedFixtures {
  readonly #options: SharedFixturesOptions;
  /** JSON, by instance. */
  readonly #values = new Map<string, string>();
  readonly #failures = new Map<FixtureId, FixtureFailure>();
  /** Of instances that have ended by themselves while they were up. */
  readonly #deaths = new Map<string, FixtureFailure>();
  /** How many files need each, and have not ended. */
  readonly #filesLeft = new Map<FixtureId, number>();
  /** Fixtures of scope `run` that were set up, or are being so. */
  readonly #down = new Map<FixtureId, Down>();
  /** What went wrong when nobody was left to tell it of. */
  readonly #untold: FixtureFailure[] = [];

  static start({jest, globalConfig, tests, fixtures, runId, timeoutMs, onFault}: StartOptions): SharedFixtures {
    const shared: SharedFixtures = new SharedFixtures({
      fixtures,
      tests,
      host: new FixtureHost({
        onDeath: (key, failure) => shared.noteDeath(key, failure),
        onFault: error => onFault('the fixture host said something', error),
        configs: new Map(tests.map(({context: {config}}) => [config.id, config])),
        transformPath: jest.modules.transform,
        rootDir: globalConfig.rootDir,
        runId,
        timeoutMs,
        environment: {...process.env, XDIST_RUN_ID: runId},
        stdout: new SharedOutput(process.stdout),
        stderr: new SharedOutput(process.stderr),
      }),
      format: (failure, {context: {config}, path}) =>
        jest.messageUtil().formatExecError(failure, config, globalConfig, path),
      warn,
    });
    return shared;
  }

  constructor(options: SharedFixturesOptions) {
    this.#options = options;
    for (const test of options.tests) {
      for (const id of options.fixtures.neededBy(test)) this.#filesLeft.set(id, (this.#filesLeft.get(id) ?? 0) + 1);
    }
  }

  /** Resolves with whether it is up; if not it has failed. Never rejects. */
  async setUp(id: FixtureId, holder: FixtureHolder): Promise<boolean> {
    const fixture = this.#fixture(id);
    const {path, title, configId, scope} = fixture;
    const key = this.#keyOf(id, holder);
    if (scope === 'run') this.#down.set(id, promiseWithResolver());
    const needs = Object.fromEntries(
      Object.entries(fixture.needs).map(([name, need]) => [name, this.#keyOf(need, holder)]),
    );
    const end = await this.#options.host.setUp({key, path, title, configId, worker: holder.slot, needs});
    if ('json' in end) {
      this.#values.set(key, end.json);
      return true;
    }
    this.#failures.set(id, end.failure);
    this.#down.get(id)?.resolve(null); // there is nothing to take down
    return false;
  }

  /** Never rejects. */
  async takeDown(id: FixtureId, holder: FixtureHolder): Promise<void> {
    const failure = await this.#options.host.tearDown(this.#keyOf(id, holder));
    const down = this.#fixture(id).scope === 'run' ? this.#down.get(id) : undefined;
    if (down !== undefined && this.#filesLeft.get(id) === 0) down.resolve(failure);
    else if (failure !== null) this.#untold.push(failure);
  }

  /** Files that begin from here on fail with this; those that run find out by themselves. */
  noteDeath(key: string, failure: FixtureFailure): void {
    this.#deaths.set(key, failure);
  }

  /** What a file finds in a worker; null: it declares none, and needs none. */
  valuesFor(test: Test, holder: FixtureHolder): FileFixtures | null {
    const {fixtures} = this.#options;
    const needed = fixtures.neededBy(test);
    if (needed.length === 0) return null;
    for (const id of needed) {
      const failure = this.#failures.get(id) ?? this.#deaths.get(this.#keyOf(id, holder));
      if (failure !== undefined) return {declared: [], failure};
    }
    const declared = fixtures.declaredBy(test).map(({id, names}) => {
      const json = this.#values.get(this.#keyOf(id, holder));
      if (json === undefined) throw new Error(`${this.#fixture(id).title} is needed, and not up`);
      return {names, json};
    });
    return {declared, failure: null};
  }

  /**
   * A file has ended.
   *
   * @returns its outcome, together with what goes wrong when the fixtures are taken down that it was the last to
   * need; where there are none, just what was given
   */
  ended(test: Test, outcome: UnitOutcome | Promise<UnitOutcome>): UnitOutcome | Promise<UnitOutcome> {
    const downs: Promise<FixtureFailure | null>[] = [];
    for (const id of this.#options.fixtures.neededBy(test)) {
      const left = (this.#filesLeft.get(id) ?? 0) - 1;
      this.#filesLeft.set(id, left);
      const down = this.#down.get(id);
      if (left === 0 && down !== undefined) downs.push(down.promise);
    }
    if (downs.length === 0) return outcome;
    return Promise.all([outcome, ...downs]).then(([known, ...failures]) =>
      failures.reduce<UnitOutcome>(
        (all, failure) => (failure === null ? all : this.#withFailure(test, all, failure)),
        known,
      ),
    );
  }

  /** Whether there are files that need it, and have not ended. */
  isNeeded(id: FixtureId): boolean {
    return (this.#filesLeft.get(id) ?? 0) > 0;
  }

  /** Takes down what is still up, and lets the host end. @returns what went wrong, and no file's result says */
  async close(): Promise<readonly FixtureFailure[]> {
    const {host, warn} = this.#options;
    if (host.settingUp.length > 0) {
      warn(
        `waits for the setup of ${host.settingUp.join(', ')}, to take down what it has set up; another signal ends Jest at once.`,
      );
    }
    this.#untold.push(...(await host.close()));
    for (const down of this.#down.values()) down.resolve(null);
    return this.#untold;
  }

  #withFailure(test: Test, outcome: UnitOutcome, failure: FixtureFailure): UnitOutcome {
    const {message, stack} = failure;
    if (outcome.type === 'error') {
      return {...outcome, error: {...outcome.error, message: `${outcome.error.message}\n\n${message}`}};
    }
    const {result} = outcome;
    const text = this.#options.format(failure, test);
    return {
      type: 'result',
      result: {
        ...result,
        testExecError: result.testExecError ?? {message, stack},
        failureMessage: result.failureMessage ? `${result.failureMessage}\n${text}` : text,
      },
    };
  }

  #fixture(id: FixtureId) {
    const fixture = this.#options.fixtures.fixtures[id];
    if (fixture === undefined) throw new RangeError(`no fixture ${id} in the run`);
    return fixture;
  }

  #keyOf(id: FixtureId, {slot, generation}: FixtureHolder): string {
    return this.#fixture(id).scope === 'run' ? String(id) : `${id} of w${slot}.${generation}`;
  }
}

interface PromiseWithResolver<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function promiseWithResolver<T>(): PromiseWithResolver<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>(settle => (resolve = settle));
  return {promise, resolve};
}

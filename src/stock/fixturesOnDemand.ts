/**
 * The shared fixtures of a run under Jest's own runner. Nobody knows the files before they ask, so each fixture is set
 * up for the first file that needs it, and stays up until the end.
 */
import type {FixtureId} from '../core/plan/constraints';
import type {RunFixture} from '../core/plan/runFixtures';
import type {SlotNumber} from '../core/plan/units';
import type {FileRules} from '../core/rules/fileRules';
import type {DocblockParser, FilePragmas} from '../core/rules/pragmas';
import {refusedFixtures} from '../core/texts/fixtureFailures';
import type {FixtureSetup} from '../core/wire/fixtureMessages';
import type {FixtureQuestion} from '../core/wire/stockMessages';
import type {FileFixtures, FixtureFailure} from '../core/wire/workerMessages';
import type {FixtureHost} from '../run/fixtures/fixtureHost';
import {type DeclaringFile, findFixtures} from '../run/fixtures/fixtureModules';
import {readPragmas} from '../run/jest/filePragmas';

export interface OnDemandOptions {
  readonly host: Pick<FixtureHost, 'setUp' | 'close' | 'letGo'>;
  readonly docblock: DocblockParser;
  readonly rootDir: string;
  /** The only project whose config we have. */
  readonly configId: string;
  readonly rulesOf: (path: string, pragmas: FilePragmas) => FileRules;
  readonly warn: (text: string) => void;
}

export class FixturesOnDemand {
  readonly #options: OnDemandOptions;
  readonly #files = new Map<string, DeclaringFile>();
  /** The rules of all files that have asked, because a fixture must have the same scope in all of them. */
  readonly #rules = new Map<DeclaringFile, FileRules>();
  readonly #setups = new Map<string, Promise<FixtureSetup>>();
  readonly #told = new Set<string>();

  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async valuesFor({testPath, worker}: FixtureQuestion): Promise<FileFixtures> {
    const {docblock, rootDir, rulesOf} = this.#options;
    const file = this.#fileOf(testPath);
    const {pragmas, errors, warnings} = readPragmas(testPath, docblock);
    for (const {line, text} of warnings) this.#warn(`${testPath}:${line}: ${text}`);
    const malformed = errors.map(({line, text}) => ({place: `${testPath}:${line}`, text}));
    this.#rules.set(file, rulesOf(testPath, pragmas));
    const {fixtures: run, problems} = findFixtures(this.#rules, new Map([[file, malformed]]), {
      docblock,
      rootDir,
      warn: text => this.#warn(text),
    });
    const unmet = problems.get(file) ?? [];
    if (unmet.length > 0) return {declared: [], failure: refusedFixtures(unmet)};

    const setups = new Map<FixtureId, Promise<FixtureSetup>>();
    for (const id of run.neededBy(file)) {
      // The ids are ordered: the fixtures that this one needs came before it.
      setups.set(id, this.#setUp(run.fixtures, id, worker, setups));
    }
    const ends = new Map<FixtureId, string>();
    for (const [id, setup] of setups) {
      const end = await setup;
      if ('failure' in end) return {declared: [], failure: end.failure};
      ends.set(id, end.json);
    }
    return {
      declared: run.declaredBy(file).map(({id, names}) => ({names, json: ends.get(id) as string})),
      failure: null,
    };
  }

  /** Tears down all fixtures. */
  close(): Promise<readonly FixtureFailure[]> {
    return this.#options.host.close();
  }

  /** This process is about to end. The fixture host tears down the fixtures without it. */
  letGo(): void {
    this.#options.host.letGo();
  }

  /** Sets the fixture up once, for all files that ask. */
  #setUp(
    all: readonly RunFixture[],
    id: FixtureId,
    worker: SlotNumber,
    needed: ReadonlyMap<FixtureId, Promise<FixtureSetup>>,
  ): Promise<FixtureSetup> {
    const fixture = all[id] as RunFixture;
    const key = keyOf(fixture, worker);
    const known = this.#setups.get(key);
    if (known !== undefined) return known;
    const setUp = async (): Promise<FixtureSetup> => {
      for (const need of Object.values(fixture.needs)) {
        const end = await needed.get(need);
        if (end !== undefined && 'failure' in end) return end;
      }
      const {path, title, scope} = fixture;
      const needs = Object.entries(fixture.needs).map(([name, need]) => [name, keyOf(all[need] as RunFixture, worker)]);
      return this.#options.host.setUp({
        key,
        path,
        title,
        configId: this.#options.configId,
        worker: scope === 'run' ? null : worker,
        needs: Object.fromEntries(needs) as Record<string, string>,
      });
    };
    const setup = setUp();
    this.#setups.set(key, setup);
    return setup;
  }

  #fileOf(path: string): DeclaringFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file: DeclaringFile = {path, context: {config: {id: this.#options.configId}}};
    this.#files.set(path, file);
    return file;
  }

  /** Warns once, although each question reads the same pragmas again. */
  #warn(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.warn(text);
  }
}

/** A key that stays valid: ids change when another file asks. */
function keyOf({path, scope}: RunFixture, worker: SlotNumber): string {
  return scope === 'run' ? path : `${path} of w${worker}`;
}

/** Combines everything that one test file asks for: its pragmas, the matching entries of `files`, and `canSplit`. */
import type {ResourceShare} from '../plan/constraints';
import type {Granularity} from '../plan/units';
import type {FolderRules} from './folderRules';
import type {FilePragmas, FixtureRequest} from './pragmas';

/** The rules of a file. A field is null, false or empty if nothing asks for it. */
export interface FileRules {
  readonly canSplit: Granularity | null;
  /** No other file may run at the same time. */
  readonly serial: boolean;
  readonly workerGroup: string | null;
  /** Each name occurs once. */
  readonly resources: readonly Declared<ResourceShare>[];
  /** In ms; 0: no limit. */
  readonly hardTimeoutMs: number | null;
  readonly restartWorker: boolean;
  /** All declarations, which may repeat a fixture. The file's own pragmas come first. */
  readonly sharedFixtures: readonly DeclaredFixture[];
}

export type Declared<T> = T & {
  /** The place of the declaration, for texts: `/app/test/db.test.js:4`, or an entry of the option. */
  readonly place: string;
};

/** `from`: the path is relative to this. */
export type DeclaredFixture = Declared<FixtureRequest> & {readonly from: 'file' | 'rootDir'};

/** Something that a file asks for but the run does not have. */
export interface RuleProblem {
  readonly place: string;
  /** What is wrong, and what to do. */
  readonly text: string;
}

export const NO_RULES: FileRules = Object.freeze({
  canSplit: null,
  serial: false,
  workerGroup: null,
  resources: [],
  hardTimeoutMs: null,
  restartWorker: false,
  sharedFixtures: [],
});

/**
 * A pragma overrides the option `files`; a later entry overrides an earlier one. Lists add up.
 *
 * @param folders the entries that match the file, in order
 * @param splitByOption whether a glob of the option `canSplit` matches the file. Pragmas and entries override it.
 */
export function rulesOf(
  path: string,
  pragmas: FilePragmas,
  folders: readonly FolderRules[],
  splitByOption: boolean,
): FileRules {
  const last = <T>(field: (folder: FolderRules) => T | null): T | null =>
    folders.reduce<T | null>((before, folder) => field(folder) ?? before, null);
  const split = pragmas.canSplit ?? last(({canSplit}) => canSplit) ?? (splitByOption ? 'tests' : false);
  return {
    canSplit: split === false ? null : split,
    serial: pragmas.serial || (last(({serial}) => serial) ?? false),
    workerGroup: pragmas.workerGroup ?? last(({workerGroup}) => workerGroup),
    resources: largest([
      ...pragmas.resources.map(({name, amount, line}) => ({name, amount, place: `${path}:${line}`})),
      ...folders.flatMap(({resources, place}) => resources.map(resource => ({...resource, place}))),
    ]),
    hardTimeoutMs: pragmas.hardTimeoutMs ?? last(({hardTimeoutMs}) => hardTimeoutMs),
    restartWorker: pragmas.restartWorker || (last(({restartWorker}) => restartWorker) ?? false),
    sharedFixtures: [
      ...pragmas.sharedFixtures.map(
        ({line, ...fixture}) => ({...fixture, place: `${path}:${line}`, from: 'file'}) satisfies DeclaredFixture,
      ),
      ...folders.flatMap(({sharedFixtures, place}) =>
        sharedFixtures.map(fixture => ({...fixture, place, from: 'rootDir'}) satisfies DeclaredFixture),
      ),
    ],
  };
}

/** For each resource, the largest request. */
function largest(all: readonly Declared<ResourceShare>[]): Declared<ResourceShare>[] {
  const byName = new Map<string, Declared<ResourceShare>>();
  for (const share of all) {
    if (share.amount > (byName.get(share.name)?.amount ?? 0)) byName.set(share.name, share);
  }
  return [...byName.values()];
}

/** Why a file with `canSplit` runs whole nevertheless; null: its rules allow splitting. */
export function whyWhole({serial, workerGroup, sharedFixtures, restartWorker}: FileRules): string | null {
  if (serial) return 'it is serial';
  if (workerGroup !== null) return `it is of the worker group "${workerGroup}"`;
  if (restartWorker) return 'it wants a fresh worker';
  if (sharedFixtures.some(({scope}) => scope === 'worker')) return 'it has a shared fixture of scope worker';
  return null;
}

/** The total amount of a resource. */
export function amountOf(name: string, resources: Readonly<Record<string, number>>): number {
  return (Object.hasOwn(resources, name) ? resources[name] : undefined) ?? 1;
}

/** The problems of a file that asks for more of a resource than there is. @param resources the option */
export function overdrawn(rules: FileRules, resources: Readonly<Record<string, number>>): RuleProblem[] {
  return rules.resources.flatMap(({name, amount, place}) => {
    const there = amountOf(name, resources);
    if (amount <= there) return [];
    const text =
      `it asks for ${amount} of the resource "${name}", but there ${there === 1 ? 'is' : 'are'} only ${there}` +
      `${Object.hasOwn(resources, name) ? '' : ', because the option "resources" does not list it'}. ` +
      `Ask for less, or raise the amount: resources: {${JSON.stringify(name)}: ${amount}}.`;
    return [{place, text}];
  });
}

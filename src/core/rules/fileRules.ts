/** What one test file asks for in all: by its pragmas, by the entries of the option `files` that match it, by `canSplit`. */
import type {ResourceShare} from '../plan/constraints';
import type {Granularity} from '../plan/units';
import type {FolderRules} from './folderRules';
import type {FilePragmas, FixtureRequest} from './pragmas';

/** A field that is null or empty is not asked for. */
export interface FileRules {
  readonly canSplit: Granularity | null;
  /** Nothing else may run meanwhile. */
  readonly serial: boolean;
  readonly workerGroup: string | null;
  /** Each name once. */
  readonly resources: readonly Declared<ResourceShare>[];
  /** In ms; 0: none. */
  readonly hardTimeoutMs: number | null;
  readonly restartWorker: boolean;
  /** As often as they are asked for; those that the file names itself come first. */
  readonly sharedFixtures: readonly DeclaredFixture[];
}

export type Declared<T> = T & {
  /** Where it is asked for, for messages: `/app/test/db.test.js:4`, or an entry of the option. */
  readonly place: string;
};

/** `from`: what its path is relative to. */
export type DeclaredFixture = Declared<FixtureRequest> & {readonly from: 'file' | 'rootDir'};

/** Something that a file asks for and cannot have. */
export interface RuleProblem {
  readonly place: string;
  /** What is wrong, and what to do. */
  readonly message: string;
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
 * A pragma wins over the option; of its entries the later one wins. Lists are added up.
 *
 * @param folders the entries that match the file, in their order
 * @param splitByOption whether a glob of the option `canSplit` matches it, over which all else wins
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

/** Of each resource what most of it is asked for. */
function largest(all: readonly Declared<ResourceShare>[]): Declared<ResourceShare>[] {
  const byName = new Map<string, Declared<ResourceShare>>();
  for (const share of all) {
    if (share.amount > (byName.get(share.name)?.amount ?? 0)) byName.set(share.name, share);
  }
  return [...byName.values()];
}

/** Why a file whose rules say that it may be split runs whole; null: nothing in them speaks against it. */
export function whyWhole({serial, workerGroup, sharedFixtures, restartWorker}: FileRules): string | null {
  if (serial) return 'it is serial';
  if (workerGroup !== null) return `it is of the worker group "${workerGroup}"`;
  if (restartWorker) return 'it wants a fresh worker';
  if (sharedFixtures.some(({scope}) => scope === 'worker')) return 'it has a shared fixture of scope worker';
  return null;
}

/** How much there is of a resource. */
export function amountOf(name: string, resources: Readonly<Record<string, number>>): number {
  return (Object.hasOwn(resources, name) ? resources[name] : undefined) ?? 1;
}

/** The resources of which a file asks for more than there is. @param resources the option */
export function overdrawn(rules: FileRules, resources: Readonly<Record<string, number>>): RuleProblem[] {
  return rules.resources.flatMap(({name, amount, place}) => {
    const there = amountOf(name, resources);
    if (amount <= there) return [];
    const message =
      `it asks for ${amount} of the resource "${name}", of which there ${there === 1 ? 'is' : 'are'} ${there}` +
      `${Object.hasOwn(resources, name) ? '' : ', as the option "resources" does not list it'}. ` +
      `Ask for less, or say how much there is: resources: {${JSON.stringify(name)}: ${amount}}.`;
    return [{place, message}];
  });
}

/** Which shared fixtures need which: the order in which they can be set up, and what is wrong with those that cannot. */
import type {RuleProblem} from '../rules/fileRules';
import type {FixtureId, FixtureScope} from './constraints';
import type {FixtureNames, RunFixture, RunFixtures} from './runFixtures';

/** A place that names a fixture. */
export interface FixtureUse {
  /** For messages. */
  readonly place: string;
  /** As it stands there. */
  readonly written: string;
  readonly scope: FixtureScope;
  /** Paths that lead to its module, before links were followed: what was written made absolute, and the file found by it. */
  readonly found: readonly string[];
  /** The real path of its module. */
  readonly path: string;
}

/** A test file, or a fixture's module. */
export interface FixtureUser {
  readonly uses: readonly FixtureUse[];
  /** What is known to be wrong with it. */
  readonly problems: readonly RuleProblem[];
}

export interface FixtureModule extends FixtureUser {
  /** For messages. */
  readonly title: string;
}

export interface FixtureFile extends FixtureUser {
  readonly configId: string;
}

export interface FixtureGraph<File> {
  /** Of the files without a problem. */
  readonly fixtures: RunFixtures<File>;
  /** For every file why it cannot run, in its own place or in one of a fixture that it needs. */
  readonly problems: ReadonlyMap<File, readonly RuleProblem[]>;
}

/** By real path: every one that a file or another of them uses. */
type Modules = ReadonlyMap<string, FixtureModule>;

export function buildFixtureGraph<File>(files: ReadonlyMap<File, FixtureFile>, modules: Modules): FixtureGraph<File> {
  const wrong = problemsOf([...files.values()], modules);
  const problems = new Map<File, RuleProblem[]>();
  const users = new Map<File, {readonly file: FixtureFile; readonly paths: ReadonlySet<string>}>();
  for (const [key, file] of files) {
    const paths = reachedFrom(file, modules);
    const all = [...file.problems, ...[...paths].flatMap(path => wrong.get(path) ?? [])];
    problems.set(key, all);
    if (all.length === 0) users.set(key, {file, paths});
  }

  const order = needsFirst(new Set([...users.values()].flatMap(({paths}) => [...paths])), modules);
  const idOf = new Map(order.map((path, id) => [path, id]));
  const id = (path: string) => idOf.get(path) as FixtureId;
  const scopes = new Map<string, FixtureScope>();
  for (const user of [...files.values(), ...modules.values()]) {
    for (const {path, scope} of user.uses) scopes.set(path, scope);
  }
  const configIds = new Map<string, string>();
  for (const {file, paths} of users.values()) {
    for (const path of paths) {
      const before = configIds.get(path);
      if (before === undefined || file.configId < before) configIds.set(path, file.configId);
    }
  }
  const fixtures = order.map((path): RunFixture => {
    const {title, uses} = modules.get(path) as FixtureModule;
    return {
      path,
      title,
      configId: configIds.get(path) as string,
      scope: scopes.get(path) as FixtureScope,
      needs: Object.fromEntries(uses.map(use => [use.written, id(use.path)])),
    };
  });
  const memo = new Map<File, readonly FixtureNames[]>();
  return {
    problems,
    fixtures: {
      fixtures,
      declaredBy: key => {
        const known = memo.get(key) ?? namesIn(users.get(key)?.file.uses ?? [], id);
        memo.set(key, known);
        return known;
      },
      neededBy: key => [...(users.get(key)?.paths ?? [])].map(id).sort((a, b) => a - b),
    },
  };
}

function reachedFrom(user: FixtureUser, modules: Modules): Set<string> {
  const reached = new Set<string>();
  const visit = ({uses}: FixtureUser) => {
    for (const {path} of uses) {
      if (reached.has(path)) continue;
      reached.add(path);
      visit(modules.get(path) as FixtureModule);
    }
  };
  visit(user);
  return reached;
}

/** In an order that depends on nothing but paths: a run gives the same ids whichever file comes first today. */
function needsFirst(paths: ReadonlySet<string>, modules: Modules): string[] {
  const order = new Set<string>();
  const visit = (path: string) => {
    if (order.has(path)) return;
    for (const needed of pathsOf(modules.get(path) as FixtureModule)) visit(needed);
    order.add(path);
  };
  for (const path of [...paths].sort()) visit(path);
  return [...order];
}

/** Each once, sorted. */
function pathsOf({uses}: FixtureUser): string[] {
  return [...new Set(uses.map(({path}) => path))].sort();
}

/** By real path of the module that has them. */
function problemsOf(files: readonly FixtureFile[], modules: Modules): Map<string, RuleProblem[]> {
  const problems = new Map<string, RuleProblem[]>();
  for (const [path, module] of modules) problems.set(path, [...module.problems]);
  const add = (path: string, problem: RuleProblem) => problems.get(path)?.push(problem);
  for (const cycle of cyclesIn(modules)) add(cycle[0] as string, describeCycle(cycle, modules));

  const uses = [...files, ...modules.values()].flatMap(user => user.uses);
  const workerUses = firstUses(uses, 'worker');
  const runUses = firstUses(uses, 'run');
  for (const [path, asWorker] of workerUses) {
    const asRun = runUses.get(path);
    const title = titleOf(path, modules);
    if (asRun !== undefined) {
      add(path, {
        place: asWorker.place,
        message:
          `the shared fixture ${title} has scope=worker here, and scope=run, which is what it has if nothing is said, in ` +
          `${asRun.place}. A fixture has one scope: say the same in both places.`,
      });
      continue;
    }
    for (const [needing, module] of modules) {
      // One of both scopes is told of already.
      if (workerUses.has(needing)) continue;
      const use = module.uses.find(needed => needed.path === path);
      if (use === undefined) continue;
      add(needing, {
        place: use.place,
        message:
          `${module.title}, which is set up once for the run, cannot need ${title}, which is set up in each worker. ` +
          `Give ${module.title} scope=worker wherever it is named (${runUses.get(needing)?.place}), or take it from ${title}.`,
      });
    }
  }
  return problems;
}

/** For each fixture a place that names it with this scope: the same one whichever file comes first today. */
function firstUses(uses: readonly FixtureUse[], scope: FixtureScope): Map<string, FixtureUse> {
  const first = new Map<string, FixtureUse>();
  for (const use of uses) {
    const before = first.get(use.path);
    if (use.scope === scope && (before === undefined || use.place < before.place)) first.set(use.path, use);
  }
  return first;
}

/** At least one of each set of fixtures that need each other, as the paths in it, the smallest first. */
function cyclesIn(modules: Modules): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string) => {
    const start = way.indexOf(path);
    if (start !== -1) {
      const cycle = way.slice(start);
      const first = cycle.indexOf([...cycle].sort()[0] as string);
      cycles.push([...cycle.slice(first), ...cycle.slice(0, first)]);
      return;
    }
    if (done.has(path)) return;
    way.push(path);
    for (const needed of pathsOf(modules.get(path) as FixtureModule)) visit(needed);
    way.pop();
    done.add(path);
  };
  for (const path of [...modules.keys()].sort()) visit(path);
  return cycles;
}

function describeCycle(cycle: readonly string[], modules: Modules): RuleProblem {
  const closed = [...cycle, cycle[0] as string];
  const use = modules.get(closed[0] as string)?.uses.find(({path}) => path === closed[1]) as FixtureUse;
  const way = closed.map(path => titleOf(path, modules)).join(' -> ');
  return {
    place: use.place,
    message: `shared fixtures need each other in a circle: ${way}. Remove one of these @shared-fixture pragmas.`,
  };
}

function titleOf(path: string, modules: Modules): string {
  return modules.get(path)?.title ?? path;
}

/** What a file may call the fixtures that it declares. A name that would be of two is of the one declared first. */
function namesIn(uses: readonly FixtureUse[], idOf: (path: string) => FixtureId): FixtureNames[] {
  const owners = new Map<string, FixtureId>();
  const claim = (name: string, use: FixtureUse) => {
    for (const spelt of [name, name.replaceAll('\\', '/')]) {
      if (!owners.has(spelt)) owners.set(spelt, idOf(use.path));
    }
  };
  const exact = (use: FixtureUse) => [use.written, ...use.found, use.path];
  // Whole names first: a `./db` that was written is not what is left of a `./db.ts` beside it.
  for (const use of uses) for (const name of exact(use)) claim(name, use);
  for (const use of uses) for (const name of exact(use)) claim(name.replace(/\.[cm]?[jt]sx?$/, ''), use);
  return [...new Set(uses.map(({path}) => idOf(path)))].map(id => ({
    id,
    names: [...owners].filter(([, owner]) => owner === id).map(([name]) => name),
  }));
}

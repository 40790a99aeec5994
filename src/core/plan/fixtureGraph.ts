/** Which shared fixtures need which: the order of their setup, and the problems of fixtures that cannot be set up. */
import type {RuleProblem} from '../rules/fileRules';
import type {FixtureId, FixtureScope} from './constraints';
import type {FixtureNames, RunFixture, RunFixtures} from './runFixtures';

/** A place that names a fixture. */
export interface FixtureUse {
  /** The place, for messages. */
  readonly place: string;
  /** The fixture as written in that place. */
  readonly written: string;
  readonly scope: FixtureScope;
  /** Paths to the fixture's module with links unresolved: the written path made absolute, and the file found there. */
  readonly found: readonly string[];
  /** The real path of the fixture's module. */
  readonly path: string;
}

/** A test file, or a fixture's module. */
export interface FixtureUser {
  readonly uses: readonly FixtureUse[];
  /** The known problems of the file or module. */
  readonly problems: readonly RuleProblem[];
}

export interface FixtureModule extends FixtureUser {
  /** The name for messages. */
  readonly title: string;
}

export interface FixtureFile extends FixtureUser {
  readonly configId: string;
}

export interface FixtureGraph<File> {
  /** The fixtures of the files without a problem. */
  readonly fixtures: RunFixtures<File>;
  /** By file: why it cannot run. The problem's place is in the file or in a fixture that the file needs. */
  readonly problems: ReadonlyMap<File, readonly RuleProblem[]>;
}

/** By real path: every fixture module that a file or another fixture uses. */
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

/** Sorts fixtures after their needs. The order depends only on paths, so ids do not depend on the order of files. */
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

/** The used paths without duplicates, sorted. */
function pathsOf({uses}: FixtureUser): string[] {
  return [...new Set(uses.map(({path}) => path))].sort();
}

/** By real path: the problems of each module. */
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
        text:
          `the shared fixture ${title} has scope=worker here, and scope=run, which is what it has if nothing is said, in ` +
          `${asRun.place}. A fixture has one scope: say the same in both places.`,
      });
      continue;
    }
    for (const [needing, module] of modules) {
      // The problem of a fixture with both scopes is on the list already.
      if (workerUses.has(needing)) continue;
      const use = module.uses.find(needed => needed.path === path);
      if (use === undefined) continue;
      add(needing, {
        place: use.place,
        text:
          `${module.title}, which is set up once for the run, cannot need ${title}, which is set up in each worker. ` +
          `Give ${module.title} scope=worker wherever it is named (${runUses.get(needing)?.place}), or take it from ${title}.`,
      });
    }
  }
  return problems;
}

/** By fixture: the first place that names it with this scope. The choice does not depend on the order of files. */
function firstUses(uses: readonly FixtureUse[], scope: FixtureScope): Map<string, FixtureUse> {
  const first = new Map<string, FixtureUse>();
  for (const use of uses) {
    const before = first.get(use.path);
    if (use.scope === scope && (before === undefined || use.place < before.place)) first.set(use.path, use);
  }
  return first;
}

/** The paths of at least one cycle in each set of fixtures that need each other. Each begins with its smallest path. */
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
    text: `shared fixtures need each other in a cycle: ${way}. Remove one of these @shared-fixture pragmas.`,
  };
}

function titleOf(path: string, modules: Modules): string {
  return modules.get(path)?.title ?? path;
}

/** The names of a file's declared fixtures. A name that fits two fixtures belongs to the one that is declared first. */
function namesIn(uses: readonly FixtureUse[], idOf: (path: string) => FixtureId): FixtureNames[] {
  const owners = new Map<string, FixtureId>();
  const claim = (name: string, use: FixtureUse) => {
    for (const spelt of [name, name.replaceAll('\\', '/')]) {
      if (!owners.has(spelt)) owners.set(spelt, idOf(use.path));
    }
  };
  const exact = (use: FixtureUse) => [use.written, ...use.found, use.path];
  // Exact names first: a written `./db` beats a `./db.ts` whose extension is left out.
  for (const use of uses) for (const name of exact(use)) claim(name, use);
  for (const use of uses) for (const name of exact(use)) claim(name.replace(/\.[cm]?[jt]sx?$/, ''), use);
  return [...new Set(uses.map(({path}) => idOf(path)))].map(id => ({
    id,
    names: [...owners].filter(([, owner]) => owner === id).map(([name]) => name),
  }));
}

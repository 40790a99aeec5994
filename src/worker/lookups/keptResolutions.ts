/**
 * The paths that Jest's resolver has found, kept for the next test file. jest-runtime forgets them with each file, and
 * asks the resolver again, which makes a text of the folder, the name and the conditions for each answer that it keeps.
 *
 * Exact: jest-resolve, too, keeps each path that it has found for as long as the resolver lives. A resolver of the
 * user's may give another answer each time, which jest-resolve hears where a name is mapped; so it is asked each time.
 */
import {withoutOurFrame} from '../compile/ownFrame';
import {probe} from '../jestProbes';

/** By the module that asks, then by the name that it asks for. */
type Paths = Map<string, Map<string, string>>;

interface Resolver {
  readonly _options: {readonly moduleNameMapper?: unknown; readonly resolver?: unknown};
}

/** What resolves the modules of a test file: from Jest 30.4 on a Resolution, before that the Runtime itself. */
interface Resolving {
  readonly resolver?: Resolver;
  readonly _resolver?: Resolver;
  readonly cjsConditions: readonly string[];
}

type Resolve = (this: Resolving, from: string, to: string | undefined) => string;

const NAMES = ['resolveCjs', '_resolveCjsModule'] as const;

/** By the resolver, then by the conditions. */
const kept = new WeakMap<Resolver, Map<string, Paths>>();
/** Of each test file's; null: they are not to be kept. */
const pathsOf = new WeakMap<Resolving, Paths | null>();
const wrapped = new WeakSet<object>();
/** The test file that runs; what it asks for itself, no other file will ask. */
let testFile = '';

/**
 * Has a test file's runtime, and those of the next files, find what earlier files have found.
 *
 * @param runtime a jest-runtime, whose class is changed once
 * @param path the test file's
 */
export function keepResolutions(runtime: unknown, path: string): void {
  testFile = path;
  if (typeof runtime !== 'object' || runtime === null) return;
  const {_resolution = runtime} = runtime as {_resolution?: object};
  const owner = Object.getPrototypeOf(_resolution) as Partial<Record<(typeof NAMES)[number], Resolve>> | null;
  if (owner === null || wrapped.has(owner)) return;
  wrapped.add(owner);
  if (!probe('resolutions', _resolution)) return;
  for (const name of NAMES) {
    const resolve = owner[name];
    if (resolve !== undefined) owner[name] = keeping(resolve);
  }
}

function keeping(resolve: Resolve): Resolve {
  return function (from, to) {
    if (!to) return Reflect.apply(resolve, this, [from, to]);
    const paths = pathsFor(this);
    const known = paths?.get(from)?.get(to);
    if (known !== undefined) return known;
    const path = withoutOurFrame(__filename, () => Reflect.apply(resolve, this, [from, to]));
    if (paths !== null && from !== testFile) note(paths, from, to, path);
    return path;
  };
}

function note(paths: Paths, from: string, to: string, path: string): void {
  const found = paths.get(from);
  if (found === undefined) paths.set(from, new Map([[to, path]]));
  else found.set(to, path);
}

function pathsFor(resolving: Resolving): Paths | null {
  let paths = pathsOf.get(resolving);
  if (paths === undefined) {
    paths = findPaths(resolving);
    pathsOf.set(resolving, paths);
  }
  return paths;
}

function findPaths({resolver, _resolver = resolver, cjsConditions}: Resolving): Paths | null {
  if (_resolver === undefined || mayAnswerAnew(_resolver)) return null;
  const conditions = JSON.stringify(cjsConditions);
  const ofResolver = kept.get(_resolver) ?? new Map<string, Paths>();
  kept.set(_resolver, ofResolver);
  const paths: Paths = ofResolver.get(conditions) ?? new Map<string, Map<string, string>>();
  ofResolver.set(conditions, paths);
  return paths;
}

function mayAnswerAnew({_options: {moduleNameMapper, resolver}}: Resolver): boolean {
  const isMapped = Array.isArray(moduleNameMapper) && moduleNameMapper.length > 0;
  return isMapped && Boolean(resolver);
}

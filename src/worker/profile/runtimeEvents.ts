/**
 * Learns what jest-runtime does, without a frame of ours on the stack of anything that it runs.
 *
 * A function wrapped around one of jest-runtime's would be in the stack of each error that a test file throws while it
 * is loaded, and Jest prints and reports these stacks. So nothing is wrapped. Before Jest calls a method, it reads the
 * method; and it marks in a field which module executes, before and after the module. In the place of these properties
 * are accessors, which note the moment and give what was there.
 */
import {probe} from '../jestProbes';

/** What one test file's runtime tells. */
export interface RuntimeEvents {
  /** The runtime is made, and `setupFiles` come next. */
  made(runtime: object): void;
  /** Jest loads a module of its own, or asks for source maps. */
  jestsOwn(): void;
  /** Jest loads an ECMAScript module: a setup file, or the test file. @param runtime the one that `made` got */
  imports(runtime: object): void;
  /** Jest marks the module that executes (see ModuleTimes). */
  marks(marked: unknown): void;
  runs(): void;
  throws(): void;
  transformBegins(): void;
  asyncTransformBegins(): void;
  transformEnds(): void;
  /** The environment is torn down. No more events follow. */
  tearsDown(): void;
}

/** A runtime or a part of it. */
type Part = Readonly<Record<string, unknown>>;

// eslint-disable-next-line @typescript-eslint/unbound-method -- called on maps
const {set: setInMap} = Map.prototype;

/** Classes that have our accessors. */
const prepared = new WeakSet<object>();
/** Who is told; null: nobody. */
let events: RuntimeEvents | null = null;
/** The runtime whose events are told: code that an earlier file has left may still use another one. */
let active: object | null = null;

/**
 * The next runtime is the one of this file.
 *
 * @param runtimePath the path of jest-runtime
 */
export function listenToRuntime(runtimePath: string, listener: RuntimeEvents): void {
  active = null;
  events = listener;
  const {prototype} = (require(runtimePath) as {default: {prototype: object}}).default;
  if (prepared.has(prototype)) return;
  prepared.add(prototype);
  prepare(prototype);
}

/** The file has ended. A runtime holds its file's environment, and Jest may look for leaks of that. */
export function forgetRuntime(): void {
  active = null;
  events = null;
}

/** Whether a runtime tells when a module is compiled and when it throws, and not when a module that has thrown ends. */
export function tellsRuns(runtime: object): boolean {
  return '_createJestObjectFor' in runtime;
}

function prepare(prototype: object): void {
  const tell = (name: string, note: (listener: RuntimeEvents, runtime: object) => void) =>
    onRead(prototype, name, runtime => {
      if (active === runtime && events !== null) note(events, runtime);
    });
  // The constructor's last call.
  onRead(prototype, 'resetModules', runtime => {
    if (active === null && events !== null) follow(runtime);
  });
  tell('requireInternalModule', listener => listener.jestsOwn());
  tell('getSourceMaps', listener => listener.jestsOwn());
  tell('unstable_importModule', (listener, runtime) => listener.imports(runtime));
  tell('_createJestObjectFor', listener => listener.runs());
  tell('handleExecutionError', listener => listener.throws());
  tell('teardown', listener => {
    forgetRuntime();
    listener.tearsDown();
  });
}

function follow(runtime: object): void {
  if (!probe('fileProfile', runtime)) return;
  active = runtime;
  events?.made(runtime);
  const tell = (note: (listener: RuntimeEvents) => void) => () => {
    if (active === runtime && events !== null) note(events);
  };
  const {executor, transformCache, _fileTransforms, _scriptTransformer} = runtime as Part;
  const transforms = (transformCache as Part | undefined)?.transforms ?? _fileTransforms;
  const transformer = (transformCache as Part | undefined)?.scriptTransformer ?? _scriptTransformer;
  const [marker, field] =
    executor === undefined
      ? [runtime, '_isCurrentlyExecutingManualMock']
      : [executor as object, 'currentlyExecutingManualMock'];
  onWrite(marker, field, marked => {
    if (active === runtime) events?.marks(marked);
  });
  onRead(
    transformer as object,
    'transform',
    tell(listener => listener.transformBegins()),
  );
  onRead(
    transformer as object,
    'transformAsync',
    tell(listener => listener.asyncTransformBegins()),
  );
  const transformed = tell(listener => listener.transformEnds());
  const set = function (this: Map<unknown, unknown>, path: unknown, code: unknown) {
    setInMap.call(this, path, code);
    transformed();
    return this;
  };
  Object.defineProperty(transforms, 'set', {value: set, configurable: true, writable: true});
}

/** Calls `note` whenever somebody reads a method. */
function onRead(owner: object, name: string, note: (reader: object) => void): void {
  const value: unknown = Reflect.get(owner, name);
  if (typeof value !== 'function') return;
  Object.defineProperty(owner, name, {
    get(this: object) {
      note(this);
      return value;
    },
    set(this: object, other: unknown) {
      Object.defineProperty(this, name, {value: other, configurable: true, enumerable: true, writable: true});
    },
    configurable: true,
  });
}

/** Calls `note` with whatever somebody writes into a field. */
function onWrite(owner: object, name: string, note: (value: unknown) => void): void {
  let value: unknown = Reflect.get(owner, name);
  Object.defineProperty(owner, name, {
    get: () => value,
    set(written: unknown) {
      value = written;
      note(written);
    },
    configurable: true,
    enumerable: true,
  });
}

/**
 * Finds changes that test files have made to what all files in a process share: Node's modules and globals, listeners,
 * the working directory. It does not repair a changed process; a fresh process has no such changes.
 */
import {builtinModules} from 'node:module';

/** Modules that nobody patches, or that print a warning or have another effect when they are loaded. */
const LEFT_ALONE =
  /^_|^(node:)?(cluster|constants|domain|ffi|inspector|punycode|repl|sqlite|sys|test|trace_events|wasi)(\/|$)/;

/** The property with which Jest marks what it does not delete at an environment's teardown. Equal for all files. */
const MARKED_BY_JEST = Symbol.for('$$jest-protect-from-deletion');

/** The global that holds Jest's deletion mode. The first environment sets it. */
const DELETION_MODE = Symbol.for('$$jest-deletion-mode');

/** Jest removes the listeners of these events while tests run. Jest up to 29.7 does not restore them. */
export const HEARD_BY_JEST = ['uncaughtException', 'unhandledRejection'] as const;

/** The properties of Error that Jest sets for each file. `restore` resets them. */
const SET_BY_JEST = ['prepareStackTrace', 'stackTraceLimit'] as const;

/** The properties of an object. Values and accessors are compared by identity. */
type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor>;

interface Snapshot {
  /** By name: the path to the object from a module or global. */
  readonly owners: ReadonlyMap<string, {readonly owner: object; readonly properties: Properties}>;
  readonly listeners: ReadonlyMap<string | symbol, readonly unknown[]>;
  readonly values: string;
}

export class ProcessState {
  #before: Snapshot;
  #warned = false;

  /** Must be called when Jest is loaded and no code of the user is. */
  constructor() {
    process.on('warning', () => (this.#warned = true));
    void globalThis.Headers; // loads undici, which leaves its dispatcher in the global object: a first fetch() would
    this.#before = take();
  }

  /** The first change; null: there is none. Takes some ms. */
  change(): string | null {
    // A process prints each warning only once.
    if (this.#warned) return 'Node has printed a warning';
    const {owners, listeners, values} = take();
    if (values !== this.#before.values) return `of the process: ${values}, and not ${this.#before.values}`;
    const events = new Set([...listeners.keys(), ...this.#before.listeners.keys()]);
    for (const event of events) {
      if (!sameItems(listeners.get(event) ?? [], this.#before.listeners.get(event) ?? [])) {
        return `listeners of the process: ${String(event)}`;
      }
    }
    for (const [name, {owner, properties}] of this.#before.owners) {
      const now = owners.get(name);
      if (now !== undefined && now.owner !== owner) return name;
      const changed = changedProperty(owner, properties, now?.properties ?? propertiesOf(owner));
      if (changed !== null) return `${name}.${String(changed)}`;
    }
    return null;
  }

  /** Jest was loaded anew. From here on, changes count against the present state. */
  accept(): void {
    this.#before = take();
  }

  /** Restores what Jest itself sets for each file and does not count as a change. */
  restore(): void {
    for (const key of SET_BY_JEST) {
      const before = this.#before.owners.get('Error')?.properties.get(key);
      if (before === undefined) Reflect.deleteProperty(Error, key);
      else Object.defineProperty(Error, key, before);
    }
    Reflect.deleteProperty(globalThis, DELETION_MODE);
    process.exitCode = undefined;
  }
}

function take(): Snapshot {
  const owners = new Map<string, {owner: object; properties: Properties}>();
  const add = (name: string, owner: unknown) => {
    if ((typeof owner !== 'object' || owner === null) && typeof owner !== 'function') return;
    owners.set(name, {owner, properties: propertiesOf(owner)});
  };
  const addWithPrototype = (name: string, value: unknown) => {
    add(name, value);
    if (typeof value === 'function') add(`${name}.prototype`, value.prototype);
  };
  for (const name of builtinModules) {
    if (LEFT_ALONE.test(name)) continue;
    const exported = require(name) as Record<string, unknown>;
    addWithPrototype(name, exported);
    for (const [key, {value}] of propertiesOf(exported)) {
      if (typeof value === 'function') addWithPrototype(`${name}.${String(key)}`, value);
    }
  }
  for (const name of ['http', 'https']) {
    add(`${name}.globalAgent`, (require(`node:${name}`) as {globalAgent: unknown}).globalAgent);
  }
  add('module._extensions', (require('node:module') as {_extensions: unknown})._extensions);
  for (const [key, {value}] of propertiesOf(globalThis)) addWithPrototype(String(key), value);
  add('globalThis', globalThis);
  // Listeners are compared separately.
  const ofProcess = [...propertiesOf(process)].filter(([key]) => !String(key).startsWith('_events'));
  for (const name of ['process', 'globalThis.process']) owners.delete(name);
  owners.set('process', {owner: process, properties: new Map(ofProcess)});
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const methods = [...propertiesOf(stream)].filter(([, {value}]) => typeof value === 'function');
    owners.set(`process.${name}`, {owner: stream, properties: new Map(methods)});
  }
  return {owners, listeners: listenersNow(), values: valuesNow()};
}

function listenersNow(): Map<string | symbol, unknown[]> {
  const heardByJest: readonly unknown[] = HEARD_BY_JEST;
  const events = process.eventNames().filter(event => !heardByJest.includes(event));
  return new Map(events.map(event => [event, process.rawListeners(event)]));
}

function valuesNow(): string {
  const {defaultMaxListeners} = require('node:events') as {defaultMaxListeners: number};
  return JSON.stringify({
    directory: process.cwd(),
    umask: process.umask(),
    title: process.title,
    servers: (require('node:dns') as {getServers(): string[]}).getServers(),
    defaultMaxListeners,
  });
}

function propertiesOf(owner: object): Map<PropertyKey, PropertyDescriptor> {
  return new Map(
    Reflect.ownKeys(owner).map(key => [key, Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor]),
  );
}

/** @returns the first property that is changed, new or gone; null: there is none */
function changedProperty(owner: object, before: Properties, now: Properties): PropertyKey | null {
  const setByJest: readonly PropertyKey[] = owner === Error ? SET_BY_JEST : [];
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (key === MARKED_BY_JEST || key === DELETION_MODE || setByJest.includes(key)) continue;
    const [was, is] = [before.get(key), now.get(key)];
    // The property now has its inherited value (signal-exit restores `process.emit` like that).
    if (was === undefined && is?.value !== undefined && is.value === inherited(owner, key)) continue;
    if (was === undefined || is === undefined) return key;
    // Node loads many of its globals at the first access, and then replaces the accessor by the value.
    if (was.get !== undefined && is.get === undefined && isNamed(is.value, key)) continue;
    if (was.get !== is.get || was.set !== is.set) return key;
    if (!Object.is(was.value, is.value)) return key;
  }
  return null;
}

function inherited(owner: object, key: PropertyKey): unknown {
  const prototype = Object.getPrototypeOf(owner) as object | null;
  return prototype === null ? undefined : Reflect.get(prototype, key, owner);
}

function isNamed(value: unknown, key: PropertyKey): boolean {
  return typeof value === 'function' ? value.name === key : typeof value === 'object';
}

function sameItems(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((item, index) => item === others[index]);
}

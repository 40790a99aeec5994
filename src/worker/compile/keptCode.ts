/**
 * The modules that this process has compiled, for the next test file that loads them. The cache keeps V8's own scripts.
 * A script belongs to no realm: V8 can run it in another realm without compiling it again.
 *
 * Jest's own call compiles a module the first time. If that call succeeds, the source is known to be a valid function
 * body, so we can wrap it into a script. A module that only one test file loads costs nothing extra.
 */
import vm, {type Context} from 'node:vm';
import type {CodeOnDisk} from './codeOnDisk';
import {type Importer, Imports} from './imports';
import {namesJest} from './jestName';
import {isOfAPackage} from './packages';
import type {StartPack} from './startPack';
import type {ModuleCode, StoredCode} from './storedCode';

/** Read at load time, because a test may replace them later. */
const {Script} = vm;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called on scripts
const {runInContext} = Script.prototype;

/** The limit for the memory of all kept scripts together, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The estimated memory of a script, in bytes per character of its source. The source exists twice, in the module and in
 * the script, with one or two bytes a character. The compiled code of all functions of a package takes 1 to 2.5 bytes a
 * character (Node 20, --no-lazy). V8 does not report how much a script takes.
 */
const BYTES_PER_CHARACTER = 8;

/** After this many failed writes in a row, a save stops. */
const FAILED_WRITES = 3;

/** A module's code, which can run in many realms. */
export class KeptScript {
  readonly module: ModuleCode;
  readonly #imports: Imports;
  /**
   * The realms in which the script has run, if it may run only once in each realm. null: it may run any number of
   * times.
   */
  readonly #realms: WeakSet<object> | null;
  /** null: only Jest's own call has compiled the module so far. */
  #script: vm.Script | null = null;
  /** Whether the module cannot be compiled as a script. */
  #refused = false;
  /** Whether the script has run. If so, V8 has also compiled the functions that were called. */
  #ran = false;
  /** The realm in which the script ran last. */
  #realm: WeakRef<object> | null = null;
  #namesJest: boolean | null = null;
  /** What the disk has of this module: `cold` code lacks the functions that were called, `warm` code includes them. */
  onDisk: 'nothing' | 'cold' | 'warm' = 'nothing';

  constructor(module: ModuleCode, imports: Imports) {
    this.module = module;
    this.#imports = imports;
    this.#realms = module.isNewEachTime() ? new WeakSet() : null;
  }

  /** Whether the module can reach its `jest` object. */
  namesJest(): boolean {
    return (this.#namesJest ??= namesJest(this.module.source));
  }

  /** Whether the script may run in this realm. */
  fits(realm: Context): boolean {
    return this.#realms?.has(realm) !== true;
  }

  /** @param importer answers each `import()` of the script in this realm */
  runIn(realm: Context, importer: Importer, ...rest: unknown[]): unknown {
    this.#ran = true;
    this.#realms?.add(realm);
    if (this.#realm?.deref() !== realm) this.#realm = new WeakRef(realm);
    this.#imports.note(realm, this.module.filename, importer);
    return Reflect.apply(runInContext, this.#script, [realm, ...rest]);
  }

  /**
   * Compiles the script, unless it is already compiled.
   *
   * @param cachedData what another process has stored; that process has checked that the script would not differ
   * @returns whether the script can run
   */
  compile(cachedData?: Buffer): boolean {
    if (this.#script !== null || this.#refused) return !this.#refused;
    if (cachedData === undefined && this.module.wouldDiffer()) {
      this.#refused = true;
      return false;
    }
    const {filename} = this.module;
    try {
      const script = this.module.asScript();
      this.#script = new Script(script.code, {
        lineOffset: script.lineOffset,
        columnOffset: script.columnOffset,
        filename,
        ...(cachedData && {cachedData}),
        importModuleDynamically: ((...args: unknown[]) =>
          this.#imports.answer(this.#realm?.deref(), filename, args)) as never,
      });
      if (this.#script.cachedDataRejected === true) this.onDisk = 'nothing';
    } catch {
      this.#refused = true; // a function body may begin with `#!` or `-->`, but not after our wrapper's opening
    }
    return !this.#refused;
  }

  /** The code to store for the next process. null if the disk already has as much, or the code is not worth storing. */
  toLeave(): StoredCode | null {
    // If only one test file has loaded a module of the project, the module will probably change before it is loaded
    // again.
    if (
      this.onDisk === 'warm' ||
      !mayBeLeft(this.module) ||
      (!this.#ran && (this.onDisk === 'cold' || !isOfAPackage(this.module.filename)))
    )
      return null;
    if (!this.compile() || this.#script === null) return null;
    return {data: this.#script.createCachedData(), warm: this.#ran};
  }
}

export interface KeptCodeOptions {
  /** null: this process neither reads stored code nor stores any. */
  readonly disk: CodeOnDisk | null;
  /** The modules that a process loads before its first test. null: this process neither reads nor writes them. */
  readonly start?: StartPack | null;
  /** Default 256 MiB. */
  readonly maxBytes?: number;
}

export class KeptCode {
  readonly #disk: CodeOnDisk | null;
  readonly #maxBytes: number;
  readonly #imports = new Imports();
  /** All kept scripts, the least recently used first. */
  readonly #kept = new Set<KeptScript>();
  /**
   * The same scripts by file name. A file has several after a change in watch mode, or if projects transform it
   * differently.
   */
  readonly #versions = new Map<string, KeptScript[]>();
  readonly #start: StartPack | null;
  /** The modules of packages that were loaded before the first test file. */
  readonly #startCode = new Set<KeptScript>();
  #isStarting = true;
  #bytes = 0;
  #testFile: string | null = null;

  constructor({disk, start = null, maxBytes = MAX_BYTES}: KeptCodeOptions) {
    this.#disk = disk;
    this.#start = start;
    this.#maxBytes = maxBytes;
  }

  /** Call this when a test file begins. The test file's own code is not kept, because no other file loads it. */
  fileBegins(path: string): void {
    if (this.#testFile !== null) this.#isStarting = false;
    this.#testFile = path;
  }

  /** @returns null if Jest has to compile the module itself */
  find(module: ModuleCode): KeptScript | null {
    if (module.filename === this.#testFile) this.#isStarting = false;
    const kept = this.#lookUp(module) ?? this.#takeFromDisk(module);
    return kept?.compile() === true ? kept : null;
  }

  /** Call this when Jest's own call has compiled the module. */
  accepted(module: ModuleCode): void {
    if (this.#mayKeep(module) && this.#lookUp(module) === null) this.#keep(module);
  }

  /**
   * Stores on disk the code that other processes can use.
   *
   * @param isLate whether there is no time for more; a later process stores the rest
   * @returns whether anything new was stored
   */
  save(isLate: () => boolean = () => false): boolean {
    if (this.#disk === null) return false;
    const hasGrown = this.#saveStart(isLate);
    let failed = 0;
    for (const kept of this.#kept) {
      if (failed === FAILED_WRITES || isLate()) break;
      const toLeave = kept.toLeave();
      if (toLeave === null) continue;
      if (this.#disk.write(keyOf(kept.module, this.#disk), toLeave)) {
        kept.onDisk = toLeave.warm ? 'warm' : 'cold';
        failed = 0;
      } else failed++;
    }
    return this.#disk.tidy(isLate) || hasGrown;
  }

  /** @returns whether anything was written */
  #saveStart(isLate: () => boolean): boolean {
    if (this.#start === null) return false;
    const toLeave = new Map<KeptScript, StoredCode>();
    for (const kept of this.#startCode) {
      if (isLate()) break;
      const code = kept.toLeave();
      if (code !== null) toLeave.set(kept, code);
    }
    if (toLeave.size === 0) return false;
    const written = this.#start.write(toLeave);
    for (const kept of written) kept.onDisk = toLeave.get(kept)?.warm === true ? 'warm' : 'cold';
    return written.size > 0;
  }

  #mayKeep(module: ModuleCode): boolean {
    return module.filename !== this.#testFile && bytesOf(module) <= this.#maxBytes && !Imports.calledIn(module.source);
  }

  #lookUp({filename, source, variant}: ModuleCode): KeptScript | null {
    const versions = this.#versions.get(filename);
    const kept = versions?.find(({module}) => module.variant === variant && module.source === source);
    if (kept === undefined) return null;
    this.#kept.delete(kept);
    this.#kept.add(kept);
    return kept;
  }

  /** Stored code needs no check: Jest's own call has accepted its source in another process. */
  #takeFromDisk(module: ModuleCode): KeptScript | null {
    if (this.#disk === null || !this.#mayKeep(module)) return null;
    const stored = this.#start?.find(module) ?? this.#disk.read(keyOf(module, this.#disk));
    if (stored === null) return null;
    const kept = this.#keep(module);
    kept.onDisk = stored.warm ? 'warm' : 'cold';
    kept.compile(stored.data);
    return kept;
  }

  #keep(module: ModuleCode): KeptScript {
    const kept = new KeptScript(module, this.#imports);
    this.#kept.add(kept);
    if (this.#isStarting && isOfAPackage(module.filename)) this.#startCode.add(kept);
    this.#versions.set(module.filename, [...(this.#versions.get(module.filename) ?? []), kept]);
    this.#bytes += bytesOf(module);
    for (const oldest of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    return kept;
  }

  #drop(kept: KeptScript): void {
    const {filename} = kept.module;
    this.#kept.delete(kept);
    this.#startCode.delete(kept);
    this.#bytes -= bytesOf(kept.module);
    const others = this.#versions.get(filename)?.filter(version => version !== kept) ?? [];
    if (others.length === 0) this.#versions.delete(filename);
    else this.#versions.set(filename, others);
  }
}

function bytesOf({source}: ModuleCode): number {
  return BYTES_PER_CHARACTER * source.length;
}

/**
 * The key covers the script and its offsets. Up to Node 21, V8 takes the script's name and offsets from the stored
 * code, not from the process that reads the stored code.
 */
function keyOf(module: ModuleCode, disk: CodeOnDisk): string {
  const {lineOffset, columnOffset, code} = module.asScript();
  return disk.key([module.filename, `${lineOffset} ${columnOffset}`, code]);
}

/**
 * Whether a module's code may be stored. Up to Node 21, V8 loses the callback for `import()` in stored code, so an
 * `import()` that has to fail would fail with a different message.
 */
function mayBeLeft({source}: ModuleCode): boolean {
  return !Imports.mentionedIn(source);
}

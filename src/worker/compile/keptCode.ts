/**
 * The modules that this process has compiled, for the next test file that loads them. What is kept is V8's own
 * script, which belongs to no realm: to run it in one more compiles nothing.
 *
 * At first a module is compiled as ever, by Jest's own call. What has come through that is known to be the body of a
 * function, and can be put into a script; and what only one test file loads costs nothing.
 */
import vm, {type Context} from 'node:vm';
import type {CodeOnDisk} from './codeOnDisk';
import {type Importer, Imports} from './imports';
import {namesJest} from './jestName';
import {isOfAPackage} from './packages';
import type {StartPack} from './startPack';
import type {ModuleCode, StoredCode} from './storedCode';

/** Taken now: a test may put others in their place. */
const {Script} = vm;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called on scripts
const {runInContext} = Script.prototype;

/** So much memory may all take together, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * What a script takes for each character of its source. The source is there twice, as the module's and as the script's, with one or two bytes a
 * character. V8's code of all functions of a package takes 1 to 2.5 bytes a character (Node 20, --no-lazy), and V8 tells nobody what it takes.
 */
const BYTES_PER_CHARACTER = 8;

/** If so many files in a row cannot be written, no more of them are made. */
const FAILED_WRITES = 3;

/** A module's code, to be run in realm after realm. */
export class KeptScript {
  readonly module: ModuleCode;
  readonly #imports: Imports;
  /** Where it has run, if that may be once in each; null: as often as it is compiled. */
  readonly #realms: WeakSet<object> | null;
  /** null: it was compiled once, as ever. */
  #script: vm.Script | null = null;
  /** It cannot be a script. */
  #refused = false;
  /** Whether the script has run: then V8 has compiled what was called in it. */
  #ran = false;
  /** Where it was run last. */
  #realm: WeakRef<object> | null = null;
  #namesJest: boolean | null = null;
  /** What is on disk of it: without what was called, or with it. */
  onDisk: 'nothing' | 'cold' | 'warm' = 'nothing';

  constructor(module: ModuleCode, imports: Imports) {
    this.module = module;
    this.#imports = imports;
    this.#realms = module.isNewEachTime() ? new WeakSet() : null;
  }

  /** Whether its module can reach its `jest` object. */
  namesJest(): boolean {
    return (this.#namesJest ??= namesJest(this.module.source));
  }

  /** Whether it may be run there. */
  fits(realm: Context): boolean {
    return this.#realms?.has(realm) !== true;
  }

  /** @param importer what answers an `import()` in it, in this realm */
  runIn(realm: Context, importer: Importer, ...rest: unknown[]): unknown {
    this.#ran = true;
    this.#realms?.add(realm);
    if (this.#realm?.deref() !== realm) this.#realm = new WeakRef(realm);
    this.#imports.note(realm, this.module.filename, importer);
    return Reflect.apply(runInContext, this.#script, [realm, ...rest]);
  }

  /**
   * Compiles it, unless it is compiled.
   *
   * @param cachedData what another process has left, which has found that the script would not differ
   * @returns whether it can be run
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
      this.#refused = true; // the body of a function that is no script's: it begins with `#!`, or `-->`
    }
    return !this.#refused;
  }

  /** What the next process can make use of, if that is more than the disk has. */
  toLeave(): StoredCode | null {
    // A module of the project's own that one test file has loaded is changed before it is loaded again.
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
  /** null: nothing is taken from other processes, nor left to them. */
  readonly disk: CodeOnDisk | null;
  /** What is loaded before the first test; null, too. */
  readonly start?: StartPack | null;
  /** Default 256 MiB. */
  readonly maxBytes?: number;
}

export class KeptCode {
  readonly #disk: CodeOnDisk | null;
  readonly #maxBytes: number;
  readonly #imports = new Imports();
  /** In the order of their last use. */
  readonly #kept = new Set<KeptScript>();
  /** The same by file: of one there may be several, after a change in watch mode, or where projects transform it differently. */
  readonly #versions = new Map<string, KeptScript[]>();
  readonly #start: StartPack | null;
  /** What was loaded before the first test file. */
  readonly #startCode = new Set<KeptScript>();
  #isStarting = true;
  #bytes = 0;
  #testFile: string | null = null;

  constructor({disk, start = null, maxBytes = MAX_BYTES}: KeptCodeOptions) {
    this.#disk = disk;
    this.#start = start;
    this.#maxBytes = maxBytes;
  }

  /** A test file begins; its own code is not kept, as no other file loads it. */
  fileBegins(path: string): void {
    if (this.#testFile !== null) this.#isStarting = false;
    this.#testFile = path;
  }

  /** null: it is to be compiled as ever. */
  find(module: ModuleCode): KeptScript | null {
    if (module.filename === this.#testFile) this.#isStarting = false;
    const kept = this.#lookUp(module) ?? this.#takeFromDisk(module);
    return kept?.compile() === true ? kept : null;
  }

  /** Jest has compiled it as ever. */
  accepted(module: ModuleCode): void {
    if (this.#mayKeep(module) && this.#lookUp(module) === null) this.#keep(module);
  }

  /**
   * Leaves to other processes what this one has found worth keeping.
   *
   * @param isLate whether there is no time for more: what is not left then a later process leaves
   * @returns whether there was any that had not been left before
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

  /** What is there came through Jest's own call in another process. */
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

/** What is left is the script, with where it stands: up to Node 21, V8 takes its name and place from what was left, not from who takes it. */
function keyOf(module: ModuleCode, disk: CodeOnDisk): string {
  const {lineOffset, columnOffset, code} = module.asScript();
  return disk.key([module.filename, `${lineOffset} ${columnOffset}`, code]);
}

/** Up to Node 21 V8 forgets whom an `import()` in what was left asks; without an answer, it would fail in other words. */
function mayBeLeft({source}: ModuleCode): boolean {
  return !Imports.mentionedIn(source);
}

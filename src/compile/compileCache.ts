/** The compile cache of one process: what is compiled in it, and what other processes have compiled before. */
import type {CompileCacheOrder} from '../core/protocol';
import {CodeOnDisk} from './codeOnDisk';
import {reachJestRuntime} from './jestRuntime';
import {KeptCode} from './keptCode';
import {NodeModules} from './nodeModules';

export class CompileCache {
  readonly #disk: CodeOnDisk;
  readonly #kept: KeptCode;
  readonly #node: NodeModules | null;

  /** @param wholeProcess whether what Node itself loads is kept, too: in a process that is ours */
  static start(order: CompileCacheOrder | null, {wholeProcess}: {readonly wholeProcess: boolean}): CompileCache | null {
    // Coverage by V8 is told in places of the source that V8 has compiled.
    if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
    return new CompileCache(order, wholeProcess);
  }

  private constructor({folder, runtime}: CompileCacheOrder, wholeProcess: boolean) {
    this.#disk = new CodeOnDisk(folder);
    this.#kept = new KeptCode({disk: this.#disk});
    this.#node = wholeProcess ? new NodeModules(this.#disk) : null;
    reachJestRuntime(runtime, this.#kept);
  }

  /** A test file begins. */
  fileBegins(path: string): void {
    this.#kept.fileBegins(path);
  }

  /** Leaves to other processes what this one has found worth keeping. */
  save(): void {
    this.#node?.save();
    this.#kept.save();
    this.#disk.tidy();
  }
}

/** Full recordings: the lines of what Jest is told. */
import type {Test} from '@jest/test-result';
import type {RecordingLine} from '../../recording/lines';
import type {RepoPaths} from '../../recording/repoPaths';
import {isToldName, ToldEncoder} from '../../recording/told';

export class ToldLines {
  readonly #encoder: ToldEncoder;
  readonly #append: (line: RecordingLine) => void;
  readonly #byTest = new Map<Test, number>();
  /** For events of unknown files. Of several projects' files with one path, any will do. */
  readonly #byPath = new Map<string, number>();

  constructor(paths: RepoPaths, tests: readonly Test[], append: (line: RecordingLine) => void) {
    this.#append = append;
    this.#encoder = new ToldEncoder(paths, append);
    for (const [index, test] of tests.entries()) {
      this.#byTest.set(test, index);
      this.#byPath.set(test.path, index);
    }
  }

  /** @param at ms since the run began @param payload the data of Jest's event `name` @param test null: unknown */
  add(at: number, name: string, payload: unknown, test: Test | null): void {
    if (!isToldName(name)) return;
    const [path] = payload as [Test | string];
    const file = test !== null ? this.#byTest.get(test) : this.#byPath.get(path as string);
    this.#append({type: 'told', at, name, file: file ?? null, data: this.#encoder.encode(name, payload)});
  }
}

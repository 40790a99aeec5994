/**
 * Writes a file's journal: synchronously, so that each line is the kernel's before the next test's code
 * runs, however the process ends; and without a word to the parent, which has nothing to do for it. What
 * goes through jest-worker's channel may be lost with the process, and waking the parent for each test
 * costs more than the test.
 */
import type {JournalRecord} from '../../core/wire/journal';
import {epochMs} from '../../pristine/clock';
import {closeSync, ftruncateSync, openSync, writeSync} from '../../pristine/fs';

const {stringify} = JSON;

export class Journal {
  readonly #path: string;
  #file: number | null = null;
  #skips = false;

  /** @param path '': nobody reads it */
  constructor(path: string) {
    this.#path = path;
    // Now: a test may empty the temporary folder.
    if (path !== '') this.#open();
  }

  /** A unit begins; what was there of another is not needed any more. */
  begin(unit: number): void {
    if (this.#file === null) this.#open();
    try {
      if (this.#file !== null) ftruncateSync(this.#file, 0);
    } catch {
      this.#giveUp();
    }
    this.#skips = false;
    this.write({type: 'unit', unit, at: epochMs()});
  }

  /** Nothing is kept of what runs now: it cannot be followed. */
  skip(): void {
    try {
      if (this.#file !== null) ftruncateSync(this.#file, 0);
    } catch {
      this.#giveUp();
    }
    this.#skips = true;
  }

  write(record: JournalRecord): void {
    if (this.#file === null || this.#skips) return;
    try {
      const line = `${serialize(record)}\n`;
      // Fewer bytes than the line has at the least: the disk is full by now. What came behind a part of a line nobody
      // would read, and the death would be blamed on a test that has ended.
      if (writeSync(this.#file, line) < line.length) this.#giveUp();
    } catch {
      this.#giveUp(); // the disk is full, say: a death costs the whole file then
    }
  }

  #open(): void {
    try {
      this.#file = openSync(this.#path, 'a');
    } catch {
      // A death costs the whole file then.
    }
  }

  #giveUp(): void {
    if (this.#file === null) return;
    try {
      ftruncateSync(this.#file, 0);
      closeSync(this.#file);
    } catch {
      // What is there does not end as a journal does, or is none.
    }
    this.#file = null;
  }
}

function serialize(record: JournalRecord): string {
  try {
    return stringify(record);
  } catch (error) {
    if (record.type !== 'ended') throw error;
    // What a test has thrown may be anything: a BigInt in it, or a circle.
    return stringify({...record, result: {...record.result, failureDetails: []}});
  }
}

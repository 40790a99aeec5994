/**
 * Writes a file's journal. Each write is synchronous, so the kernel has the line before the next test's code runs,
 * however the process ends. The journal does not go through jest-worker's channel: a dying process may lose those
 * messages, and to wake the parent for each test costs more than the test.
 */
import type {JournalRecord} from '../../core/wire/journal';
import {epochMs} from '../../pristine/clock';
import {closeSync, ftruncateSync, openSync, writeSync} from '../../pristine/fs';

const {stringify} = JSON;

export class Journal {
  readonly #path: string;
  #file: number | null = null;
  #skips = false;
  /** Lines that go with the next one. */
  #held = '';

  /** @param path '': nobody would read the journal, so none is written */
  constructor(path: string) {
    this.#path = path;
    // Open it now, because a test may empty the temporary folder.
    if (path !== '') this.#open();
  }

  /** A unit begins. Removes the records of the previous unit. */
  begin(unit: number): void {
    this.#held = '';
    if (this.#file === null) this.#open();
    try {
      if (this.#file !== null) ftruncateSync(this.#file, 0);
    } catch {
      this.#giveUp();
    }
    this.#skips = false;
    this.write({type: 'unit', unit, at: epochMs()});
  }

  /** Keeps no journal of the running unit, because the unit cannot be followed. */
  skip(): void {
    this.#held = '';
    try {
      if (this.#file !== null) ftruncateSync(this.#file, 0);
    } catch {
      this.#giveUp();
    }
    this.#skips = true;
  }

  write(record: JournalRecord): void {
    this.hold(record);
    this.flush();
  }

  /**
   * As `write`, but the next call of `write` or `flush` writes the record: a file may have thousands of tests, and each
   * write takes some microseconds. If a signal kills the process before that call, the record is lost.
   */
  hold(record: JournalRecord): void {
    if (this.#file === null || this.#skips) return;
    try {
      this.#held += `${serialize(record)}\n`;
    } catch {
      this.#giveUp();
    }
  }

  /** Writes what is held. */
  flush(): void {
    if (this.#file === null || this.#held === '') return;
    const lines = this.#held;
    this.#held = '';
    try {
      // A line has at least as many bytes as characters. Fewer written bytes mean that the disk is full. The parent
      // cannot read a record behind an incomplete line, so it would blame a death on a test that has ended.
      if (writeSync(this.#file, lines) < lines.length) this.#giveUp();
    } catch {
      this.#giveUp(); // for example, the disk is full; then a death costs the whole file
    }
  }

  #open(): void {
    try {
      this.#file = openSync(this.#path, 'a');
    } catch {
      // Then a death costs the whole file.
    }
  }

  #giveUp(): void {
    this.#held = '';
    if (this.#file === null) return;
    try {
      ftruncateSync(this.#file, 0);
      closeSync(this.#file);
    } catch {
      // The parent ignores a journal whose last line is incomplete.
    }
    this.#file = null;
  }
}

function serialize(record: JournalRecord): string {
  try {
    return stringify(record);
  } catch (error) {
    if (record.type !== 'ended') throw error;
    // A test may throw anything: an object with a BigInt or a cycle.
    return stringify({...record, result: {...record.result, failureDetails: []}});
  }
}

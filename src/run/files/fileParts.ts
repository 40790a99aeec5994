/**
 * Stores the test lists of followed files and the parts of their results, from living and from dead workers, and merges
 * the parts. The scheduler decides which parts belong to a file's result.
 */
import type {Test} from '@jest/test-result';
import type {SlotNumber} from '../../core/plan/units';
import {mergeSlices, type MergeTools, type SliceResult} from '../../core/results/merge';
import {describeMismatch, describeRefusal} from '../../core/texts/collectionDiff';
import type {FileError} from '../../core/texts/deaths';
import type {FileProfile} from '../../core/wire/fileProfile';
import type {Resumption} from '../../core/wire/resumption';
import type {CollectedTest, UnitOutcome} from '../../core/wire/workerMessages';
import type {DeadPart, DeadSlices, WhatIsLeft} from './deadSlices';

/** The list of a file's tests that its first worker sent. */
export interface ListedTests {
  readonly slot: SlotNumber;
  readonly tests: readonly CollectedTest[];
  /** A hash of the list. */
  readonly fingerprint: string;
}

/** How a file ended. `ms`: the total time of its tests in all workers; null: unknown. */
export interface FileEnd {
  readonly outcome: UnitOutcome;
  readonly ms: number | null;
  readonly slices: readonly (SliceResult | DeliveredPart)[];
  /** Where the time went, in each worker that sent it. */
  readonly profiles: readonly FileProfile[];
}

/** A part of a file's result, from a living worker. */
export interface DeliveredPart extends SliceResult {
  /** null: unknown. */
  readonly profile: FileProfile | null;
}

export interface FilePartsOptions {
  readonly testOf: (unit: number) => Test;
  readonly mergeTools: (unit: number) => MergeTools;
  readonly deadSlices: DeadSlices;
  readonly warn: (text: string) => void;
}

interface Parts {
  listed: ListedTests | null;
  resumption: Resumption | null;
  readonly delivered: Map<number, DeliveredPart>;
  readonly dead: Map<number, DeadPart>;
}

export class FileParts {
  readonly #options: FilePartsOptions;
  readonly #files = new Map<number, Parts>();

  constructor(options: FilePartsOptions) {
    this.#options = options;
  }

  /** The fingerprint of the file's test list; null: no worker has sent a list. */
  fingerprint(unit: number): string | null {
    return this.#files.get(unit)?.listed?.fingerprint ?? null;
  }

  /** The tests that workers leave out of the unit, and the list that they must find; null: no worker has died of it. */
  resumption(unit: number): Resumption | null {
    return this.#files.get(unit)?.resumption ?? null;
  }

  keepList(unit: number, listed: ListedTests): void {
    this.#of(unit).listed = listed;
  }

  keepPart(unit: number, part: number, slice: DeliveredPart): void {
    this.#of(unit).delivered.set(part, slice);
  }

  keepRemains(unit: number, part: number, dead: DeadPart): void {
    this.#of(unit).dead.set(part, dead);
  }

  /** The rest of the unit runs next. */
  resume(unit: number, resumption: Resumption): void {
    const file = this.#of(unit);
    file.listed = null;
    file.resumption = resumption;
  }

  /** The unit has ended or begins anew: drops its parts. */
  forget(unit: number): void {
    this.#files.delete(unit);
  }

  /** Merges these parts into one result, in this order. */
  merge(unit: number, parts: readonly number[]): FileEnd {
    const file = this.#files.get(unit);
    const delivered = deliveredIn(file, parts);
    return this.#mergeSlices(unit, delivered, delivered, file?.listed?.tests ?? []);
  }

  /** Merges parts if workers of the file have died: waits until the evidence of these workers is read. */
  async mergeRemains(unit: number, parts: readonly number[], left: WhatIsLeft): Promise<FileEnd> {
    const file = this.#files.get(unit);
    const dead = parts.flatMap(part => {
      const known = file?.dead.get(part);
      return known === undefined ? [] : [[part, known] as const];
    });
    const names = dead[0]?.[1].session.opened.tests.map(({titles}) => ({name: titles.join(' ')})) ?? [];
    const delivered = deliveredIn(file, parts);
    const slices = await this.#options.deadSlices.of(this.#options.testOf(unit), new Map(dead), left);
    return this.#mergeSlices(unit, [...delivered, ...slices], delivered, names);
  }

  /** A worker has found other tests than the file's first worker. */
  warnOfOtherTests(unit: number, slot: SlotNumber, tests: readonly CollectedTest[]): void {
    const listed = this.#files.get(unit)?.listed ?? {slot: 0, tests: []};
    this.#options.warn(describeMismatch(this.#options.testOf(unit).path, listed, {slot, tests}));
  }

  /** A worker could not load a file that another worker has loaded. */
  warnOfRefusal(unit: number, slot: SlotNumber, error: FileError): void {
    const first = this.#files.get(unit)?.listed?.slot ?? 0;
    this.#options.warn(describeRefusal(this.#options.testOf(unit).path, first, slot, error.message));
  }

  /** A worker has found a reason not to split the file. */
  warnOfIndivisible(unit: number, reason: string): void {
    this.#options.warn(`${this.#options.testOf(unit).path} runs whole, in one worker: ${reason}`);
  }

  #of(unit: number): Parts {
    let file = this.#files.get(unit);
    if (file === undefined) {
      file = {listed: null, resumption: null, delivered: new Map(), dead: new Map()};
      this.#files.set(unit, file);
    }
    return file;
  }

  /** @param delivered those of the slices that living workers sent */
  #mergeSlices(
    unit: number,
    slices: readonly SliceResult[],
    delivered: readonly DeliveredPart[],
    tests: readonly Pick<CollectedTest, 'name'>[],
  ): FileEnd {
    const profiles = delivered.flatMap(({profile}) => profile ?? []);
    try {
      const result = mergeSlices(slices, tests, this.#options.mergeTools(unit));
      return {outcome: {type: 'result', result}, ms: result.perfStats.runtime, slices, profiles};
    } catch (thrown) {
      const {message, stack = ''} = thrown as Error;
      return {outcome: {type: 'error', error: {message, stack, type: 'Error'}}, ms: null, slices, profiles};
    }
  }
}

function deliveredIn(file: Parts | undefined, parts: readonly number[]): DeliveredPart[] {
  return parts.flatMap(part => file?.delivered.get(part) ?? []);
}

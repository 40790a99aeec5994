/**
 * Which private parts the Jest of a run has. Jest's own process probes some of them once, when a feature first needs
 * the answer. Workers and the run in band report the parts that they have found missing.
 */
import {hasCapability, type CapabilityName} from '../../core/jest/capabilities';

/** The parts that Jest's own process probes. */
export const PARENT_CAPABILITIES = [
  'workers',
  'workerDeaths',
  'snapshotState',
  'coverage',
  'compileCache',
  'colours',
] as const satisfies readonly CapabilityName[];

export type ParentCapability = (typeof PARENT_CAPABILITIES)[number];

/** Functions that return the subjects of the probes. If one throws, its part is missing. */
export type ProbeSubjects = Readonly<Record<ParentCapability, () => unknown>>;

export class JestCapabilities {
  readonly #subjects: ProbeSubjects;
  readonly #probed = new Map<ParentCapability, boolean>();
  readonly #missing = new Set<CapabilityName>();

  constructor(subjects: ProbeSubjects) {
    this.#subjects = subjects;
  }

  /** Whether Jest has the part. */
  has(name: ParentCapability): boolean {
    let there = this.#probed.get(name);
    if (there === undefined) {
      there = hasCapability(name, this.#subjectOf(name));
      this.#probed.set(name, there);
      if (!there) this.#missing.add(name);
    }
    return there;
  }

  /** A process that runs test files has found these parts missing. */
  lacks(names: readonly CapabilityName[]): void {
    for (const name of names) this.#missing.add(name);
  }

  /** All parts that were found missing so far. */
  get missing(): readonly CapabilityName[] {
    return [...this.#missing];
  }

  #subjectOf(name: ParentCapability): unknown {
    try {
      return this.#subjects[name]();
    } catch {
      return undefined; // a package or a file is missing
    }
  }
}

/** Finds out which private parts this process's Jest lacks. */
import {hasCapability, type CapabilityName} from '../core/jest/capabilities';

/** The missing parts that this process has found. */
const missing = new Set<CapabilityName>();

/** Whether Jest has the part. Remembers a missing part. */
export function probe(name: CapabilityName, subject: unknown): boolean {
  const there = hasCapability(name, subject);
  if (!there) missing.add(name);
  return there;
}

/** All missing parts that this process has found. */
export function missingCapabilities(): readonly CapabilityName[] {
  return [...missing];
}

/** Whether the runtime of a test file has the parts with which the compile cache saves it work. */
export function knowsRuntime(runtime: unknown): boolean {
  return probe('runtimeParts', runtime);
}

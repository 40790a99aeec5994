/** What a process that runs test files has found out about the private parts of its Jest. */
import {hasCapability, type CapabilityName} from '../core/jest/capabilities';

/** Of this process, as long as it lives. */
const missing = new Set<CapabilityName>();

/** Whether Jest has the part; one that it lacks is remembered. */
export function probe(name: CapabilityName, subject: unknown): boolean {
  const there = hasCapability(name, subject);
  if (!there) missing.add(name);
  return there;
}

/** All parts that this process has found missing. */
export function missingCapabilities(): readonly CapabilityName[] {
  return [...missing];
}

/** Whether the runtime of a test file has the parts with which the compile cache saves it work. */
export function knowsRuntime(runtime: unknown): boolean {
  return probe('runtimeParts', runtime);
}

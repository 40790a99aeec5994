/** The line that lists disabled features, because the running Jest lacks private parts that they need. */
import {CAPABILITY_NAMES, JEST_CAPABILITIES, type CapabilityName} from '../jest/capabilities';

/**
 * @param missing the parts that the running Jest lacks
 * @returns one line that names each disabled feature once, with the parts that are missing; null: no feature is off
 */
export function describeMissing(jestVersion: string, missing: readonly CapabilityName[]): string | null {
  const partsOf = new Map<string, CapabilityName[]>();
  for (const name of CAPABILITY_NAMES.filter(known => missing.includes(known))) {
    const {off} = JEST_CAPABILITIES[name];
    partsOf.set(off, [...(partsOf.get(off) ?? []), name]);
  }
  if (partsOf.size === 0) return null;
  const features = [...partsOf].map(([off, names]) => `${off} (${names.join(', ')})`);
  return (
    `The internals of Jest ${jestVersion} differ from the versions that this runner knows. ` +
    `Off in this run: ${features.join('; ')}. All test files still run.`
  );
}

/** The line that tells which features are off, because the running Jest is inside not as we know it. */
import {CAPABILITY_NAMES, JEST_CAPABILITIES, type CapabilityName} from '../jest/capabilities';

/**
 * @param missing the parts that the running Jest lacks
 * @returns one line, which names each feature once and the parts that it lacks; null: nothing is off
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
    `Jest ${jestVersion} differs inside from the versions that this runner knows. ` +
    `Off in this run: ${features.join('; ')}. All test files run all the same.`
  );
}

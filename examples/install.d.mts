/** The types of what the benchmarks use of install.mjs. */
export function installInto(project: string, tarball: string): void;

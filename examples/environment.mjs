/** The environment for a Jest that an example starts: whatever runs the example, and be it Jest, must not configure it. */
export function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(JEST_|XDIST_|NODE_ENV$|NODE_OPTIONS$)/.test(name)),
  );
}

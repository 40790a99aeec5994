/**
 * The size of V8's young generation in a worker. Each test file makes a realm full of new objects, most of which live
 * for a moment. With V8's own start of 1 MB, the garbage collector runs often and copies the objects that are still in
 * use again and again. docs/design/speed-on-node-24.md has the figures.
 */

/** In MB, for each half of the young generation. V8's own maximum is 16, so the peak of a busy worker stays the same. */
const MIN_SEMI_SPACE_MB = 16;

/** `--semi-space-growth-factor`, `--min-semi-space-size` or `--max_semi_space_size`: the user has decided. */
const DECIDED = /semi.space/;

/**
 * @param flags Node's flags for the process
 * @param nodeOptions the process's NODE_OPTIONS
 * @returns the flags that the process gets besides
 */
export function youngGenerationFlags(flags: readonly string[], nodeOptions: string | undefined): string[] {
  if ([...flags, nodeOptions ?? ''].some(text => DECIDED.test(text))) return [];
  return [`--min-semi-space-size=${MIN_SEMI_SPACE_MB}`];
}

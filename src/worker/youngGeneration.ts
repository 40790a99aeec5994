/**
 * The size of V8's young generation in a worker. Each test file fills a realm with new objects. V8 begins with 1 MB for
 * each half of the young generation, and doubles it while the files run; until then it collects often, and copies the
 * objects that are still in use again and again. docs/design/speed-on-node-24.md has the figures.
 *
 * Nothing else changes: a flag in the command line could be seen, and V8 rejects code that a process with other flags
 * has cached. So the worker sets the factor of the growth, has the young generation grow, and sets the factor back.
 */
import v8 from 'node:v8';
import {isMainThread} from 'node:worker_threads';

/** V8's own maximum, in bytes: two halves of 16 MB. */
const LARGE = 32 * 1024 * 1024;

/** V8's own factor. */
const FACTOR = 2;
const LARGE_FACTOR = 16;

/** How many objects are made at once, and how often at most: 6 MB, of which V8 collects the first megabyte. */
const OBJECTS = 8192;
const MOST_TURNS = 32;

/** `--semi-space-growth-factor`, `--min-semi-space-size` or `--max_semi_space_size`: the user has decided. */
const DECIDED = /semi.space/;

/** Has the young generation of this process grow to its largest size; takes some 5 ms. For a worker's start. */
export function growYoungGeneration(): void {
  // A thread shares V8's flags with Jest's own thread.
  if (!isMainThread || [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some(text => DECIDED.test(text))) return;
  v8.setFlagsFromString(`--semi-space-growth-factor=${LARGE_FACTOR}`);
  try {
    // V8 lets the young generation grow when much of it is still in use as it collects.
    const used: object[][] = [];
    for (let turn = 0; turn < MOST_TURNS && youngGenerationBytes() < LARGE; turn++)
      used.push(Array.from({length: OBJECTS}, () => ({})));
  } finally {
    v8.setFlagsFromString(`--semi-space-growth-factor=${FACTOR}`);
  }
}

function youngGenerationBytes(): number {
  return v8.getHeapSpaceStatistics().find(({space_name}) => space_name === 'new_space')?.space_size ?? LARGE;
}

/**
 * Prints the version of Node. The runner starts each node once before a run, with this file and the arguments of the
 * node's workers. It is a file because some flags have another meaning with `-e`. It imports `fs` without `node:`, so
 * that even a Node that is too old can report its version.
 */
import {writeSync} from 'fs';

// Not to standard output, because preloaded modules may print there.
writeSync(3, `${process.version}\n`);
// Preloaded modules may keep the process alive.
process.exit(0);

/**
 * What a node is started with once before a run, as it will be with worker processes: tells its version. In a file, not in `-e`,
 * where some flags mean something else. `fs` without `node:`, so that a Node which is too old can say so.
 */
import {writeSync} from 'fs';

// Not standard output: what is preloaded may print there.
writeSync(3, `${process.version}\n`);
// What is preloaded may keep the process alive.
process.exit(0);

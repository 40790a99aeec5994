/** Node's `path` as it was when this process began: test files share it with us (see fs.ts). */
import path from 'node:path';

// eslint-disable-next-line @typescript-eslint/unbound-method -- they use no `this`
export const {dirname, join, relative, sep} = path;

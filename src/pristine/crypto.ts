/** Node's `crypto` as it was when this process began: test files share it with us (see fs.ts). */
import crypto from 'node:crypto';

export const {createHash} = crypto;

/** undefined in Node before 20.12. */
export const {hash} = crypto as {hash?: typeof crypto.hash};

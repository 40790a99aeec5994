/** Digests of what is kept on disk. */
import crypto from 'node:crypto';

/** Taken now: a test may spy on them later, and would see our calls. */
const {createHash} = crypto;
/** Node before 20.12 has none, and makes an object for each digest, which takes half as long again. */
const hash = (crypto as {hash?: typeof crypto.hash}).hash;

export function sha1(data: string | Uint8Array, encoding: 'hex'): string;
export function sha1(data: string | Uint8Array, encoding: 'buffer'): Buffer;
export function sha1(data: string | Uint8Array, encoding: 'hex' | 'buffer'): string | Buffer {
  if (hash !== undefined) return hash('sha1', data, encoding);
  const made = createHash('sha1').update(data);
  return encoding === 'hex' ? made.digest('hex') : made.digest();
}

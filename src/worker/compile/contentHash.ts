/** Digests of what is kept on disk. */
import {createHash, hash} from '../../pristine/crypto';

export function sha1(data: string | Uint8Array, encoding: 'hex'): string;
export function sha1(data: string | Uint8Array, encoding: 'buffer'): Buffer;
export function sha1(data: string | Uint8Array, encoding: 'hex' | 'buffer'): string | Buffer {
  // The other one makes an object for each digest, which takes half as long again.
  if (hash !== undefined) return hash('sha1', data, encoding);
  const made = createHash('sha1').update(data);
  return encoding === 'hex' ? made.digest('hex') : made.digest();
}

/** Seals values, because anybody may read and write on a shared server. */
import {createCipheriv, createDecipheriv, hkdfSync, randomBytes} from 'node:crypto';

/** What a value is. A value of one kind cannot be put in the place of another. */
export type SealedKind =
  'plan' | 'job' | 'result' | 'source' | 'accepted' | 'durations' | 'hunger' | 'machine' | 'story' | 'run';

export interface Sealer {
  /** @param about what the value belongs to: the plan's id, the job, the lease's token */
  seal(kind: SealedKind, about: readonly string[], plain: Buffer): Buffer;
  /** @throws {SealError} if it was not sealed with the same secret, kind and `about` */
  open(kind: SealedKind, about: readonly string[], sealed: Buffer): Buffer;
}

/** A value that this run has not written. */
export class SealError extends Error {
  override readonly name = 'SealError';

  constructor(kind: SealedKind) {
    super(
      `A value on the fleet's server (${kind}) was not written by this run, or was changed. ` +
        'Have all machines the same secret?',
    );
  }
}

export interface SealOptions {
  /** null: the id of the run is the only secret. Only a server of this machine may be used so. */
  readonly secret: string | null;
  /** The id of the run. */
  readonly run: string;
  /** The id of the runs that share durations: their durations are sealed with a key of their own. */
  readonly series: string;
}

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const INFO = 'jest-runner-xdist fleet v1';
/** Sizes in bytes. A sealed value is the version, the nonce, the tag and the encrypted value. */
const KEY = 32;
const NONCE = 12;
const TAG = 16;
const HEAD = 1 + NONCE + TAG;

export function makeSealer({secret, run, series}: SealOptions): Sealer {
  const runKey = deriveKey(secret, run);
  const seriesKey = deriveKey(secret, series);
  const keyOf = (kind: SealedKind) => (kind === 'durations' ? seriesKey : runKey);

  return {
    seal(kind, about, plain) {
      // Random nonces are safe for 2^32 values of one key.
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, keyOf(kind), nonce, {authTagLength: TAG});
      cipher.setAAD(placeOf(kind, about));
      const encrypted = cipher.update(plain);
      cipher.final();
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), encrypted]);
    },
    open(kind, about, sealed) {
      if (sealed.length < HEAD || sealed[0] !== VERSION) {
        throw new SealError(kind);
      }
      const decipher = createDecipheriv(CIPHER, keyOf(kind), sealed.subarray(1, 1 + NONCE), {authTagLength: TAG});
      decipher.setAAD(placeOf(kind, about));
      decipher.setAuthTag(sealed.subarray(1 + NONCE, HEAD));
      const plain = decipher.update(sealed.subarray(HEAD));
      try {
        decipher.final();
      } catch {
        throw new SealError(kind);
      }
      return plain;
    },
  };
}

function deriveKey(secret: string | null, salt: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret ?? '', salt, INFO, KEY));
}

/** Where the value belongs. JSON: no two lists of texts have the same. */
function placeOf(kind: SealedKind, about: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([VERSION, kind, ...about]));
}

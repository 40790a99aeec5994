/** Seals values, because anybody may read and write on a shared server. */

/** What a value is. A value of one kind cannot be put in the place of another. */
export type SealedKind =
  'plan' | 'job' | 'result' | 'source' | 'accepted' | 'durations' | 'hunger' | 'machine' | 'story' | 'abort';

export interface Sealer {
  /** @param about what the value belongs to: the plan's id, the job, the lease's token */
  seal(kind: SealedKind, about: readonly string[], plain: Buffer): Buffer;
  /** @throws {SealError} if it was not sealed with the same secret, kind and `about` */
  open(kind: SealedKind, about: readonly string[], sealed: Buffer): Buffer;
}

/** A value that this run has not written. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

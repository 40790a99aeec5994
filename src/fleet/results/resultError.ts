/** A result, or what belongs to it, that no machine can take. The text says why. */
export class ResultError extends Error {
  override readonly name = 'ResultError';
}

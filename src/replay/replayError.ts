/** Recordings cannot be told. Nothing was told yet. The text says why, and what the user can do. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

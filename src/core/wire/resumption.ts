/** The rest of a file whose worker died. */
export interface Resumption {
  /** A hash of the list of tests that the dead worker found. */
  readonly listing: string;
  /** The places of the tests to leave out: another worker has run them, or will. */
  readonly leaveOut: readonly number[];
}

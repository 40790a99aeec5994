/** Why this machine takes no part in the fleet's run, or leaves it: a text for the user. Jest prints it and exits 1. */
export class FleetError extends Error {
  override readonly name = 'FleetError';

  /** @param text what is wrong, and what to do */
  constructor(text: string) {
    const message = `jest-runner-xdist: ${text}`;
    super(message);
    // Jest prints the stack. Our frames would not help a user.
    this.stack = message;
  }
}

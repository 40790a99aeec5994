/** An error as a user is to read it: Jest prints the stack, and where it comes from in our code would tell nothing. */
export function printedError(text: string): Error {
  const error = new Error(text);
  error.stack = text;
  return error;
}

/** An error whose stack is its text: Jest prints the stack, and our stack frames would not help a user. */
export function printedError(text: string): Error {
  const error = new Error(text);
  error.stack = text;
  return error;
}

/** Prints a text of the runner, to standard error because standard output may contain --json's output. */
export function warn(text: string): void {
  process.stderr.write(`jest-runner-xdist: ${text}\n`);
}

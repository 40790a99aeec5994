/** What we have to say beside Jest's own reports. Goes to standard error: standard output may be --json's. */
export function warn(text: string): void {
  process.stderr.write(`jest-runner-xdist: ${text}\n`);
}

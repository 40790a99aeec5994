/** Prints a text of the runner, to standard error because standard output may contain --json's output. */
export function warn(text: string): void {
  print(`jest-runner-xdist: ${text}\n`);
}

/** Prints lines of the runner as they are. @param text with its line end */
export function print(text: string): void {
  process.stderr.write(text);
  heard(text);
}

/** A text of the runner was printed. @param text with or without its line end */
export function heard(text: string): void {
  for (const listener of listeners) listener(text.replace(/\n$/, ''));
}

const listeners = new Set<(text: string) => void>();

/** @returns a function that ends the listening */
export function hearWarnings(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

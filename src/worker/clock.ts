/**
 * Time as the worker measures it. Test files share this process's `performance` object (an environment
 * passes it on), and may mock it: what is used here is taken before the first of them is loaded.
 */
const {performance: shared} = globalThis;
const read = shared.now.bind(shared);
const {setImmediate: soon} = globalThis;

/** Monotonic, in ms. */
export function now(): number {
  return read();
}

/** Resolves after messages that have arrived were read. */
export function listen(): Promise<void> {
  return new Promise(resolve => soon(resolve));
}

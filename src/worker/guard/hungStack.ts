/**
 * Finds out where the main thread hangs, from another thread: stops the main thread for a moment, reads its call
 * frames, and lets it go on.
 *
 * Results of experiments with Node 20: endless loops, endless chains of promises, a backtracking regular expression and
 * `Atomics.wait` stop within milliseconds. So does an idle event loop, with only Node's own calls on the stack.
 * `execSync`, `readSync` and a long native call (a huge BigInt) do not answer until they end. A loop of immediates may
 * stop in its own code or in Node's.
 */
import type {Debugger} from 'node:inspector';
import type {HungPlace, StackFrame} from '../../core/wire/watchdogMessages';
import type {MainThread} from './mainThread';
import {scriptPath, SourcePlaces} from './sourcePlaces';

/** How many of the innermost frames to show. A deep recursion need not be shown completely. */
const MOST_FRAMES = 30;

/** From one callback to the next, it takes 1 to 12 steps, and some more if Node tracks asynchronous contexts. */
const MOST_STEPS = 300;

/**
 * Node's functions that run promise callbacks and ticks. `runNextTicks` runs between timers and immediates. If Node
 * tracks asynchronous contexts (`AsyncLocalStorage`, up to Node 23), V8 calls hooks for each promise on an empty stack.
 */
const RUNS_CALLBACKS = /^(processTicksAndRejections|runNextTicks|promise\w*Hook\w*)$/;

/** Node's own code. */
const INTERNAL = /^node:/;

/**
 * @param isStill whether the main thread is still in the suspected phase; called while the main thread is stopped
 * @returns null: the phase has ended
 */
export async function findHungPlace(main: MainThread, isStill: () => boolean): Promise<HungPlace | null> {
  try {
    const frames = await stopAndRead(main, isStill);
    if (frames === null) return null;
    if (frames.length > 0) return {kind: 'stack', frames};
    const resources = await main.evaluate('process.getActiveResourcesInfo()');
    if (!isStill()) return null;
    return {kind: 'open', resources: Array.isArray(resources) ? resources.map(String) : []};
  } catch {
    // The main thread does not answer. No known inspector refuses a request; if one did, the place would be unknown,
    // too.
    return isStill() ? {kind: 'native'} : null;
  }
}

/** @returns an empty list: the main thread runs only Node's own code, or none; null: the phase has ended */
async function stopAndRead(main: MainThread, isStill: () => boolean): Promise<StackFrame[] | null> {
  // Keep only the name of each script. With source maps, a large project's scripts take a hundred MB.
  const urls = new Map<string, string>();
  let calls = await main.stop(({scriptId, url}) => urls.set(scriptId, url));
  try {
    for (let steps = 0; steps < MOST_STEPS && isBetweenCallbacks(calls, urls); steps++) calls = await main.step();
    return isStill() ? await readFrames(main, calls, urls) : null;
  } finally {
    main.release();
  }
}

/** Whether the main thread is between two promise callbacks or ticks. Its next call shows what it does. */
function isBetweenCallbacks(calls: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): boolean {
  return (
    calls.some(({functionName}) => RUNS_CALLBACKS.test(functionName)) &&
    calls.every(({location}) => INTERNAL.test(urls.get(location.scriptId) ?? ''))
  );
}

async function readFrames(
  main: MainThread,
  calls: readonly Debugger.CallFrame[],
  urls: ReadonlyMap<string, string>,
): Promise<StackFrame[]> {
  const places = new Map<string, SourcePlaces>();
  const frames: StackFrame[] = [];
  for (const {functionName, location} of calls) {
    const url = urls.get(location.scriptId) ?? '';
    if (INTERNAL.test(url)) continue;
    if (frames.length === MOST_FRAMES) break;
    let script = places.get(location.scriptId);
    if (script === undefined) {
      const source = await main.post('Debugger.getScriptSource', {scriptId: location.scriptId});
      script = new SourcePlaces(scriptPath(url), (source as Debugger.GetScriptSourceReturnType).scriptSource);
      places.set(location.scriptId, script);
    }
    const {path, line, column} = script.original(location.lineNumber, location.columnNumber ?? 0);
    frames.push({functionName, path, line: line + 1, column: column + 1});
  }
  return frames;
}

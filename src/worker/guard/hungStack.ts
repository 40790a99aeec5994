/**
 * Finds out where the main thread is while nothing moves, from another thread: stops it for a moment
 * in the middle of what it runs, reads the calls that are under way, and lets it go on.
 *
 * What was found by trying (Node 20): endless loops, endless chains of promises, a regular expression
 * that backtracks and `Atomics.wait` are all stopped within milliseconds; so is an idle event loop, with
 * no call but Node's own under way. `execSync`, `readSync` and a computation that is one native call (a huge
 * BigInt) answer nothing until they are over. A loop of immediates is either, as it happens.
 */
import type {Debugger} from 'node:inspector';
import type {HungPlace, StackFrame} from '../../core/wire/watchdogMessages';
import type {MainThread} from './mainThread';
import {scriptPath, SourcePlaces} from './sourcePlaces';

/** The innermost ones. An endless recursion ends by itself, but a deep one need not be shown. */
const MOST_FRAMES = 30;

/** From one callback to the next it is one step to a dozen, and some more where contexts are kept. */
const MOST_STEPS = 300;

/**
 * Functions of Node's own that run promises and ticks. Between timers and immediates `runNextTicks` does that; where
 * contexts are kept (`AsyncLocalStorage`, up to Node 23), V8 calls hooks for each promise, with nothing below them.
 */
const RUNS_CALLBACKS = /^(processTicksAndRejections|runNextTicks|promise\w*Hook\w*)$/;

/** Node's own code. */
const INTERNAL = /^node:/;

/**
 * @param isStill whether the main thread still does what it is suspected for; asked while it cannot move
 * @returns null: it does not
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
    // It is silent. An inspector that refuses something, as no known one does, says no more of the place.
    return isStill() ? {kind: 'native'} : null;
  }
}

/** @returns none: it runs nothing but Node's own code, if that; null: it has gone on meanwhile */
async function stopAndRead(main: MainThread, isStill: () => boolean): Promise<StackFrame[] | null> {
  // Of each script no more than its name: with their source maps, those of a large project are a hundred MB.
  const urls = new Map<string, string>();
  let calls = await main.stop(({scriptId, url}) => urls.set(scriptId, url));
  try {
    for (let steps = 0; steps < MOST_STEPS && isBetweenCallbacks(calls, urls); steps++) calls = await main.step();
    return isStill() ? await readFrames(main, calls, urls) : null;
  } finally {
    main.release();
  }
}

/** Whether it is on its way from one promise or `nextTick` to another: what it does, the next one says. */
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

/** Which earlier file has killed a worker, as far as the evidence goes. */
import type {Death} from '../texts/deaths';

/** A file that had ended, and left behind what killed its worker: a timer, say, or a promise. */
export interface Culprit {
  readonly path: string;
  /** A stack names it; if not, it is the last one that ended before the worker was stuck. */
  readonly named: boolean;
}

/**
 * Of the files that a worker had run to their end, the one that left behind what killed the worker while a
 * later file ran, or none. null: there is none, as far as anybody can tell, or the running file has a part in it.
 */
export function culpritBefore(death: Death, ended: readonly string[], running: string | null): Culprit | null {
  const mentions = mentionedIn(death);
  if (running !== null && mentions(running)) return null;
  const named = ended.findLast(mentions);
  if (named !== undefined) return {path: named, named: true};
  const last = ended.at(-1);
  return last === undefined || !wasStuckBefore(death, running) ? null : {path: last, named: false};
}

/** Whether the stack that a death has left names a file. */
function mentionedIn(death: Death): (path: string) => boolean {
  if (death.kind === 'exit' && death.uncaught !== null) {
    const {uncaught} = death;
    return path => uncaught.includes(`${path}:`);
  }
  if (death.kind === 'hung' && death.place.kind === 'stack') {
    const {frames} = death.place;
    return path => frames.some(frame => frame.path === path);
  }
  return () => false;
}

/** Whether a worker was stuck before any code of the file that it ran. */
function wasStuckBefore(death: Death, running: string | null): boolean {
  if (death.kind === 'deaf') return true;
  if (death.kind !== 'hung') return false;
  // An environment that waits for ever runs no code. Nor does an earlier file, then.
  return running === null || (!death.began && death.place.kind !== 'open');
}

/** Which earlier file killed a worker, as far as there is evidence. */
import type {Death} from '../texts/deaths';

/** A file that had ended, and left something behind that killed its worker, such as a timer or a promise. */
export interface Culprit {
  readonly path: string;
  /** true: a stack names the file. false: it is the last file that ended before the worker got stuck. */
  readonly named: boolean;
}

/**
 * Of the files that a worker had run to their end, the file that left behind what killed the worker. null: there is no
 * such file, as far as the evidence shows, or the running file has a part in the death.
 */
export function culpritBefore(death: Death, ended: readonly string[], running: string | null): Culprit | null {
  const mentions = mentionedIn(death);
  if (running !== null && mentions(running)) return null;
  const named = ended.findLast(mentions);
  if (named !== undefined) return {path: named, named: true};
  const last = ended.at(-1);
  return last === undefined || !wasStuckBefore(death, running) ? null : {path: last, named: false};
}

/** Whether the stack of a death names a file. */
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

/** Whether a worker got stuck before it ran any code of its current file. */
function wasStuckBefore(death: Death, running: string | null): boolean {
  if (death.kind === 'deaf') return true;
  if (death.kind !== 'hung') return false;
  // While the environment waits forever, no code runs: no earlier file can have blocked the worker.
  return running === null || (!death.began && death.place.kind !== 'open');
}

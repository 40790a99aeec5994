/** In CI, where nobody sees lanes, one line a minute says how far the run is. */
import {warn} from '../run/warn';
import type {LiveView} from './liveView';
import {statusText} from './screen';

const EVERY_MS = 60_000;

/** @returns ends that */
export function logStatus(view: LiveView, shown: (path: string) => string, everyMs = EVERY_MS): () => void {
  const timer = setInterval(() => {
    const {state} = view;
    if (state !== null) warn(statusText(state.lanes, state.totals, shown));
  }, everyMs).unref();
  return () => clearInterval(timer);
}

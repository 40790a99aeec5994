/** Parses and prints times as users write and read them. */

/** The format of a time, for error texts. */
export const TIME_SPAN_SHAPE = 'a time like "500ms", "30s" or "5m", or 0 for none';

/** @returns ms; null if the text is not a time */
export function parseTimeSpan(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$|^0$/.exec(text);
  if (match === null) return null;
  const unit = {ms: 1, s: 1000, m: 60_000}[match[2] ?? 'ms'] ?? 1;
  return Number(match[1] ?? 0) * unit;
}

/** The value of an option, in ms; null if the option is not set. */
export function inMs(time: number | string | undefined): number | null {
  return typeof time === 'string' ? parseTimeSpan(time) : (time ?? null);
}

/** As in `900 ms`, `30 s`, `5 min`: no more exact than a reader needs. */
export function describeTimeSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}

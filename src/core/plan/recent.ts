/** The last values of something that varies from run to run: their median is not moved by one run on a busy machine. */

/** How many values are kept. */
export const MOST_RECENT = 5;

/** @returns the values with one more, the newest last */
export function withRecent(recent: readonly number[], value: number): number[] {
  return [...recent, value].slice(-MOST_RECENT);
}

/** @returns null: there is none */
export function median(all: readonly number[]): number | null {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [lower, upper] = [sorted[middle - 1], sorted[middle]];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/** Whether a value of a timings file is such a list. */
export function isRecent(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_RECENT &&
    value.every(item => typeof item === 'number' && Number.isFinite(item) && item >= 0)
  );
}

/** Where the recording of the last run is: for reporters, which Jest calls in the same process after the run. */

let latest: string | null = null;

/** @param path null: a run begins, or has no recording */
export function noteRecording(path: string | null): void {
  latest = path;
}

/** The recording of the run that ended last in this process; null: it has none. */
export function latestRecording(): string | null {
  return latest;
}

/** What a user reads when a test ends Jest's own process, because the run is in band. */

/** Why a run has no workers. */
export type WhyInBand =
  /** Jest guessed that the files are quick. */
  | 'guess'
  /** Jest may have only one worker. */
  | 'one-worker'
  /** The user asked for it. */
  | 'asked';

export function describeInBandEnd(why: WhyInBand): string {
  const ended = 'this test ended Jest itself, because Jest used no workers';
  switch (why) {
    case 'guess':
      return `${ended}. Run it again, or set inBand: 'never'.`;
    case 'one-worker':
      return `${ended}: it may have only one. Pass -w 2.`;
    case 'asked':
      return `${ended} (--runInBand or --detectOpenHandles). Run it without that option.`;
  }
}

/**
 * The shards of a run, merged: all that a user sees is as in the run of Jest's own runner without shards.
 *
 * @can-split
 */
import {IS_THOROUGH, onEachLine, onLatestLine, type JestLine} from './project';
import {replayedConfig, replayedFiles} from './replayedProject';
import {BY_PATH, merge, recordShard, seen} from './shards';

const OUTPUT = ['--reporters=jest-junit'];

/** Into how many shards the run is cut. All in all lines take minutes. */
const COUNTS: Readonly<Record<JestLine, readonly number[]>> = IS_THOROUGH
  ? {29: [1, 2, 5], 30: [1, 2, 5]}
  : {29: [5], 30: [2]};

describe.each([
  ['istanbul, in band', ['-i', '--coverageProvider=babel'], COUNTS, onEachLine],
  // Jest runs a shard of one file in band, and then the frames of its own code in a stack are others.
  ['V8, over workers', ['-w', '2', '--coverageProvider=v8'], {29: [1], 30: [1]}, onLatestLine],
] as const)('with coverage by %s', (_, how, counts, define) => {
  define('the shards of a run that fails', async (line, make) => {
    const own = counts[line];
    const args = [...OUTPUT, ...how, '--ci', '--coverage'];
    const reports = ['junit.xml', 'coverage/lcov.info'];
    const stock = make(replayedFiles(line), replayedConfig(null));
    const expected = await stock.run(args, {runner: 'stock'});
    expect(expected.stderr).toMatch(/lines.*threshold.*99%|threshold for lines \(99%\)/);
    expect(expected.stderr).toContain('2 snapshot files obsolete');

    const here = make(replayedFiles(line), replayedConfig(null));
    const checkouts = Array.from({length: Math.max(...own)}, () =>
      make({...replayedFiles(line), 'sequencer.js': BY_PATH}, replayedConfig(null)),
    );
    for (const count of own) {
      const recordings: string[] = [];
      for (const [at, checkout] of checkouts.slice(0, count).entries()) {
        recordings.push((await recordShard(checkout, at + 1, count, args)) ?? '');
      }
      const merged = await merge(here, recordings.reverse(), OUTPUT);
      expect(seen(here, merged, reports)).toEqual(seen(stock, expected, reports));
      expect(merged.exitCode).toBe(1);
      expect(here.exists('ran')).toBe(false);
    }
  });
});

/** The shards of a run, merged: all that a user sees is as in the run of Jest's own runner without shards. */
import {onEachLine, type JestOutput, type Project} from './project';
import {comparable} from './parity';
import {replayedConfig, replayedFiles} from './replayedProject';
import {JESTS_FRAMES, report} from './replays';
import {BY_PATH, merge, recordShard} from './shards';

/** All that a user sees, without times, the name of the folder, and the order in which files ended. */
function seen(project: Project, output: JestOutput, reports: readonly string[]): unknown {
  const neutral = JSON.parse(JSON.stringify(output).replaceAll(project.folder, '<folder>'), (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(JESTS_FRAMES, '') : value,
  ) as JestOutput;
  const files = reports.map(path => records(report(project, path)));
  return comparable(neutral, files, {split: true});
}

/** The records of an lcov or a JUnit file, sorted. */
function records(text: string): string[] {
  return text
    .replace('</testsuites>', '')
    .split(/(?<=end_of_record\n)|(?=<testsuite )/)
    .map(record => record.trim())
    .sort();
}

const OUTPUT = ['--reporters=jest-junit'];

describe.each([
  ['istanbul, in band', ['-i', '--coverageProvider=babel'], [1, 5]],
  ['V8, over workers', ['-w', '2', '--coverageProvider=v8'], [2]],
] as const)('with coverage by %s', (_, how, counts) => {
  onEachLine('the shards of a run that fails', async (line, make) => {
    const args = [...OUTPUT, ...how, '--ci', '--coverage'];
    const reports = ['junit.xml', 'coverage/lcov.info'];
    const stock = make(replayedFiles(line), replayedConfig(null));
    const expected = await stock.run(args, {runner: 'stock'});
    expect(expected.stderr).toMatch(/lines.*threshold.*99%|threshold for lines \(99%\)/);
    expect(expected.stderr).toContain('2 snapshot files obsolete');

    const here = make(replayedFiles(line), replayedConfig(null));
    const checkouts = Array.from({length: Math.max(...counts)}, () =>
      make({...replayedFiles(line), 'sequencer.js': BY_PATH}, replayedConfig(null)),
    );
    for (const count of counts) {
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

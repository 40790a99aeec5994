import {existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {makeRoom, pathOfFull, recordingFolder, recordingsIn} from '../../../../src/run/recording/recordingPlace';
import {temporaryFolder} from '../temporaryFolder';

const RUN = {keep: 3, startedAt: Date.UTC(2030, 0, 2, 3, 4, 5, 678), runId: 'abc'};

test('projects of one cacheDirectory have folders of their own', () => {
  expect(recordingFolder('/cache', '/a')).toMatch(/^\/cache\/xdist-recordings-[0-9a-f]{16}$/);
  expect(recordingFolder('/cache', '/a')).not.toBe(recordingFolder('/cache', '/b'));
});

test('a recording is named by its time, in a folder for its user alone', () => {
  const folder = join(temporaryFolder(), 'cache', 'recordings');
  expect(makeRoom(folder, RUN)).toBe(join(folder, '2030-01-02T03-04-05-678Z-abc.xdist'));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('the oldest go first, and files of others stay', () => {
  const folder = join(temporaryFolder(), 'recordings');
  mkdirSync(folder, {mode: 0o700});
  for (const name of ['b.xdist', 'd.xdist', 'a.xdist', 'c.xdist', 'notes.txt']) writeFileSync(join(folder, name), '');
  makeRoom(folder, RUN);
  expect(readdirSync(folder).sort()).toEqual(['c.xdist', 'd.xdist', 'notes.txt']);
  expect(recordingsIn(folder).map(path => basename(path))).toEqual(['c.xdist', 'd.xdist']);
});

test('they are bounded in bytes, too', () => {
  const folder = join(temporaryFolder(), 'recordings');
  mkdirSync(folder, {mode: 0o700});
  for (const name of ['a.xdist', 'b.xdist', 'c.xdist']) {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), 100 * 2 ** 20); // takes no room on the disk
  }
  makeRoom(folder, {...RUN, keep: 10});
  expect(readdirSync(folder).sort()).toEqual(['b.xdist', 'c.xdist']);
});

test('a folder that is no folder is not used', () => {
  const folder = temporaryFolder({recordings: ''});
  expect(makeRoom(join(folder, 'recordings'), RUN)).toBeNull();
  expect(recordingsIn(join(folder, 'nowhere'))).toEqual([]);
});

test('a full recording replaces that of an earlier process, and none of its own process', () => {
  const folder = temporaryFolder();
  expect(pathOfFull('new/run.xdist', folder, false)).toBe(join(folder, 'new/run.xdist'));
  expect(existsSync(join(folder, 'new'))).toBe(true);
  expect(pathOfFull('new/run.xdist', folder, false)).toBe(join(folder, 'new/run-2.xdist'));
  // In watch mode each run has the same place.
  expect(pathOfFull('new/run.xdist', folder, true)).toBe(join(folder, 'new/run.xdist'));
});

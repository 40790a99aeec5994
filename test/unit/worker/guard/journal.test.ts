import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseJournal} from '../../../../src/core/wire/journal';
import * as fs from '../../../../src/pristine/fs';
import {Journal} from '../../../../src/worker/guard/journal';
import {temporaryFolder} from '../../run/temporaryFolder';

const BEGINS = {type: 'test', place: 0, at: 1, rss: 1} as const;

const denied = (code: string) => () => {
  throw Object.assign(new Error(code), {code});
};

const journalIn = (folder: string) => {
  const path = join(folder, 'journal');
  const journal = new Journal(path);
  const read = () => (existsSync(path) ? parseJournal(readFileSync(path, 'utf8')).map(({type}) => type) : null);
  return {journal, read};
};

afterEach(() => jest.restoreAllMocks());

test('what happens is there at once', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.write(BEGINS);
  expect(read()).toEqual(['unit', 'test']);
});

test('what is held is written with the next record, or when somebody asks for it', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.hold({type: 'hook-ended'});
  expect(read()).toEqual(['unit']);
  journal.write(BEGINS);
  expect(read()).toEqual(['unit', 'hook-ended', 'test']);
  journal.hold({type: 'hook-ended'});
  journal.hold({type: 'finished'});
  journal.flush();
  journal.flush();
  expect(read()).toEqual(['unit', 'hook-ended', 'test', 'hook-ended', 'finished']);
});

test('what is held of a file does not get into the journal of the next one', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.hold({type: 'finished'});
  journal.begin(1);
  expect(read()).toEqual(['unit']);
  journal.hold({type: 'finished'});
  journal.skip();
  journal.flush();
  expect(read()).toEqual([]);
});

test('on a disk that is full, nothing of the file is left that could blame the wrong test', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.write(BEGINS);
  jest.spyOn(fs, 'writeSync').mockImplementation(denied('ENOSPC'));
  journal.write({type: 'finished'});
  expect(read()).toEqual([]);
  jest.restoreAllMocks();
  journal.write(BEGINS); // of the same file
  expect(read()).toEqual([]);
  journal.begin(1);
  expect(read()).toEqual(['unit']);
});

test('so it is where a part of a line was written', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  const {writeSync: write} = fs;
  jest.spyOn(fs, 'writeSync').mockImplementationOnce((file: number, line: string) => write(file, line.slice(0, 5)));
  journal.write(BEGINS);
  journal.write({type: 'finished'});
  expect(read()).toEqual([]);
});

test('a line with characters of several bytes is no part of one', () => {
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.write({type: 'hook', hook: 'beforeAll', titles: ['ü', '😀', '漢字'], from: 0, to: 1});
  journal.write(BEGINS);
  expect(read()).toEqual(['unit', 'hook', 'test']);
});

test.each(['EROFS', 'EACCES', 'ENOSPC'])('where it cannot be opened (%s), files run without it', code => {
  const open = jest.spyOn(fs, 'openSync').mockImplementation(denied(code));
  const {journal, read} = journalIn(temporaryFolder());
  journal.begin(0);
  journal.write(BEGINS);
  journal.skip();
  expect(read()).toBeNull();
  open.mockRestore();
  journal.begin(1);
  expect(read()).toEqual(['unit']);
});

test.each(['begin', 'skip'] as const)('where it cannot be emptied, %s() goes on without it', what => {
  const {journal} = journalIn(temporaryFolder());
  journal.begin(0);
  jest.spyOn(fs, 'ftruncateSync').mockImplementation(denied('EROFS'));
  journal[what](1);
  const write = jest.spyOn(fs, 'writeSync');
  journal.write(BEGINS);
  expect(write).not.toHaveBeenCalled();
});

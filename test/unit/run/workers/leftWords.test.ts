import fs, {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {LeftWords} from '../../../../src/run/workers/leftWords';
import {temporaryFolder} from '../temporaryFolder';

const denied = (code: string) => () => {
  throw Object.assign(new Error(code), {code});
};

afterEach(() => jest.restoreAllMocks());

test('what a worker has left is read, also when the file is gone', () => {
  const path = join(temporaryFolder(), 'word');
  const words = new LeftWords(path);
  writeFileSync(path, 'how it ended');
  rmSync(path);
  expect(words.read()).toBe('how it ended');
  words.close();
});

test('place for it is reserved', () => {
  const path = join(temporaryFolder(), 'word');
  const words = new LeftWords(path, 10);
  expect(readFileSync(path, 'utf8')).toBe(' '.repeat(10));
  words.close();
});

test('on a disk that is full no place is reserved, and what is left is read', () => {
  const path = join(temporaryFolder(), 'word');
  jest.spyOn(fs, 'writeSync').mockImplementation(denied('ENOSPC'));
  const words = new LeftWords(path, 10);
  writeFileSync(path, 'how it ended');
  expect(words.read()).toBe('how it ended');
  words.close();
});

test.each(['EROFS', 'EACCES', 'ENOSPC'])('where it cannot be opened (%s), the worker may have made it', code => {
  const path = join(temporaryFolder(), 'word');
  jest.spyOn(fs, 'openSync').mockImplementationOnce(denied(code));
  const words = new LeftWords(path, 10);
  expect(words.read()).toBe('');
  writeFileSync(path, 'how it ended');
  expect(words.read()).toBe('how it ended');
  words.close();
});

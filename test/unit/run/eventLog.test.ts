import fs, {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {openEventLog, type LogLine} from '../../../src/run/eventLog';
import {temporaryFolder} from './temporaryFolder';

const LINE = {run: 'r', at: 1, unit: 0, groups: []} as LogLine;

function logAt(path: string | undefined) {
  const warnings: string[] = [];
  return {log: openEventLog(path, text => warnings.push(text)), warnings};
}

afterEach(() => jest.restoreAllMocks());

test('what is written is added to what is there', () => {
  const path = join(temporaryFolder({log: 'before\n'}), 'log');
  const {log, warnings} = logAt(path);
  log.write(LINE);
  log.close();
  log.write(LINE); // of a worker that says something late
  log.close();
  expect(readFileSync(path, 'utf8')).toBe(`before\n${JSON.stringify(LINE)}\n`);
  expect(warnings).toEqual([]);
});

test.each([undefined, ''])('%j: there is none', path => {
  const {log, warnings} = logAt(path);
  log.write(LINE);
  log.close();
  expect(warnings).toEqual([]);
});

test.each([
  ['is a folder', (folder: string) => folder],
  ['is in a folder that is not there', (folder: string) => join(folder, 'nowhere', 'log')],
  ['is below a file', (folder: string) => join(folder, 'file', 'log')],
])('a path that %s is told once, however often it is opened', (_what, pathIn) => {
  const path = pathIn(temporaryFolder({file: ''}));
  const first = logAt(path);
  first.log.write(LINE);
  first.log.close();
  expect(first.warnings).toEqual([expect.stringContaining(`the log ${path} (XDIST_LOG) cannot be written: E`)]);
  expect(logAt(path).warnings).toEqual([]);
});

test('when the disk is full, the log ends', () => {
  const {log, warnings} = logAt(join(temporaryFolder(), 'log'));
  log.write(LINE);
  const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw new Error('ENOSPC: no space left on device, write');
  });
  log.write(LINE);
  log.write(LINE);
  log.close();
  expect(warnings).toEqual([expect.stringContaining('ENOSPC')]);
  expect(write).toHaveBeenCalledTimes(1);
});

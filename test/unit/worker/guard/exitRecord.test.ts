import {spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {EXIT_RECORD_BYTES, parseExitRecord} from '../../../../src/core/wire/workerMessages';
import {LeftWords} from '../../../../src/run/workers/leftWords';
import {compileRings} from '../../compiledSources';
import {temporaryFolder} from '../../run/temporaryFolder';

const MODULE = JSON.stringify(join(compileRings('worker'), 'worker/guard/exitRecord.js'));

/** What is left by a process that does something when it has its file open. @param fileLimit of the bytes of a file, as on a full disk */
function leftBy(script: string, {fileLimit = Infinity, path = join(temporaryFolder({'r/x': ''}), 'r/record')} = {}) {
  const words = new LeftWords(path, EXIT_RECORD_BYTES);
  const code = `
    const {ExitRecorder} = require(${MODULE}); const fs = require('fs');
    const folder = ${JSON.stringify(dirname(path))};
    const exit = new ExitRecorder(${JSON.stringify(path)});
    ${script}`;
  // A shell counts in blocks of 512 or of 1024 bytes.
  const limit = fileLimit === Infinity ? '' : `ulimit -f ${fileLimit / 512} && `;
  spawnSync('sh', ['-c', `${limit}exec "$0" -e "$1"`, process.execPath, code]);
  const text = words.read();
  words.close();
  return text.trim() === '' ? null : parseExitRecord(text);
}

test('the exit code', () => {
  expect(leftBy('process.exit(3)')).toEqual({code: 3, uncaught: null});
});

test('the exception that ended it', () => {
  expect(leftBy('throw new Error("mine")')).toEqual({code: 1, uncaught: expect.stringContaining('mine') as string});
});

test('nothing, when its end is expected', () => {
  expect(leftBy('exit.expectExit(); process.exit(3)')).toBeNull();
});

test('its folder may be removed meanwhile', () => {
  expect(leftBy('fs.rmSync(folder, {recursive: true}); process.exit(3)')).toEqual({code: 3, uncaught: null});
});

test('it may be closed meanwhile, and its number be of another file', () => {
  const script = `
    const {ino} = fs.statSync(folder + '/record');
    for (let file = 3; file < 60; file++) try { if (fs.fstatSync(file).ino === ino) fs.closeSync(file); } catch {}
    const other = fs.openSync(folder + '/other', 'w+');
    process.on('exit', () => process.stdout.write(fs.readFileSync(folder + '/other')));
    process.exit(3);`;
  expect(leftBy(script)).toEqual({code: 3, uncaught: null});
});

test('the file may not be there', () => {
  const path = join(temporaryFolder(), 'record');
  const words = new LeftWords(path, EXIT_RECORD_BYTES);
  rmSync(path);
  expect(leftBy('process.exit(3)', {path: join(dirname(path), 'nowhere', 'record')})).toBeNull();
  words.close();
});

describe('where nothing more can be written than is reserved', () => {
  const fileLimit = EXIT_RECORD_BYTES;

  test('the exit code', () => {
    expect(leftBy('process.exit(3)', {fileLimit})).toEqual({code: 3, uncaught: null});
  });

  test('the beginning of a long exception', () => {
    const record = leftBy('throw new Error("mine " + "\\u0001".repeat(20_000))', {fileLimit});
    expect(record).toEqual({code: 1, uncaught: expect.stringContaining('Error: mine') as string});
  });
});

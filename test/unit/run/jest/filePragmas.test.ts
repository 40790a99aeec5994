import {join} from 'node:path';
import * as docblock from 'jest-docblock';
import {readAllPragmas} from '../../../../src/run/jest/filePragmas';
import {Reports} from '../../../../src/run/files/reports';
import type {RunningJest} from '../../../../src/run/jest/runningJest';
import {jestTest} from '../jestTests';
import {temporaryFolder} from '../temporaryFolder';

/** What comes of files with these docblocks. */
async function read(docblocks: Readonly<Record<string, string>>) {
  const files = Object.entries(docblocks).map(([name, pragma]) => [name, `/**\n * ${pragma}\n */\n`] as const);
  const folder = temporaryFolder(Object.fromEntries(files));
  const told: string[] = [];
  const reports = new Reports({
    emitter: {
      emit: (name, data) => {
        const [{path}, error] = data as [{path: string}, {message: string} | undefined];
        told.push([name, path.slice(folder.length + 1), ...(error?.message.split('\n').slice(-1) ?? [])].join(' '));
        return Promise.resolve();
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
  });
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const tests = files.map(([name]) => jestTest(join(folder, name)));
    tests.push(jestTest(join(folder, 'gone.test.js')));
    const pragmas = readAllPragmas(tests, {docblock: () => docblock} as unknown as RunningJest, reports);
    await reports.drained();
    return {
      sound: Object.fromEntries([...pragmas].map(([{path}, {canSplit}]) => [path.slice(folder.length + 1), canSplit])),
      told: told.map(line => line.replaceAll(folder, '')),
      warnings: stderr.mock.calls.map(([text]) => text),
    };
  } finally {
    stderr.mockRestore();
  }
}

test('every file that can be run comes with what it says of itself; one that cannot be read says nothing', async () => {
  const {sound, told} = await read({'a.js': '@can-split', 'b.js': '@can-split each', 'c.js': ''});
  expect(sound).toEqual({'a.js': 'tests', 'b.js': 'each', 'c.js': null, 'gone.test.js': null});
  expect(told).toEqual([]);
});

test('a file with a malformed pragma fails, and is none of those', async () => {
  const {sound, told} = await read({'a.js': '@can-split all', 'c.js': ''});
  expect(Object.keys(sound)).toEqual(['c.js', 'gone.test.js']);
  expect(told).toEqual([
    'test-file-start a.js',
    expect.stringMatching(/^test-file-failure a\.js .*a\.js:2 {2}@can-split all: it takes nothing or the word "each"$/),
  ]);
});

test('a file whose pragmas all are right costs no word', async () => {
  const {warnings} = await read({'a.js': '@serial', 'b.js': '@can-split\n * @resource db', 'c.js': '@restart-worker'});
  expect(warnings).toEqual([]);
});

import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Config} from '@jest/types';
import type {UnitOutcome} from '../../../../src/core/wire/workerMessages';
import {removeObsolete} from '../../../../src/run/files/obsoleteSnapshots';
import {jestOf} from '../../../../src/run/jest/runningJest';
import {jestTest, testResult} from '../jestTests';
import {temporaryFolder} from '../temporaryFolder';

const HEADERS = {
  'jest-29': '// Jest Snapshot v1, https://goo.gl/fbAQLP\n',
  'jest-30': '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n',
};

describe.each(['jest-29', 'jest-30'] as const)('with %s', install => {
  const jestHere = jestOf(join(__dirname, '../../../e2e/installs', install, 'node_modules/@jest/core/build/index.js'));

  /** A test file whose snapshots, `a 1` and `b 1`, are where a resolver of the project's own has them. */
  function project() {
    const folder = temporaryFolder();
    const test = jestTest(join(folder, 'a.test.js'));
    const snapshotResolver = join(folder, 'resolver.js');
    writeFileSync(
      snapshotResolver,
      `module.exports = {
        resolveSnapshotPath: (path, extension) => path + '.own' + extension,
        resolveTestPath: (path, extension) => path.slice(0, -('.own' + extension).length),
        testPathForConsistencyCheck: 'a.test.js',
      };`,
    );
    const config = {
      rootDir: folder,
      snapshotResolver,
      transform: [],
      transformIgnorePatterns: [],
      extensionsToTreatAsEsm: [],
      moduleFileExtensions: ['js'],
    };
    Object.assign(test.context.config, config);
    const path = join(folder, 'a.test.js.own.snap');
    writeFileSync(path, `${HEADERS[install]}\nexports[\`a 1\`] = \`1\`;\n\nexports[\`b 1\`] = \`2\`;\n`);
    const remove = (outcome: UnitOutcome, updateSnapshot: Config.SnapshotUpdateState = 'all') =>
      removeObsolete(outcome, test, jestHere, {updateSnapshot, expand: false});
    return {path, remove, text: readFileSync(path, 'utf8')};
  }

  function outcomeWith(...uncheckedKeys: string[]): UnitOutcome {
    const result = testResult({passed: 1});
    const snapshot = {...result.snapshot, fileDeleted: false, unchecked: uncheckedKeys.length, uncheckedKeys};
    return {type: 'result', result: {...result, snapshot}};
  }

  test('what no node has asked for is removed', async () => {
    const {path, remove} = project();
    const outcome = outcomeWith('b 1');
    expect(await remove(outcome)).toEqual(outcome);
    expect(readFileSync(path, 'utf8')).toBe(`${HEADERS[install]}\nexports[\`a 1\`] = \`1\`;\n`);
  });

  test('the file goes with the last of them', async () => {
    const {path, remove} = project();
    expect(await remove(outcomeWith('a 1', 'b 1'))).toMatchObject({
      result: {snapshot: {fileDeleted: true, unchecked: 0, uncheckedKeys: ['a 1', 'b 1']}},
    });
    expect(existsSync(path)).toBe(false);
  });

  test('nothing is touched without -u, without a result, or where all have been asked for', async () => {
    const {path, remove, text} = project();
    const error: UnitOutcome = {type: 'error', error: {message: 'no', stack: '', type: 'Error'}};
    const [obsolete, none] = [outcomeWith('b 1'), outcomeWith()];
    expect(await remove(obsolete, 'new')).toBe(obsolete);
    expect(await remove(none)).toBe(none);
    expect(await remove(error)).toBe(error);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('a file of snapshots that cannot be saved is the error of the test file', async () => {
    const {path, remove} = project();
    rmSync(path);
    mkdirSync(path);
    expect(await remove(outcomeWith('b 1'))).toMatchObject({type: 'error', error: {type: 'Error'}});
  });
});

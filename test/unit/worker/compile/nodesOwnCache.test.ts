import {mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {tidyNodesOwnCache} from '../../../../src/worker/compile/nodesOwnCache';
import {temporaryFolder} from '../../run/temporaryFolder';
import {inOwnProcess} from './ownProcess';

const MB = 1024 * 1024;

/** As Node leaves them: a folder for each version of it. Their sizes are in MB; they take no room on the disk. */
function cacheOf(files: readonly (readonly [name: string, size: number])[]) {
  const folder = temporaryFolder();
  for (const [index, [name, size]] of files.entries()) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), {recursive: true});
    writeFileSync(path, '');
    truncateSync(path, size * MB);
    utimesSync(path, 1000 + index, 1000 + index);
  }
  const left = () => {
    const names = readdirSync(folder, {recursive: true, encoding: 'utf8'});
    return names.map(name => name.replaceAll('\\', '/')).sort();
  };
  return {folder, left};
}

describe('what Node has left', () => {
  test('may take 256 MB', () => {
    const {folder, left} = cacheOf([
      ['v22/a', 128],
      ['v24/b', 128],
    ]);
    tidyNodesOwnCache(folder);
    expect(left()).toEqual(['v22', 'v22/a', 'v24', 'v24/b']);
  });

  test('beyond that loses what is oldest, of whichever version; what is in no folder, too', () => {
    const {folder, left} = cacheOf([
      ['v24/a', 10],
      ['b', 55],
      ['v22/c', 92],
      ['v24/d', 100],
    ]);
    tidyNodesOwnCache(folder);
    expect(left()).toEqual(['v22', 'v22/c', 'v24', 'v24/d']);
  });

  test('stays where there is no time to look through it', () => {
    const {folder, left} = cacheOf([['v24/a', 300]]);
    tidyNodesOwnCache(folder, () => true);
    expect(left()).toEqual(['v24', 'v24/a']);
  });

  test('may be nothing', () => {
    expect(() => tidyNodesOwnCache(join(temporaryFolder(), 'none'))).not.toThrow();
  });
});

describe('Node is asked to keep what it compiles', () => {
  const asked = (prepare: string, fills = true) =>
    inOwnProcess(
      `
      const Module = require('node:module');
      const folders = [];
      Module.enableCompileCache = folder => folders.push(folder);
      Module.flushCompileCache = () => folders.push('flushed');
      ${prepare}
      const {enableNodesOwnCache, flushNodesOwnCache} = ours('compile/nodesOwnCache');
      Module.flushCompileCache = () => folders.push('a mock of a test is called');
      enableNodesOwnCache('folder', ${fills});
      flushNodesOwnCache();
      return folders;`,
    );

  test('where it can, and to write that when nobody waits for its exit', () => {
    expect(asked('')).toEqual(['folder', 'flushed']);
  });

  test('but to fill an empty cache, only where the process is to do that', () => {
    expect(asked('', false)).toEqual(['flushed']);
    const has = (version: string) => `require("fs").mkdirSync("folder/${version}-x64-ab-0", {recursive: true});`;
    const filled = (version: string) =>
      `${has(version)} require("fs").writeFileSync("folder/${version}-x64-ab-0/a", "");`;
    expect(asked(filled('v1.2.3'), false)).toEqual(['flushed']);
    expect(asked(has(process.version), false)).toEqual(['flushed']);
    expect(asked(filled(process.version), false)).toEqual(['folder', 'flushed']);
  });

  test('but not where it would write as it exits', () => {
    expect(asked('delete Module.flushCompileCache;')).toEqual([]);
  });

  test('and where it cannot, nothing happens', () => {
    expect(asked('delete Module.enableCompileCache; delete Module.flushCompileCache;')).toEqual([]);
  });
});

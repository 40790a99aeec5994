/**
 * A watch session starts workers ahead of its next run. The rerun finds them up, and no test can tell them from workers
 * that the run has started.
 */
import {ENTER, OTHER, playBoth, says} from './aheadSessions';
import type {Files} from './project';
import {inWatchMode} from './watching';

inWatchMode('a rerun finds its workers up, and sees every file as it is', async (_line, make) => {
  const files: Files = {
    ...OTHER,
    'says.test.js':
      says('[require("./lib"), require("./folder"), require("dep"), require("./packages/a"), attempt()]') +
      `
      function attempt() { try { return require('./comes-and-goes'); } catch (error) { return error.code; } }`,
    'lib.js': 'module.exports = "first";',
    // A file in a new folder may escape Jest's watcher.
    '__mocks__/another.js': '',
    'folder/index.js': 'module.exports = "the index";',
    'packages/a/package.json': '{"name": "a", "version": "1.0.0", "main": "one.js"}',
    'packages/a/one.js': 'module.exports = 1;',
    'packages/a/two.js': 'module.exports = 2;',
    'node_modules/dep/package.json': '{"name": "dep", "version": "1.0.0", "exports": "./one.js"}',
    'node_modules/dep/one.js': 'module.exports = "dep 1";',
    'node_modules/dep/two.js': 'module.exports = "dep 2";',
  };
  const outcomes = await playBoth(make, files, {}, [
    {name: 'nothing', keys: ENTER, taken: true},
    // Tests look for these on the disk, so it is all the same of which of them Jest's watcher hears before the run.
    {
      name: 'a module, a file before a folder, a new file, main',
      files: {
        'lib.js': 'module.exports = "second";',
        'folder.js': 'module.exports = "the file";',
        'comes-and-goes.js': 'module.exports = "came";',
        'packages/a/package.json': '{"name": "a", "version": "1.0.0", "main": "two.js"}',
      },
      taken: true,
    },
    {
      name: 'exports, a removed file',
      files: {
        'node_modules/dep/package.json': '{"name": "dep", "version": "1.0.0", "exports": "./two.js"}',
        'comes-and-goes.js': null,
      },
      taken: true,
    },
    {name: 'a manual mock', files: {'__mocks__/dep.js': 'module.exports = "a mock";'}, taken: true},
    {name: 'a new test file', files: {'third.test.js': 'test("third", () => {});'}, taken: true},
    {name: 'no such test file any more', files: {'third.test.js': null}, taken: true},
  ]);
  const said = outcomes.map(outcome => outcome['says.test.js']?.[0]?.replace('says | failed | Error: says ', ''));
  expect(said).toEqual([
    '["first","the index","dep 1",1,"MODULE_NOT_FOUND"]',
    '["first","the index","dep 1",1,"MODULE_NOT_FOUND"]',
    '["second","the file","dep 1",2,"came"]',
    '["second","the file","dep 2",2,"MODULE_NOT_FOUND"]',
    ...Array.from({length: 3}, () => '["second","the file","a mock",2,"MODULE_NOT_FOUND"]'),
  ]);
});

inWatchMode('no test finds what it has left in the run before', async (_line, make) => {
  const files: Files = {
    ...OTHER,
    'finds.test.js': `test('finds', () => {
      const [fs, http, events] = [require('fs'), require('http'), require('events')];
      const found = [fs.existsSync.name, http.Agent.prototype.left, events.defaultMaxListeners, process.cwd().length, fs.left];
      fs.existsSync = () => true;
      http.Agent.prototype.left = 'something';
      events.defaultMaxListeners = 99;
      process.chdir('/');
      fs.left = setTimeout(() => {}, 1e8).unref() && 'a timer';
      throw new Error('found ' + JSON.stringify(found));
    });`,
  };
  // The folders of the two have names of one length.
  await playBoth(make, files, {}, [
    {name: 'again', keys: ENTER, taken: true},
    {name: 'once more', keys: ENTER, taken: true},
  ]);
});

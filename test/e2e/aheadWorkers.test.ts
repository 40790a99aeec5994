/**
 * Workers that a watch session starts ahead of its next run: a rerun finds them up, and nothing tells them from workers
 * that the run has started.
 */
import {ENTER, OTHER, playBoth, says} from './aheadSessions';
import type {Files} from './project';
import {EACH_LINE, inWatchMode} from './watching';

inWatchMode(
  'a rerun finds its workers up, and sees every file as it is',
  async (_line, make) => {
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
      {name: 'a module', files: {'lib.js': 'module.exports = "second";'}, taken: true},
      {name: 'a file before a folder', files: {'folder.js': 'module.exports = "the file";'}, taken: true},
      {name: 'a new file', files: {'comes-and-goes.js': 'module.exports = "came";'}, taken: true},
      {name: 'a removed file', files: {'comes-and-goes.js': null}, taken: true},
      {
        name: 'main',
        files: {'packages/a/package.json': '{"name": "a", "version": "1.0.0", "main": "two.js"}'},
        taken: true,
      },
      {
        name: 'exports',
        files: {'node_modules/dep/package.json': '{"name": "dep", "version": "1.0.0", "exports": "./two.js"}'},
        keys: ENTER,
        taken: true,
      },
      {name: 'a manual mock', files: {'__mocks__/dep.js': 'module.exports = "a mock";'}, taken: true},
      {name: 'a new test file', files: {'third.test.js': 'test("third", () => {});'}, taken: true},
      {name: 'no such test file any more', files: {'third.test.js': null}, taken: true},
    ]);
    expect(outcomes.at(-1)?.['says.test.js']).toEqual([
      'says | failed | Error: says ["second","the file","a mock",2,"MODULE_NOT_FOUND"]',
    ]);
  },
  EACH_LINE,
);

inWatchMode("globalSetup's environment reaches workers that were started before", async (_line, make) => {
  const files: Files = {
    ...OTHER,
    'says.test.js': says('[process.env.RUN, process.env.GONE, process.env.TZ, new Date(0).getHours()]'),
    'setup.js': `module.exports = () => {
      process.env.RUN = String(Number(process.env.RUN ?? 0) + 1);
      if (process.env.RUN === '1') process.env.GONE = 'not yet'; else delete process.env.GONE;
      if (process.env.RUN === '4') process.env.TZ = 'Asia/Tokyo';
    };`,
  };
  const outcomes = await playBoth(make, files, {globalSetup: './setup.js'}, [
    // What Jest 29 loads lists the names of all variables.
    {name: 'changed and deleted', keys: ENTER},
    {name: 'changed', keys: ENTER, taken: true},
    {name: 'read when a process starts', keys: ENTER, taken: /starts its processes in another way/},
    {name: 'again', keys: ENTER, taken: true},
  ]);
  expect(outcomes.map(outcome => outcome['says.test.js']?.[0])).toEqual([
    expect.stringContaining('["1","not yet",'),
    expect.stringContaining('["2",null,'),
    expect.stringContaining('["3",null,'),
    expect.stringContaining('["4",null,"Asia/Tokyo",9]'),
    expect.stringContaining('["5",null,"Asia/Tokyo",9]'),
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

inWatchMode('what the keys of a session ask for reaches workers that were started before', async (_line, make) => {
  const files: Files = {
    'a.test.js': `
      test('snapshot', () => expect(require('./value')).toMatchSnapshot());
      test('another', () => {});`,
    'b.test.js': 'test("b", () => {});',
    'c.test.js': 'test("another c", () => { if (require("./value") === 2) throw new Error("two"); });',
    'value.js': 'module.exports = 1;',
  };
  await playBoth(make, files, {}, [
    {name: 'a snapshot differs', files: {'value.js': 'module.exports = 2;'}, taken: true},
    {name: 'only failed', keys: 'f', taken: true},
    {name: 'not only failed', keys: 'f', taken: true},
    {name: 'update', keys: 'u', taken: true},
    {name: 'not updated any more', files: {'value.js': 'module.exports = 3;'}},
    {name: 'all', keys: 'a'},
    {name: 'by name', keys: `tanother${ENTER}`},
    {name: 'all again', keys: 'a'},
    {name: 'by path', keys: `p[ab].test${ENTER}`},
    {name: 'all once more', keys: 'a'},
  ]);
});

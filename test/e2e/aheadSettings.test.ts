/** Workers that were started ahead of a run get the run's settings from keys and from globalSetup. */
import {ENTER, OTHER, playBoth, says} from './aheadSessions';
import type {Files} from './project';
import {inWatchMode} from './watching';

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
    {name: 'by name', keys: `tanother${ENTER}`},
    {name: 'by path', keys: `p[ab].test${ENTER}`},
    {name: 'all', keys: 'a'},
  ]);
});

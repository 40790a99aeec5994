/**
 * Workers that a watch session starts ahead of its next run load every module as the run itself would have loaded it.
 */
import {ENTER, inSession, OTHER, playBoth, says, untilWaiting} from './aheadSessions';
import type {Files} from './project';
import {EACH_NODE, inWatchMode} from './watching';

/** A package of a name that is loaded ahead, which notes when it was loaded, and with what. */
const PACKAGE = (version: number) => `
  console.error('the transformer was loaded');
  const mode = process.env.MODE;
  module.exports = {
    getCacheKey: source => [source, mode, ${version}].join(),
    process: source => ({code: source.replace('TRANSFORMED', JSON.stringify([${version}, mode]))}),
  };`;
const WITH_PACKAGE: Files = {
  ...OTHER,
  'says.test.js': says('TRANSFORMED'),
  'node_modules/ts-jest/package.json': '{"name": "ts-jest", "version": "1.0.0"}',
  'node_modules/ts-jest/index.js': PACKAGE(1),
  'setup.js': `module.exports = () => {
    const fs = require('fs');
    process.env.OTHER = String(Math.random());
    if (fs.existsSync('mode')) process.env.MODE = fs.readFileSync('mode', 'utf8');
  };`,
};
const USES_PACKAGE = {
  transform: {'says\\.test\\.js$': 'ts-jest'},
  globalSetup: './setup.js',
  watchPathIgnorePatterns: ['mode$'],
};

inWatchMode('what was loaded ahead is as the run would have loaded it', async (_line, make) => {
  const outcomes = await playBoth(make, WITH_PACKAGE, USES_PACKAGE, [
    {name: 'nothing', keys: ENTER, taken: true},
    {
      name: 'a file of it',
      files: {'node_modules/ts-jest/index.js': PACKAGE(2)},
      keys: ENTER,
      taken: /ts-jest.index\.js has changed/,
    },
    {name: 'nothing again', keys: ENTER, taken: true},
    {name: 'a variable that it reads', files: {mode: 'strict'}, keys: ENTER, taken: /another value of MODE$/},
    {name: 'a package beside it', files: {'node_modules/new.js': ''}, keys: ENTER, taken: /node_modules has changed/},
  ]);
  expect(outcomes.map(outcome => outcome['says.test.js']?.[0])).toEqual([
    expect.stringContaining('[1,null]'),
    expect.stringContaining('[1,null]'),
    expect.stringContaining('[2,null]'),
    expect.stringContaining('[2,null]'),
    expect.stringContaining('[2,"strict"]'),
    expect.stringContaining('[2,"strict"]'),
  ]);
});

inWatchMode('what a worker prints while nothing runs comes with the run', async (_line, make) => {
  const project = make(WITH_PACKAGE, USES_PACKAGE);
  await inSession(project, async session => {
    expect(await session.untilRun()).toContain('the transformer was loaded');
    await untilWaiting(project);
    expect(session.printed).not.toContain('the transformer was loaded');
    session.press(ENTER);
    expect(await session.untilRun()).toContain('the transformer was loaded');
    await session.leave();
  });
});

const TRANSFORMER = (version: number) => `
  const fs = require('fs');
  const path = require('path');
  const rules = fs.readFileSync(path.join(__dirname, 'rules.txt'), 'utf8');
  let files = 0;
  module.exports = {
    getCacheKey: source => [source, rules, ${version}, files].join(),
    process: source => ({code: source.replace('TRANSFORMED', JSON.stringify([${version}, rules]))}),
  };`;
const ENVIRONMENT = (version: number) => `
  const {TestEnvironment} = require('jest-environment-node');
  let files = 0;
  module.exports = class extends TestEnvironment {
    async setup() {
      await super.setup();
      this.global.environment = [${version}, require('./remembered').count++];
    }
  };`;

inWatchMode(
  'what is loaded outside of the tests is as if loaded for the first time',
  async (_line, make) => {
    const files: Files = {
      'says.test.js': says('[TRANSFORMED, environment]'),
      'other.test.js': '/** @jest-environment node */ test("other", () => {});',
      'transformer.js': TRANSFORMER(1),
      'rules.txt': 'strict',
      'environment.js': ENVIRONMENT(1),
      'remembered.js': 'module.exports = {count: 0};',
    };
    const config = {
      transform: {'says\\.test\\.js$': './transformer.js'},
      testEnvironment: './environment.js',
      modulePathIgnorePatterns: ['rules'],
    };
    await playBoth(make, files, config, [
      {name: 'nothing', keys: ENTER, taken: true},
      {name: 'what it has read', files: {'rules.txt': 'lax'}, keys: ENTER, taken: true},
      {name: 'the transformer', files: {'transformer.js': TRANSFORMER(2)}, taken: true},
      {name: 'the environment', files: {'environment.js': ENVIRONMENT(2)}, taken: true},
      {name: 'what it requires', files: {'remembered.js': 'module.exports = {count: 10};'}, taken: true},
    ]);
  },
  EACH_NODE,
);

import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker', 'realm');

const fromRunner = createRequire(require.resolve('jest-runner'));
const PATHS = {
  config: createRequire(require.resolve('@jest/core')).resolve('jest-config'),
  testWorker: join(dirname(require.resolve('jest-runner')), 'testWorker.js'),
  jestWorker: fromRunner.resolve('jest-worker'),
};

const PRELUDE = `
  await new Promise(setImmediate); // until then a script has globals of its own
  const fs = require('fs');
  const path = require('path');
  const {readConfig} = require(${JSON.stringify(PATHS.config)});
  const {globalConfig, projectConfig} = await readConfig({_: [], $0: '', config: process.env.CONFIG}, process.cwd());
  const setup = {
    compileCache: null,
    modules: {testWorker: ${JSON.stringify(PATHS.testWorker)}, jestWorker: ${JSON.stringify(PATHS.jestWorker)}},
    globalConfig,
    context: {},
    serializableResolvers: [{config: projectConfig, serializableModuleMap: {duplicates: [], map: [], mocks: [], rootDir: process.cwd()}}],
  };
  // As in a worker: what jest-runner says of tests goes to the parent.
  process.send = () => true;
  const said = [];
  const tell = async news => void said.push(news);
  const {waitForRun} = ours('ahead/ahead');
  const environment = {...process.env};
  const begin = (order, modules = []) => waitForRun({setup, ahead: {modules}, order, tell});`;

const inProcess = (script: string, config: object = {}, files: Readonly<Record<string, string>> = {}) =>
  inOwnProcess(PRELUDE + script, {
    files: {'package.json': '{"name": "project"}', ...files},
    environment: {CONFIG: JSON.stringify({transform: {}, ...config})},
  });

test('a process says that it waits, and begins with the setup and the environment of its run', () => {
  const script = `
    delete environment.CONFIG;
    const order = new Promise(resolve => setImmediate(resolve, {setup: {runId: 'r2'}, environment: {...environment, NEW: '1'}}));
    const run = await begin(order);
    return {said, run, variables: [process.env.NEW, 'CONFIG' in process.env]};`;
  expect(inProcess(script)).toEqual({
    said: [{type: 'waiting'}],
    run: {runId: 'r2'},
    variables: ['1', false],
  });
});

test('a process that is to end serves no run', () => {
  expect(inProcess('return [await begin(Promise.resolve(null)), said];')).toEqual([null, [{type: 'waiting'}]]);
});

test('it is as one that has loaded Jest and run nothing', () => {
  const script = `
    const {ProcessState} = ours('leaks/processState');
    const {Unreferenced} = ours('leaks/unreferenced');
    await begin(Promise.resolve(null)); // some of what is loaded changes Node's modules
    const [unreferenced, state] = [new Unreferenced(), new ProcessState()];
    const listeners = () => ['uncaughtException', 'unhandledRejection'].map(event => process.listenerCount(event));
    const before = [process.getActiveResourcesInfo(), listeners()];
    await begin(Promise.resolve(null));
    await new Promise(setImmediate);
    const after = [process.getActiveResourcesInfo(), listeners()];
    return [state.change(), unreferenced.atWork, after, before];`;
  const [change, atWork, after, before] = inProcess(script) as unknown[];
  expect([change, atWork, after]).toEqual([null, [], before]);
});

test('the file with which it warms up passes, whatever the project asks for', () => {
  const script = `
    const ends = await ours('ahead/warmUp').warmUp(setup, () => true);
    return ends.map(({result, thrown}) => result ? [result.numPassingTests, result.failureMessage] : String(thrown));`;
  const awkward = {automock: true, injectGlobals: false, setupFiles: ['./breaks.js'], resetModules: true};
  const files = {'breaks.js': 'throw new Error("this is the user’s");'};
  expect(inProcess(script, awkward, files)).toEqual([[1, null]]);
});

test.each([
  ['an environment', {testEnvironment: './mine.js'}],
  ['a framework', {testRunner: './mine.js'}],
])('nothing runs in %s of the user’s own', (_what, config) => {
  const script = "return [await ours('ahead/warmUp').warmUp(setup, () => true), fs.existsSync('loaded')];";
  const files = {'mine.js': 'require("fs").writeFileSync("loaded", "");'};
  expect(inProcess(script, config, files)).toEqual([[], false]);
});

test('nothing runs when the run has begun', () => {
  expect(inProcess("return ours('ahead/warmUp').warmUp(setup, () => false);")).toEqual([]);
});

test('when the run has begun, it is served without what is not loaded so far', () => {
  const script = `
    const modules = [1, 2].map(index => path.resolve('node_modules/ts-jest/' + index + '.js'));
    const run = await begin(Promise.resolve({setup: {runId: 'r2'}, environment}), modules);
    return [run, modules.map(name => name in require.cache)];`;
  const files = {'node_modules/ts-jest/1.js': '', 'node_modules/ts-jest/2.js': ''};
  expect(inProcess(script, {}, files)).toEqual([{runId: 'r2'}, [true, false]]);
});

describe('a process leaves', () => {
  const PACKAGE = {
    'node_modules/ts-jest/package.json': '{"name": "ts-jest"}',
    'node_modules/ts-jest/index.js': 'exports.mode = process.env.MODE;',
    'node_modules/ts-jest/broken.js': 'throw new Error("broken");',
  };
  const modules = "[path.resolve('node_modules/ts-jest/broken.js'), path.resolve('node_modules/ts-jest/index.js')]";

  test.each([
    ['if what it has loaded has changed', "fs.writeFileSync(changed, '')", '{}', /index\.js has changed$/],
    ['if it has read another environment', '', "{MODE: 'strict'}", /^a module has read another value of MODE$/],
  ])('%s', (_why, change, variables, why) => {
    const script = `
      const changed = path.resolve('node_modules/ts-jest/index.js');
      let send;
      const order = new Promise(resolve => (send = resolve));
      const waiting = begin(order, ${modules});
      while (said.length === 0) await new Promise(setImmediate);
      ${change};
      send({setup: {}, environment: {...environment, ...${variables}}});
      return [await waiting, said];`;
    // What changes after a process has begun may have been loaded before or after the change.
    const [run, said] = inProcess(script, {}, PACKAGE) as [unknown, unknown[]];
    expect([run, said]).toEqual([
      null,
      [{type: 'waiting'}, {type: 'leaving', reason: expect.stringMatching(why) as string}],
    ]);
  });

  test('if what it loads has changed since it began', () => {
    const script = `
      fs.appendFileSync('node_modules/ts-jest/index.js', ' ');
      return [await begin(new Promise(() => {}), ${modules}), said];`;
    const reason = expect.stringMatching(/index\.js has changed$/) as string;
    expect(inProcess(script, {}, PACKAGE)).toEqual([null, [{type: 'leaving', reason}]]);
  });
});

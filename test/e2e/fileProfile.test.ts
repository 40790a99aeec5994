/** Where the time of a test file goes is found in the right place, and users' stacks show no trace of the measuring. */
import type {FileProfile} from '../../src/core/wire/fileProfile';
import {onEachLine, onLatestLine, type Files} from './project';

const busy = (ms: number) => `{ const end = performance.now() + ${ms}; while (performance.now() < end); }`;
const MODULE = (ms: number) => `const {performance} = require('perf_hooks'); ${busy(ms)}`;

const FILES: Files = {
  'node_modules/@slow/package/package.json': '{"name": "@slow/package", "version": "1.0.0"}',
  'node_modules/@slow/package/index.js': MODULE(200),
  'environment.js': `const {TestEnvironment} = require('jest-environment-node');
    module.exports = class extends TestEnvironment {
      async setup() { await super.setup(); ${busy(110)} }
      async teardown() { await super.teardown(); ${busy(120)} }
    };`,
  'first.js': `${MODULE(70)} module.exports = () => new Promise(resolve => setTimeout(resolve, 60));`,
  'second.js': MODULE(80),
  'source.js': MODULE(150),
  'throws.js': `${MODULE(60)} throw new Error('optional');`,
  'a.test.js': `
    require('@slow/package');
    require('./source');
    try { require('./throws'); } catch {}
    const {performance} = require('perf_hooks');
    ${busy(90)}
    beforeAll(() => { ${busy(160)} });
    test('a', async () => { ${busy(100)} await new Promise(resolve => setTimeout(resolve, 80)); });`,
};

const CONFIG = {
  testEnvironment: './environment.js',
  setupFiles: ['./first.js'],
  setupFilesAfterEnv: ['./second.js'],
};

/** Required by Node before Jest, in all processes: writes each profile that a run gets. */
const TELLING = `
  const fs = require('fs');
  const Module = require('module');
  const tell = profile => fs.appendFileSync(process.env.PROFILES, JSON.stringify(profile) + '\\n');
  const {send} = process;
  if (send !== undefined) {
    process.send = function (message, ...rest) {
      if (Array.isArray(message) && message[1]?.type === 'unit-done') tell(message[1].profile);
      return send.call(this, message, ...rest);
    };
  }
  const load = Module._load;
  Module._load = function (id, ...rest) {
    const loaded = load.call(this, id, ...rest);
    if (id !== './inBand') return loaded;
    const onEnd = own => (test, ms, result, profile) => { tell(profile); own(test, ms, result, profile); };
    return {runInBand: options => loaded.runInBand({...options, onEnd: onEnd(options.onEnd)})};
  };
`;

const own = (modules: FileProfile['sources']) =>
  Object.fromEntries(modules.map(({name, ms}) => [name.replace(/^.*[\\/]/, ''), ms]));

onLatestLine('what is slow is found where it is, in band and over workers', async (_line, make) => {
  const project = make({...FILES, 'telling.js': TELLING}, CONFIG);
  const profilesOf = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    project.write('profiles', '');
    const options = {
      nodeArgs: ['--require', project.path('telling.js')],
      env: {...env, PROFILES: project.path('profiles')},
    };
    expect(await project.run(args, options)).toMatchObject({exitCode: 0});
    return project
      .read('profiles')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as FileProfile);
  };
  const inBand = await profilesOf(['-i'], {});
  const inWorkers = await profilesOf(['-w', '2'], {XDIST_IN_BAND: 'never'});
  expect([inBand.length, inWorkers.length]).toEqual([1, 1]);
  // Each part takes at least what it waits; the clock of a timer may be a little ahead of ours.
  for (const profile of [...inBand, ...inWorkers]) {
    expect(profile.environmentMs).toBeGreaterThanOrEqual(100);
    expect(profile.setupMs).toBeGreaterThanOrEqual(200);
    expect(profile.modulesMs).toBeGreaterThanOrEqual(490);
    expect(profile.hooksMs).toBeGreaterThanOrEqual(150);
    expect(profile.testsMs).toBeGreaterThanOrEqual(170);
    expect(profile.teardownMs).toBeGreaterThanOrEqual(110);
    expect(profile.cpuMs).toBeGreaterThan(0); // how much depends on what else the machine runs
    expect(profile.memory.heap).toBeGreaterThan(0);
    expect(profile.packages).toMatchObject([{name: '@slow/package', modules: 1}]);
    expect(profile.packages[0]?.ms).toBeGreaterThanOrEqual(190);
    const sources = own(profile.sources);
    expect(Object.keys(sources).sort()).toEqual(['a.test.js', 'first.js', 'second.js', 'source.js', 'throws.js']);
    expect(sources['source.js']).toBeGreaterThanOrEqual(140);
    expect(sources['a.test.js']).toBeGreaterThanOrEqual(80);
    expect(sources['throws.js']).toBeGreaterThanOrEqual(50);
    const {environmentMs, setupMs, modulesMs, hooksMs, testsMs, teardownMs, ms} = profile;
    expect(environmentMs + setupMs + modulesMs + hooksMs + testsMs + teardownMs).toBeLessThanOrEqual(ms + 0.1);
  }
});

onEachLine('the stack of an error while a file is loaded is that of Jest', async (_line, make) => {
  const project = make({
    'throws.test.js': "require('./deep');",
    'deep.js': "module.exports = 1; throw new Error('deep');",
    'caught.test.js': `
      let stack;
      try { require('./deep'); } catch (error) { stack = error.stack; }
      test('a', () => { throw Object.assign(new Error('x'), {stack}); });`,
    'syntax.test.js': "require('./broken');",
    'broken.js': 'const 1',
  });
  const messages = async (runner: 'stock' | 'xdist', args: readonly string[], env = {}) => {
    const {json} = await project.run(args, {runner, env});
    // A worker runs the file by another module of jest-runner, in another turn of the event loop.
    const shown = (text: string) => text.replace(/\n *at .*(?:jest-runner[\\/]build|node:internal)[\\/].*/g, '');
    return json?.testResults
      .map(({name, message, assertionResults}) => {
        const failures = assertionResults.map(({failureMessages}) => (failureMessages ?? []).map(shown));
        return {name, message: shown(message), failures};
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  const stock = await messages('stock', ['-i']);
  expect(stock).toHaveLength(3);
  expect(await messages('xdist', ['-i'])).toEqual(stock);
  expect(await messages('xdist', ['-w', '2'], {XDIST_IN_BAND: 'never'})).toEqual(stock);
});

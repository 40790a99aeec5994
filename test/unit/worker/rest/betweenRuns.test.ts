import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker', 'realm');

const MB = 1024 * 1024;

/** A Jest that notes what of it is loaded, in what stays; its graceful-fs changes the process, as that does. */
const JEST: Readonly<Record<string, string>> = {
  'stays.js': 'exports.loaded = []; exports.require = name => require(name);',
  'node_modules/jest-runner/build/testWorker.js': `
    require('../../../stays').loaded.push('testWorker');
    process.on('uncaughtException', function ofJest() {});`,
  'node_modules/graceful-fs/index.js': `
    require('../../stays').loaded.push('graceful-fs');
    const {cwd} = process;
    process.cwd = Object.assign(() => cwd(), {depth: (cwd.depth ?? 0) + 1});`,
  'node_modules/@jest/transform/index.js': '',
  'node_modules/jest-circus/package.json': '{"name": "jest-circus", "version": "30.5.0"}',
  'node_modules/jest-circus/runner.js': 'module.exports = function circus() {};',
  'node_modules/jest-runtime/index.js': `
    require('../../stays').loaded.push('jest-runtime');
    class Runtime {
      _requireCoreModule(name) { return require(name); }
    }
    exports.default = Runtime;`,
  ...Object.fromEntries(
    ['jest-haste-map', 'jest-resolve', 'write-file-atomic'].map(name => [
      `node_modules/${name}/index.js`,
      `require('../../stays').loaded.push('${name}');`,
    ]),
  ),
  'lib.js': 'module.exports = {};',
};

const PRELUDE = `
  await new Promise(setImmediate); // until then a script has globals of its own
  const fs = require('fs');
  const path = require('path');
  const at = name => path.resolve(name);
  const stays = require(at('stays.js'));
  const {BetweenRuns} = ours('rest/betweenRuns');
  const modules = {testWorker: at('node_modules/jest-runner/build/testWorker.js'), jestWorker: ''};
  const leave = () => {};
  const began = (options = {}) => BetweenRuns.begin({modules, compileCache: null, heapLimitBytes: null, leave, ...options});
  /** Nothing is open. */
  const closed = {isAsFresh: true};
  const environment = {...process.env};`;

const inProcess = (script: string) => inOwnProcess(PRELUDE + script, {files: JEST});

describe('a worker may stay', () => {
  test('if it is as a fresh one, for one run after the other', () => {
    const script = `
      const between = began();
      const found = [];
      for (let run = 0; run < 3; run++) {
        stays.require(at('lib.js'));
        found.push(await between.objection(closed), await between.tidy(), between.begin(environment));
      }
      return found;`;
    expect(inProcess(script)).toEqual(Array(9).fill(null));
  });

  test('for 50 runs', () => {
    const script = `
      const between = began();
      const found = [];
      for (let run = 0; run < 50; run++) found.push(await between.objection(closed));
      return [found.slice(0, 49).filter(why => why !== null), found[49]];`;
    expect(inProcess(script)).toEqual([[], 'it has served 50 runs']);
  });

  test('if what is open closes by itself', () => {
    const script = `
      let asked = 0;
      return [await began().objection({get isAsFresh() { return ++asked > 1; }}), asked];`;
    expect(inProcess(script)).toEqual([null, 2]);
  });
});

describe('a worker has to end', () => {
  test('if something stays open: it is given a moment', () => {
    const script = `
      const between = began();
      const since = performance.now();
      const why = await between.objection({isAsFresh: false});
      return [why, performance.now() - since >= 100];`;
    expect(inProcess(script)).toEqual(['something is still open', true]);
  });

  test('if something is at work that keeps it not alive', () => {
    const script = `
      const between = began();
      const timer = setTimeout(() => {}, 1e8).unref();
      return between.objection(closed);`;
    expect(inProcess(script)).toBe('a timer is still at work');
  });

  test('if it has loaded what cannot be loaded anew', () => {
    const script = `
      const between = began();
      require.cache['/canvas.node'] = {filename: '/canvas.node', children: []};
      return between.objection(closed);`;
    expect(inProcess(script)).toBe('it has loaded /canvas.node');
  });

  test('if a test has changed what others share', () => {
    const script = `
      const between = began();
      fs.existsSync = () => true;
      return between.objection(closed);`;
    expect(inProcess(script)).toBe('fs.existsSync');
  });
});

describe('it cannot be made as it was', () => {
  test('if a module that it has loaded has changed', () => {
    const script = `
      const between = began();
      stays.require(at('lib.js'));
      fs.writeFileSync('lib.js', '');
      return path.relative('', await between.tidy());`;
    expect(inProcess(script)).toBe('lib.js has changed since it was loaded');
  });

  test('if something was changed since it was asked', () => {
    const script = `
      const between = began();
      await between.objection(closed);
      fs.existsSync = () => true;
      return between.tidy();`;
    expect(inProcess(script)).toBe('fs.existsSync');
  });

  test.each<[what: string, limit: string, heldMb: number, why: string | null]>([
    ['more than 256 MB are still in use', 'null', 320, 'its heap has grown'],
    ['less are', 'null', 160, null],
    ['more than half of what it may take is', `${120 * MB}`, 100, 'its heap has grown'],
    ['less is', `${400 * MB}`, 100, null],
  ])('if of its heap %s', (_what, limit, heldMb, why) => {
    const script = `
      const between = began({heapLimitBytes: ${limit}});
      // 8 bytes each; V8 makes a slow dictionary of an array of more than 32 million.
      const held = Array.from({length: ${heldMb}}, () => new Array(${MB / 8}).fill(0.5));
      return [await between.tidy(), held.length > 0][0];`;
    expect(inProcess(script)).toBe(why);
  });

  test('garbage is not in use', () => {
    const script = `
      const between = began({heapLimitBytes: ${200 * MB}});
      const grown = () => process.memoryUsage().heapUsed > ${100 * MB};
      (() => void new Array(${(150 * MB) / 8}).fill(0.5))();
      return [grown(), await between.tidy(), grown(), between.begin(environment), await between.objection(closed)];`;
    expect(inProcess(script)).toEqual([true, null, false, null, null]);
  });
});

describe('when it is made as it was', () => {
  test('Jest is loaded anew, and what the run has loaded is not', () => {
    const script = `
      const between = began();
      const first = stays.loaded.splice(0);
      const lib = stays.require(at('lib.js'));
      await between.tidy();
      return {same: first.sort().join() === stays.loaded.sort().join(), names: first, lib: stays.require(at('lib.js')) === lib};`;
    expect(inProcess(script)).toEqual({
      same: true,
      names: ['graceful-fs', 'jest-haste-map', 'jest-resolve', 'jest-runtime', 'testWorker', 'write-file-atomic'],
      lib: false,
    });
  });

  test("what Jest has put in the process's place is there once", () => {
    const script = `
      const between = began();
      for (let run = 0; run < 3; run++) await between.tidy();
      return process.cwd.depth;`;
    expect(inProcess(script)).toBe(1);
  });

  test('what Jest sets for each file is put back', () => {
    const script = `
      const between = began();
      const {stackTraceLimit} = Error;
      Error.stackTraceLimit = 100;
      process.exitCode = 1;
      await between.tidy();
      return [Error.stackTraceLimit === stackTraceLimit, process.exitCode ?? null];`;
    expect(inProcess(script)).toEqual([true, null]);
  });

  test('the new jest-runtime, too, gets what is kept of code', () => {
    const script = `
      const runtime = at('node_modules/jest-runtime/index.js');
      const between = began({compileCache: {runtime, core: at('core.js'), folder: at('code')}});
      const first = require.cache[runtime];
      await between.tidy();
      const second = require.cache[runtime];
      return [first === second, ...[first, second].map(module => Object.hasOwn(module, 'require'))];`;
    expect(inProcess(script)).toEqual([false, true, true]);
  });

  test('test frameworks are followed anew', () => {
    const script = `
      const between = began();
      const {canFollow} = ours('circus/testFramework');
      const circus = at('node_modules/jest-circus/runner.js');
      const isOurs = () => canFollow(circus) && stays.require(circus).__esModule === true;
      const before = isOurs();
      await between.tidy();
      return [before, isOurs()];`;
    expect(inProcess(script)).toEqual([true, true]);
  });
});

describe('an exception that nothing catches', () => {
  const LISTENERS = "process.rawListeners('uncaughtException').map(({name}) => name)";

  test('ends it between two runs, and is heard as before in a run; nobody hears it twice', () => {
    const script = `
      process.on('uncaughtException', function ours() {});
      const between = began({leave: function leaves() {}});
      const heard = [${LISTENERS}];
      for (let run = 0; run < 2; run++) {
        process.removeAllListeners('uncaughtException'); // as Jest does, and may not put back
        await between.tidy();
        heard.push(${LISTENERS}, process.rawListeners('unhandledRejection').map(({name}) => name));
        between.begin(environment);
        heard.push(${LISTENERS});
      }
      return heard;`;
    const inRun = ['ours', 'ofJest'];
    expect(inProcess(script)).toEqual([inRun, ['leaves'], ['leaves'], inRun, ['leaves'], ['leaves'], inRun]);
  });

  test('ends it also if it cannot be made as it was', () => {
    const script = `
      const between = began({leave: function leaves() {}});
      fs.existsSync = () => true;
      await between.tidy();
      return ${LISTENERS};`;
    expect(inProcess(script)).toEqual(['leaves']);
  });
});

describe('when the next run begins', () => {
  const RESTED = `
    const between = began();
    const modulesOfRun = stays.require(at('lib.js'));
    await between.objection(closed);
    await between.tidy();
    stays.loaded.length = 0;`;

  test.each([
    ['a file has changed', "fs.writeFileSync('lib.js', '');", 'lib.js has changed'],
    ['a timer has begun', 'setTimeout(() => {}, 1e8).unref();', 'a timer'],
    ['something was changed', 'fs.existsSync = () => true;', 'fs.existsSync'],
  ])('it cannot in this process if %s', (_what, happens, why) => {
    const script = `${RESTED} ${happens} return between.begin(environment).replace(at('') + path.sep, '');`;
    expect(inProcess(script)).toBe(why);
  });

  test('nor if what was loaded for it has changed, which the run before had not loaded', () => {
    const script = `
      fs.writeFileSync('node_modules/jest-circus/late.js', '');
      fs.writeFileSync('node_modules/jest-circus/index.js', 'if (require("fs").existsSync("tidying")) require("./late");');
      while (Date.now() <= fs.statSync('node_modules/jest-circus/index.js').ctimeMs);
      const between = began();
      between.begin(environment); // what was written so far is of the time before
      stays.require(at('node_modules/jest-circus/index.js'));
      fs.writeFileSync('tidying', '');
      const found = [await between.objection(closed), await between.tidy()];
      fs.writeFileSync('node_modules/jest-circus/late.js', 'another');
      return [...found, path.relative('', between.begin(environment))];`;
    expect(inProcess(script)).toEqual([null, null, 'node_modules/jest-circus/late.js has changed']);
  });

  test('the environment is that of the run, and nothing else', () => {
    const script = `
      process.env.GONE = 'of the last run';
      ${RESTED}
      const told = between.begin({...environment, NEW: 'new', XDIST_RUN_ID: 'r2'});
      const {GONE = null, NEW, XDIST_RUN_ID} = process.env;
      const others = Object.keys(process.env).filter(name => !(name in environment) && name !== 'XDIST_RUN_ID');
      return [told, GONE, NEW, XDIST_RUN_ID, others];`;
    expect(inProcess(script)).toEqual([null, null, 'new', 'r2', ['NEW']]);
  });

  test.each<[what: string, environment: string, count: number]>([
    ['as it was', 'environment', 0],
    ['of the run alone', "{...environment, XDIST_RUN_ID: 'r2', XDIST_WORKER_COUNT: '7'}", 0],
    ['with one more', "{...environment, NEW: 'new'}", 6],
    ['with another', "{...environment, OF_ALL: 'another'}", 6],
    ['with one less', '(({OF_ALL, ...others}) => others)(environment)', 6],
  ])('modules are loaded anew if they may heed it: %s', (_what, next, count) => {
    const script = `
      process.env.OF_ALL = environment.OF_ALL = 'one';
      ${RESTED}
      return [between.begin(${next}), stays.loaded.length];`;
    expect(inProcess(script)).toEqual([null, count]);
  });
});

test('Jest itself leaves nothing of which the process would have to end', () => {
  const script = `
    const between = began({modules: {testWorker: ${JSON.stringify(testWorker())}, jestWorker: ''}});
    const found = [];
    for (let run = 0; run < 2; run++) {
      found.push(await between.objection(closed), await between.tidy(), between.begin({...environment, RUN: String(run)}));
    }
    return found;`;
  expect(inProcess(script)).toEqual(Array(6).fill(null));
});

function testWorker(): string {
  return require.resolve('jest-runner').replace(/index\.js$/, 'testWorker.js');
}

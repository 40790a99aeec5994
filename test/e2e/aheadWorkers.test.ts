/**
 * Workers that a watch session starts ahead of its next run: that a rerun finds them up, that nothing tells them from
 * workers that the run has started, and when they are not used.
 */
import {renameSync, rmSync, writeFileSync} from 'node:fs';
import {relative} from 'node:path';
import {slotsOf} from '../../src/core/schedule';
import type {LogLine} from '../../src/run/eventLog';
import type {Files, Project, Runner} from './project';
import {EACH_NODE, inWatchMode, WatchSession} from './watching';

/** What a step does, and what is to come of it. */
interface Step {
  readonly name: string;
  /** Files that are written; null: removed. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** What begins the run, where no change of a file does. */
  readonly keys?: string;
  /** Whether the workers that wait serve this run; or why they do not. Unset: whatever. */
  readonly taken?: true | RegExp;
}

type Outcome = Record<string, readonly string[]>;

const ENTER = '\r';

/** A file's tests, and what came of each. */
function outcomeOf(project: Project): Outcome {
  const {testResults} = JSON.parse(project.read('out.json')) as {
    testResults: {
      name: string;
      message: string;
      assertionResults: {fullName: string; status: string; failureMessages: string[]}[];
    }[];
  };
  const files = testResults.map(({name, message, assertionResults}) => {
    const tests = assertionResults.map(({fullName, status, failureMessages}) =>
      [fullName, status, ...failureMessages.map(firstLine)].join(' | '),
    );
    return [relative(project.folder, name), tests.length > 0 ? tests : [firstLine(message.trim())]] as const;
  });
  return Object.fromEntries(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** What the log says of workers that were started ahead, in order. */
function states(project: Project) {
  return project.lines<LogLine>('xdist.log').flatMap(line => ('worker' in line ? [line.worker] : []));
}

/** How many workers each run has had, of those that have got as far as a plan. */
function plans(project: Project): number[] {
  return project.lines<LogLine>('xdist.log').flatMap(line => ('plan' in line ? [slotsOf(line.plan)] : []));
}

/** The last state of each slot's worker. */
function lastStates(project: Project) {
  return new Map(states(project).map(state => [state.slot, state]));
}

/** Resolves when as many workers wait as the last run has had. */
async function untilWaiting(project: Project): Promise<void> {
  const slots = plans(project).at(-1) ?? 0;
  const waits = () => [...lastStates(project)].filter(([slot, {ahead}]) => slot <= slots && ahead.type === 'waits');
  while (waits().length < slots) await new Promise(resolve => setTimeout(resolve, 20));
}

/** In one step: Jest may take a file that is made, and then written, for two changes, and begin two runs. */
function replace(project: Project, path: string, text: string): void {
  const draft = `${project.folder}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, project.path(path));
}

async function play(project: Project, runner: Runner, steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let looked = 0;
  const playAll = async (session: WatchSession) => {
    await session.untilRun();
    outcomes.push(outcomeOf(project));
    for (const {name, files = {}, keys = '', taken} of steps) {
      if (runner === 'xdist') await untilWaiting(project);
      await session.untilLastRun(); // a change that Jest heard of late has begun a run of its own
      const before = states(project).length;
      const runsBefore = plans(project).length;
      for (const [path, text] of Object.entries(files)) {
        if (text === null) rmSync(project.path(path));
        else replace(project, path, text);
      }
      session.press(keys);
      // Jest may just have begun a run for a change that it saw twice: the key has ended that run, and begun none.
      while (wasInterrupted(await session.untilRun())) session.press(keys);
      outcomes.push(outcomeOf(project));
      // Jest begins some runs anew, for changes that it sees one after the other: one that it drops at once has no plan.
      if (runner === 'xdist' && taken !== undefined && plans(project).length > runsBefore) {
        expectTaken(name, states(project).slice(before), taken);
        looked++;
      }
    }
    const isToLook = runner === 'xdist' && steps.some(({taken}) => taken !== undefined);
    if (isToLook) expect(looked).toBeGreaterThan(0);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  };
  await inSession(project, playAll, [], runner);
  return outcomes;
}

function wasInterrupted(printed: string): boolean {
  return printed.includes('Test run was interrupted.');
}

type State = ReturnType<typeof states>[number];

/** On a busy machine any worker may take too long to be ready; another takes its place. */
const TOO_SLOW = 'it does not answer';

function expectTaken(name: string, since: readonly State[], taken: true | RegExp): void {
  const ready = since.filter(({ahead}) => ahead.type === 'ready');
  const left = since.flatMap(({ahead}) => (ahead.type === 'leaves' ? [ahead.why] : []));
  const whys = left.filter(why => why !== TOO_SLOW);
  const slow = left.length - whys.length;
  if (taken === true) {
    expect({name, whys}).toEqual({name, whys: []});
    expect(ready.length + slow).toBeGreaterThan(0);
    return;
  }
  const only = whys.every(why => taken.test(why));
  expect({name, whys, only, some: left.length > 0}).toEqual({name, whys, only: true, some: true});
}

/** Plays the steps in a session of each runner: each run's results are to be the same. */
async function playBoth(
  make: (files: Files, config?: object) => Project,
  files: Files,
  config: object,
  steps: readonly Step[],
) {
  const [xdist, stock] = await Promise.all([
    play(make(files, config), 'xdist', steps),
    play(make(files, config), 'stock', steps),
  ]);
  expect(xdist).toEqual(stock);
  return stock;
}

const says = (expression: string) =>
  `test('says', () => { throw new Error('says ' + JSON.stringify(${expression})); });`;
const OTHER = {'other.test.js': 'test("other", () => {});'};

/** A session, which is ended in any case. */
async function inSession(
  project: Project,
  use: (session: WatchSession) => Promise<void>,
  args: readonly string[] = [],
  runner: Runner = 'xdist',
): Promise<void> {
  const session = new WatchSession(project, ['-w', '2', ...args], runner);
  try {
    await use(session);
  } finally {
    session.jest.kill('SIGKILL');
  }
}

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
});

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
    {name: 'nothing once more', keys: ENTER, taken: true},
    {name: 'a package beside it', files: {'node_modules/new.js': ''}, keys: ENTER, taken: /node_modules has changed/},
  ]);
  expect(outcomes.map(outcome => outcome['says.test.js']?.[0])).toEqual([
    expect.stringContaining('[1,null]'),
    expect.stringContaining('[1,null]'),
    expect.stringContaining('[2,null]'),
    expect.stringContaining('[2,null]'),
    expect.stringContaining('[2,"strict"]'),
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
      {name: 'nothing again', keys: ENTER, taken: true},
      {name: 'the environment', files: {'environment.js': ENVIRONMENT(2)}, taken: true},
      {name: 'what it requires', files: {'remembered.js': 'module.exports = {count: 10};'}, taken: true},
    ]);
  },
  EACH_NODE,
);

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

inWatchMode('the warning of a worker that does not end is that of each run', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("leaks", () => { setInterval(() => {}, 1000); });'});
  await inSession(project, async session => {
    for (let run = 0; run < 2; run++) {
      expect(await session.untilRun()).toContain('A worker process has failed to exit gracefully');
      if (run === 0) session.press(ENTER);
    }
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode('a worker that is killed while it waits is replaced, and nobody hears of it', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
  await inSession(project, async session => {
    await session.untilRun();
    await untilWaiting(project);
    const [one, two] = [1, 2].map(slot => lastStates(project).get(slot)?.pid ?? 0);
    process.kill(one ?? 0, 'SIGKILL');
    session.press(ENTER);
    const rerun = await session.untilRun();
    expect(rerun).toMatch(/Tests: +2 passed, 2 total/);
    expect(rerun).not.toMatch(/jest-runner-xdist|worker|signal/);
    const ready = states(project).flatMap(({pid, ahead}) => (ahead.type === 'ready' ? [pid] : []));
    expect(ready).toEqual([two]);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode(
  'a worker that was started ahead and dies costs one test',
  async (_line, make) => {
    const passing = 'test("before", () => {}); test("after", () => {});';
    const dying = `
    test('before', () => {});
    test('dies', () => process.kill(process.pid, 'SIGSEGV'));
    test('after', () => {});`;
    const project = make({...OTHER, 'c.test.js': passing});
    await inSession(project, async session => {
      await session.untilRun();
      for (const text of [dying, passing, dying]) {
        await untilWaiting(project);
        replace(project, 'c.test.js', text);
        await session.untilRun();
        const tests = outcomeOf(project)['c.test.js']?.map(test => test.split(' | ').slice(0, 2).join(': '));
        const died = text === dying ? ['dies: failed'] : [];
        expect(tests?.sort()).toEqual(['after: passed', 'before: passed', ...died]);
      }
      await session.leave();
    });
  },
  [{line: '30'}],
);

const WAYS_OUT: Readonly<Record<string, (session: WatchSession) => unknown>> = {
  q: session => session.press('q'),
  'Ctrl-C': session => session.press('\u0003'),
  SIGINT: session => session.jest.kill('SIGINT'),
  SIGTERM: session => session.jest.kill('SIGTERM'),
  SIGKILL: session => session.jest.kill('SIGKILL'),
};

inWatchMode('whichever way Jest ends between two runs, no worker lives on', async (_line, make) => {
  for (const leave of Object.values(WAYS_OUT)) {
    for (const until of [untilWaiting, untilStarting]) {
      const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
      await inSession(project, async session => {
        await session.untilRun();
        await until(project);
        const left = new Promise(resolve => session.jest.once('exit', resolve));
        leave(session);
        await left;
        expect(await project.leftProcesses(10_000)).toEqual([]);
      });
    }
  }
});

/** Resolves when a process has been started after the run. */
async function untilStarting(project: Project): Promise<void> {
  while (project.processes().length < 2) await new Promise(resolve => setTimeout(resolve, 20));
}

inWatchMode('as many workers wait as the last run has had, and no more', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
  await inSession(project, async session => {
    await session.untilRun();
    for (let run = 0; run < 3; run++) {
      await untilWaiting(project);
      // On a platform without /proc there are none to count.
      expect([0, 3]).toContain(project.processes().length);
      session.press(ENTER);
      await session.untilRun();
    }
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode('no workers are started ahead where some want, or need, that a run starts them', async (_line, make) => {
  const files = {...OTHER, 'a.test.js': 'test("a", () => {});'};
  const asked = [
    make({...files, 'xdist.config.json': '{"restartWorkers": "file"}'}),
    make(files, {detectLeaks: false, coverageProvider: 'v8', collectCoverage: true}),
  ];
  for (const project of asked) {
    await inSession(project, async session => {
      await session.untilRun();
      session.press(ENTER);
      expect(await session.untilRun()).toMatch(/Tests: +2 passed, 2 total/);
      expect(states(project)).toEqual([]);
      await session.leave();
    });
  }
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

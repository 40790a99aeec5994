/**
 * Workers that stay from one run of a watch session to the next: that they do, that nothing tells them from fresh ones,
 * and when they do not.
 */
import {existsSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {relative} from 'node:path';
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
  /** Whether the workers of the run before serve this one; or why they do not. Unset: whatever. */
  readonly kept?: true | RegExp;
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

/** What the log says of workers, in order; `ran`: whether the worker of that slot has run a file in the run of that line. */
function stays(project: Project) {
  const lines = project.lines<LogLine>('xdist.log');
  const ran = new Set(
    lines.flatMap(line =>
      'event' in line && line.event.type === 'unit-started' ? [`${line.run} ${line.event.slot}`] : [],
    ),
  );
  return lines.flatMap(line =>
    'worker' in line ? [{...line.worker, ran: ran.has(`${line.run} ${line.worker.slot}`)}] : [],
  );
}

/** How many runs have got as far as a plan for workers. */
function plans(project: Project): number {
  return project.lines<LogLine>('xdist.log').filter(line => 'plan' in line).length;
}

/** Workers tidy up when Jest has long gone on; a run that came sooner would wait for them, and some have yet to leave. */
async function untilSettled(project: Project): Promise<void> {
  let before = '';
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 400));
    const now = JSON.stringify(stays(project));
    if (now === before) return;
    before = now;
  }
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
    for (const {name, files = {}, keys = '', kept} of steps) {
      if (runner === 'xdist') await untilSettled(project);
      const before = stays(project);
      const runsBefore = plans(project);
      for (const [path, text] of Object.entries(files)) {
        if (text === null) rmSync(project.path(path));
        else replace(project, path, text);
      }
      session.press(keys);
      // Jest may just have begun a run for a change that it saw twice: the key has ended that run, and begun none.
      while (wasInterrupted(await session.untilRun())) session.press(keys);
      outcomes.push(outcomeOf(project));
      // Jest begins some runs anew, for changes that it sees one after the other: one that it drops at once has no plan.
      if (runner === 'xdist' && kept !== undefined && plans(project) > runsBefore) {
        expectKept(name, before, stays(project), kept);
        looked++;
      }
    }
    const isToLook = runner === 'xdist' && steps.some(({kept}) => kept !== undefined);
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

type Stay = ReturnType<typeof stays>[number];

/** On a busy machine any worker may take too long to say that it stays; another takes its place. */
const TOO_SLOW = /^it does not answer$/;

function expectKept(name: string, before: readonly Stay[], after: readonly Stay[], kept: true | RegExp): void {
  const since = after.slice(before.length);
  const ready = since.filter(({stay}) => stay.type === 'ready').map(({pid}) => pid);
  const left = since.flatMap(({pid, stay}) => (stay.type === 'leaves' ? [{pid, why: stay.why}] : []));
  const slow = left.filter(({why}) => TOO_SLOW.test(why)).map(({pid}) => pid);
  // Each that has run a file is there again, or says why not; no process is there that had not rested.
  const rest = lastOfSlots(before).filter(({stay}) => stay.type === 'rests');
  const lost = rest.filter(({pid, ran}) => ran && !ready.includes(pid) && !left.some(gone => gone.pid === pid));
  // One that came to rest before it was up had no name yet.
  const strange = ready.filter(pid => !rest.some(resting => resting.pid === pid || resting.pid === null));
  expect({name, lost, strange}).toEqual({name, lost: [], strange: []});
  if (kept === true) {
    expect({name, left: left.filter(({pid}) => !slow.includes(pid))}).toEqual({name, left: []});
    expect(ready.length + slow.length).toBeGreaterThan(0);
    return;
  }
  // One that had loaded none of it, as it had no file to run, may have stayed.
  const whys = left.map(({why}) => why);
  const only = whys.every(why => kept.test(why) || TOO_SLOW.test(why));
  expect({name, whys, only, some: whys.length > 0}).toEqual({name, whys, only: true, some: true});
}

/** The last line of each slot: a worker that comes to rest there closes the one before. */
function lastOfSlots(lines: readonly Stay[]): Stay[] {
  return [...new Map(lines.map(line => [line.slot, line])).values()];
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

inWatchMode('workers stay, and see every file as it is', async (_line, make) => {
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
    {name: 'nothing', keys: ENTER, kept: true},
    {name: 'a module', files: {'lib.js': 'module.exports = "second";'}, kept: true},
    {name: 'a file before a folder', files: {'folder.js': 'module.exports = "the file";'}, kept: true},
    {name: 'a new file', files: {'comes-and-goes.js': 'module.exports = "came";'}, kept: true},
    {name: 'a removed file', files: {'comes-and-goes.js': null}, kept: true},
    {
      name: 'main',
      files: {'packages/a/package.json': '{"name": "a", "version": "1.0.0", "main": "two.js"}'},
      kept: true,
    },
    {
      name: 'exports',
      files: {'node_modules/dep/package.json': '{"name": "dep", "version": "1.0.0", "exports": "./two.js"}'},
      keys: ENTER,
      kept: true,
    },
    {name: 'a manual mock', files: {'__mocks__/dep.js': 'module.exports = "a mock";'}, kept: true},
    {name: 'a new test file', files: {'third.test.js': 'test("third", () => {});'}, kept: true},
    {name: 'no such test file any more', files: {'third.test.js': null}, kept: true},
  ]);
  expect(outcomes.at(-1)?.['says.test.js']).toEqual([
    'says | failed | Error: says ["second","the file","a mock",2,"MODULE_NOT_FOUND"]',
  ]);
});

inWatchMode("globalSetup's environment reaches workers that stay", async (_line, make) => {
  const files: Files = {
    ...OTHER,
    'says.test.js': says('[process.env.RUN, process.env.GONE, process.env.TZ, new Date(0).getHours()]'),
    'setup.js': `module.exports = () => {
      process.env.RUN = String(Number(process.env.RUN ?? 0) + 1);
      if (process.env.RUN === '1') process.env.GONE = 'not yet'; else delete process.env.GONE;
      if (process.env.RUN === '3') process.env.TZ = 'Asia/Tokyo';
    };`,
  };
  const outcomes = await playBoth(make, files, {globalSetup: './setup.js'}, [
    {name: 'changed and deleted', keys: ENTER, kept: true},
    {name: 'read when a process starts', keys: ENTER},
    {name: 'again', keys: ENTER, kept: true},
  ]);
  expect(outcomes.map(outcome => outcome['says.test.js']?.[0])).toEqual([
    expect.stringContaining('["1","not yet",'),
    expect.stringContaining('["2",null,'),
    expect.stringContaining('["3",null,"Asia/Tokyo",9]'),
    expect.stringContaining('["4",null,"Asia/Tokyo",9]'),
  ]);
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
      {name: 'nothing', keys: ENTER, kept: true},
      {name: 'what it has read', files: {'rules.txt': 'lax'}, keys: ENTER, kept: true},
      {name: 'the transformer', files: {'transformer.js': TRANSFORMER(2)}, kept: /transformer\.js has changed/},
      {name: 'nothing again', keys: ENTER, kept: true},
      {name: 'the environment', files: {'environment.js': ENVIRONMENT(2)}, kept: /environment\.js has changed/},
      // The worker that has not loaded it stays.
      {name: 'what it requires', files: {'remembered.js': 'module.exports = {count: 10};'}},
    ]);
  },
  EACH_NODE,
);

/** What of Node a test may use and leave nothing behind. */
const USES: Readonly<Record<string, string>> = {
  'a timer': 'await new Promise(resolve => setTimeout(resolve, 1)); await require("timers/promises").setTimeout(1);',
  'a server and a request': `
    const server = require('http').createServer((_, response) => response.end('text'));
    await new Promise(listening => server.listen(0, listening));
    const request = done => require('http').get({port: server.address().port, agent: false}, done);
    const response = await new Promise(request);
    for await (const chunk of response) expect(String(chunk)).toBe('text');
    await new Promise(closed => server.close(closed));`,
  'a child and a thread': `
    require('child_process').execFileSync(process.execPath, ['--version']);
    const {Worker} = require('worker_threads');
    await new Promise(exit => new Worker('1', {eval: true}).once('exit', exit));`,
  'files and streams': `
    const fs = require('fs');
    const written = require('path').join(fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'xdist-')), 'text');
    await fs.promises.writeFile(written, 'text');
    for await (const chunk of fs.createReadStream(written)) expect(String(chunk)).toBe('text');
    fs.rmSync(require('path').dirname(written), {recursive: true});`,
  fetch: 'expect(await (await fetch("data:text/plain,text")).text()).toBe("text");',
  'what is global': `
    const names = ['structuredClone', 'URL', 'TextEncoder', 'AbortController', 'performance', 'crypto', 'Blob'];
    for (const name of names) expect(typeof globalThis[name]).not.toBe('undefined');
    structuredClone({}); new URL('http://localhost'); new AbortController().abort(); crypto.randomUUID();
    await new Blob(['text']).text();`,
};

inWatchMode(
  'a worker stays after tests that use much of Node',
  async (_line, make) => {
    const files = Object.entries(USES).map(([name, code], index) => [
      `uses${index}.test.js`,
      `test('${name}', async () => { ${code} });`,
    ]);
    const project = make(Object.fromEntries(files) as Files);
    await inSession(project, async session => {
      expect(await session.untilRun()).toMatch(/Tests: +6 passed, 6 total/);
      await untilSettled(project);
      const before = stays(project);
      session.press(ENTER);
      expect(await session.untilRun()).toMatch(/Tests: +6 passed, 6 total/);
      expectKept('again', before, stays(project), true);
      await session.leave();
    });
  },
  EACH_NODE,
);

/** What a test may leave behind, and what is said of it. */
const REMAINS: readonly (readonly [string, string, RegExp])[] = [
  ['a timer', 'setTimeout(() => {}, 1e8);', /something is still open/],
  ['a timer that keeps nothing alive', 'setTimeout(() => {}, 1e8).unref();', /a timer is still at work/],
  ['a server', 'await new Promise(done => require("net").createServer().listen(0, done));', /something is still open/],
  [
    'a server that keeps nothing alive',
    'await new Promise(done => require("net").createServer().listen(0, done).unref());',
    /a server is still at work/,
  ],
  [
    'a child',
    'require("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e8)"], {stdio: "ignore"}).unref();',
    /a child is still at work/,
  ],
  ['a function of Node', 'require("fs").existsSync = () => "mocked";', /fs\.existsSync/],
  ['a method of a class of Node', 'require("http").Agent.prototype.getName = () => "";', /Agent\.prototype\.getName/],
  ['the directory', 'process.chdir(require("os").tmpdir());', /of the process/],
];

inWatchMode(
  'a worker in which something is left ends with its run',
  async (_line, make) => {
    for (const [name, code, why] of REMAINS) {
      const project = make({
        'a.test.js': `test(${JSON.stringify(name)}, async () => { ${code} });`,
        'b.test.js': 'test("leaves nothing", () => {});',
      });
      await inSession(project, async session => {
        await session.untilRun();
        await untilSettled(project);
        const whys = stays(project).flatMap(({stay}) => (stay.type === 'leaves' ? [stay.why] : []));
        expect({name, whys}).toEqual({name, whys: [expect.stringMatching(why)]});
        await session.leave();
      });
      for (const left of await project.leftProcesses(500)) process.kill(parseInt(left, 10)); // as the stock runner leaves it
    }
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
    {name: 'again', keys: ENTER},
    {name: 'once more', keys: ENTER},
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

inWatchMode('a worker that is killed between two runs is replaced, and nobody hears of it', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
  await inSession(project, async session => {
    await session.untilRun();
    await untilSettled(project);
    const [one, two] = stays(project);
    process.kill(one?.pid ?? 0, 'SIGKILL');
    session.press(ENTER);
    const rerun = await session.untilRun();
    expect(rerun).toMatch(/Tests: +2 passed, 2 total/);
    expect(rerun).not.toMatch(/jest-runner-xdist|worker|signal/);
    const ready = stays(project).flatMap(({pid, stay}) => (stay.type === 'ready' ? [pid] : []));
    expect(ready).toEqual([two?.pid]);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode(
  'a worker that dies in a later run costs one test, whoever else is left of the run that started it',
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
        await untilSettled(project);
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
    const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
    await inSession(project, async session => {
      await session.untilRun();
      expect(stays(project).filter(({stay}) => stay.type === 'rests')).toHaveLength(2);
      const left = new Promise(resolve => session.jest.once('exit', resolve));
      leave(session);
      await left;
      expect(await project.leftProcesses(10_000)).toEqual([]);
    });
  }
});

inWatchMode('a worker that rests does next to nothing', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
  await inSession(project, async session => {
    await session.untilRun();
    await untilSettled(project);
    const pids = stays(project).map(({pid}) => pid ?? 0);
    const before = pids.map(cpuMs);
    await new Promise(resolve => setTimeout(resolve, 3000));
    const spent = pids.map((pid, index) => cpuMs(pid) - (before[index] ?? 0));
    for (const ms of spent) expect(ms).toBeLessThanOrEqual(100);
    await session.leave();
  });
});

/** What a process has computed so far, in ms; read from /proc, so only where there is one. */
function cpuMs(pid: number): number {
  if (!existsSync('/proc/self/stat')) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

inWatchMode('new workers for each run are what some want, and need', async (_line, make) => {
  const files = {...OTHER, 'a.test.js': 'test("a", () => {});'};
  const asked = [
    make({...files, 'xdist.config.json': '{"restartWorkers": "run"}'}),
    make({...files, 'xdist.config.json': '{"restartWorkers": "file"}'}),
    make({...files, 'a.test.js': '/** @restart-worker */ test("a", () => {});'}),
    make(files, {detectLeaks: false, coverageProvider: 'v8', collectCoverage: true}),
  ];
  for (const project of asked) {
    await inSession(project, async session => {
      await session.untilRun();
      session.press(ENTER);
      expect(await session.untilRun()).toMatch(/Tests: +2 passed, 2 total/);
      expect(stays(project)).toEqual([]);
      await session.leave();
    });
  }
});

inWatchMode('what the keys of a session ask for reaches workers that stay', async (_line, make) => {
  const files: Files = {
    'a.test.js': `
      test('snapshot', () => expect(require('./value')).toMatchSnapshot());
      test('another', () => {});`,
    'b.test.js': 'test("b", () => {});',
    'c.test.js': 'test("another c", () => { if (require("./value") === 2) throw new Error("two"); });',
    'value.js': 'module.exports = 1;',
  };
  await playBoth(make, files, {}, [
    {name: 'a snapshot differs', files: {'value.js': 'module.exports = 2;'}, kept: true},
    {name: 'only failed', keys: 'f', kept: true},
    {name: 'not only failed', keys: 'f', kept: true},
    {name: 'update', keys: 'u', kept: true},
    {name: 'not updated any more', files: {'value.js': 'module.exports = 3;'}},
    {name: 'all', keys: 'a'},
    {name: 'by name', keys: `tanother${ENTER}`},
    {name: 'all again', keys: 'a'},
    {name: 'by path', keys: `p[ab].test${ENTER}`},
    {name: 'all once more', keys: 'a'},
  ]);
});

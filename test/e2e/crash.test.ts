/** If a worker dies, only the running test fails, and its message says how the worker died. */
import {resultOf} from './outcomes';
import {IN_ORDER, IS_THOROUGH, onLatestLine, type Files} from './project';
import {BUSY_REPORTER, expectSplit, notesOf, slowTests, splitFile} from './splitting';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

function others(count = 3): Files {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [`ok${index}.test.js`, `test('ok ${index}', () => {});`]),
  );
}

/** What a test does, and what its failure says of it. */
interface DeathCase {
  readonly body: string;
  readonly says: readonly RegExp[];
}

/** By the name of the test file. */
type DeathCases = Readonly<Record<string, DeathCase>>;

const DEATHS: DeathCases = {
  'kill.test.js': {
    body: 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});',
    says: [/killed by signal SIGKILL/],
  },
  'abort.test.js': {body: 'process.abort();', says: [/killed by signal SIGABRT/]},
  'term.test.js': {
    body: 'process.kill(process.pid, "SIGTERM"); await new Promise(() => {});',
    says: [/killed by signal SIGTERM/],
  },
  'exit3.test.js': {
    body: 'console.log("before"); process.stderr.write("my last words\\n"); process.exit(3);',
    says: [/the worker called process\.exit\(3\)/, /\| my last words/, /process\.exit called with "3"/],
  },
  'exit0.test.js': {body: 'process.exit(0);', says: [/the worker called process\.exit\(0\)/]},
};

/** All of V8's memory is a small one, of Jest's process, too. */
const SMALL_HEAP = {NODE_OPTIONS: '--max-old-space-size=60'};
const OUT_OF_MEMORY: DeathCases = {
  'memory.test.js': {
    body: 'const kept = []; for (;;) kept.push(new Array(1e5).fill({}));',
    says: [/it ran out of memory/],
  },
};

for (const [how, deaths, env] of [
  ['in whatever way', DEATHS, {}],
  ['for want of memory', OUT_OF_MEMORY, SMALL_HEAP],
] as const) {
  onLatestLine(`a test that dies ${how} fails with the reason; all others have their result`, async (_line, make) => {
    const files = Object.entries(deaths).map(([file, {body}]) => [
      file,
      `test('first', () => {}); test('dies', async () => { ${body} }); test('last', () => {});`,
    ]);
    const project = make({...others(), ...(Object.fromEntries(files) as Files)});
    const {exitCode, json, stderr, events} = await project.run(['-w', '2'], {env: {...PARALLEL.env, ...env}});
    const count = files.length;
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      numTotalTestSuites: 3 + count,
      numPassedTests: 3 + 2 * count,
      numFailedTests: count,
      numTotalTests: 3 + 3 * count,
      numRuntimeErrorTestSuites: 0,
      wasInterrupted: false,
    });
    for (const [file, {says}] of Object.entries(deaths)) {
      const result = resultOf(json, file);
      expect(result?.assertionResults.map(({title, status}) => [title, status])).toEqual([
        ['first', 'passed'],
        ['dies', 'failed'],
        ['last', 'passed'],
      ]);
      const message = result?.message ?? '';
      expect(message).toMatch(/● dies\n\n {4}The worker process died while this test ran/);
      expect(message).toMatch(/after 1 of the file's other tests: "first"/);
      expect(message).toMatch(/worker w[12] \(pid \d+\)/);
      for (const expected of says) expect(message).toMatch(expected);
      expect(stderr).toContain(`FAIL ./${file}`);
      const told = events.filter(({event, path}) => event === 'case-result' && path === file);
      expect(told).toHaveLength(3);
    }
    expect(events.filter(event => event.event === 'file-result')).toHaveLength(3 + count);
    expect(await project.leftProcesses()).toEqual([]);
  });
}

onLatestLine(
  'an exception that a file leaves behind costs the file that runs by then nothing, as with the stock runner',
  async (_line, make) => {
    const project = make(
      {
        // It throws while the next file is set up.
        'a.test.js': `const {existsSync, writeFileSync} = require('fs');
          const [later, never] = [setInterval, clearInterval];
          test('sets a trap', () => {
            const timer = later(() => {
              if (!existsSync('b sets up')) return;
              never(timer);
              writeFileSync('thrown', '');
              throw new Error('too late');
            }, 10);
          });`,
        // While its tests run, jest-circus would take the exception for a failure of theirs.
        'b.test.js': '/** @jest-environment ./slow-environment.js */\ntest("runs meanwhile", () => {});',
        'slow-environment.js': `
        const {existsSync, writeFileSync} = require('fs');
        const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          async setup() {
            await super.setup();
            writeFileSync('b sets up', '');
            while (!existsSync('thrown')) await new Promise(resolve => setTimeout(resolve, 10));
          }
        };`,
        'c.test.js': 'test("ok", () => {});',
        'sequencer.js': IN_ORDER,
      },
      {workerIdleMemoryLimit: '4GB', testSequencer: './sequencer.js'},
    );
    for (const runner of ['stock', 'xdist'] as const) {
      project.reset();
      const {exitCode, json, stderr, events} = await project.run(['-w', '1'], {...PARALLEL, runner});
      expect({exitCode, success: json?.success, passed: json?.numPassedTests}).toEqual({
        exitCode: 0,
        success: true,
        passed: 3,
      });
      expect(stderr).toContain('too late');
      expect(events.filter(({event, path}) => event === 'file-start' && path === 'b.test.js')).toHaveLength(1);
      if (runner === 'xdist') {
        expect(stderr).toContain(`jest-runner-xdist: an exception that ${project.path('a.test.js')} left behind`);
      }
    }
  },
);

onLatestLine('an exception of the running file that nothing catches fails it, with the stack', async (_line, make) => {
  const project = make({
    ...others(2),
    'throws.test.js': '/** @jest-environment ./environment.js */\ntest("a", () => {});',
    'environment.js': `
      const {TestEnvironment} = require('jest-environment-node');
      module.exports = class extends TestEnvironment {
        async teardown() { setTimeout(() => { throw new Error('in the teardown'); }, 1); await new Promise(() => setInterval(() => {}, 1e6)); }
      };`,
  });
  const {exitCode, json} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(1);
  expect(resultOf(json, 'throws.test.js')?.message).toMatch(
    /an uncaught exception ended it with exit code 1[^]*in the teardown/,
  );
  expect(json).toMatchObject({numPassedTests: 3, numTotalTests: 3, numRuntimeErrorTestSuites: 1});
});

onLatestLine('an exception that a test failed of is not taken for the reason of a later death', async (_line, make) => {
  const project = make(
    {
      'a.test.js': 'test("throws", done => { setTimeout(() => { throw new Error("the first file\'s own"); }, 1); });',
      'b.test.js': 'test("exits", () => process.exit(3));',
      'sequencer.js': IN_ORDER,
    },
    {workerIdleMemoryLimit: '4GB', testSequencer: './sequencer.js'},
  );
  const {json} = await project.run(['-w', '1'], PARALLEL);
  const message = resultOf(json, 'b.test.js')?.message ?? '';
  expect(message).toContain('the worker called process.exit(3)');
  expect(message).not.toContain("the first file's own");
});

onLatestLine(
  'the file that had finished before keeps its result, also when the parent was busy at the moment of death',
  async (_line, make) => {
    const project = make(
      {
        'a.test.js': 'test("is big", () => console.log("x".repeat(500_000)));',
        'b.test.js': 'test("dies", () => process.kill(process.pid, "SIGKILL"));',
        'c.test.js': 'test("ok", () => {});',
        'busy.js': `module.exports = class {
        onTestFileStart() { this.block(); } onTestCaseStart() { this.block(); } onTestFileResult() { this.block(); }
        block() { const end = Date.now() + 200; while (Date.now() < end); }
      };`,
        'sequencer.js': IN_ORDER,
      },
      {workerIdleMemoryLimit: '4GB', testSequencer: './sequencer.js'},
    );
    const {json} = await project.run(['-w', '1', '--reporters=./busy.js'], PARALLEL);
    expect(resultOf(json, 'a.test.js')).toMatchObject({status: 'passed'});
    expect(resultOf(json, 'b.test.js')?.message).toMatch(/killed by signal SIGKILL/);
    expect(resultOf(json, 'c.test.js')).toMatchObject({status: 'passed'});
  },
);

onLatestLine('workers that die before they are up are not started for ever', async (_line, make) => {
  const project = make({
    ...others(3),
    'preload.js': 'if (process.env.XDIST_WORKER) { process.stderr.write("no, thanks\\n"); process.exit(7); }',
  });
  const {exitCode, json} = await project.run(['-w', '2'], {
    env: {...PARALLEL.env, NODE_OPTIONS: `--require ${project.path('preload.js')}`},
  });
  expect(exitCode).toBe(1);
  expect(json?.testResults).toHaveLength(3);
  for (const {message} of json?.testResults ?? []) {
    expect(message).toMatch(/was not run: no worker is left: in every slot/);
    expect(message).toMatch(/\| no, thanks/);
  }
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a file that killed Jest itself in band gets a worker the next time', async (_line, make) => {
  const project = make({'dies.test.js': 'test("dies", () => process.kill(process.pid, "SIGKILL"));'});
  const first = await project.run(['-w', '2']);
  expect(first).toMatchObject({signal: 'SIGKILL', json: null});
  const second = await project.run(['-w', '2']);
  expect(second.exitCode).toBe(1);
  expect(resultOf(second.json, 'dies.test.js')?.message).toMatch(/killed by signal SIGKILL/);
  project.write('dies.test.js', 'test("lives", () => {});');
  expect((await project.run(['-w', '2'])).exitCode).toBe(0);
  expect((await project.run(['-w', '2'])).log).toHaveLength(0);
});

onLatestLine('a test that exits in band ends Jest, and a line says what to do', async (_line, make) => {
  const project = make({'exits.test.js': 'test("exits", () => process.exit(3));'});
  const ways = [
    [['-w', '2'], ". Run it again, or set inBand: 'never'."],
    [['-w', '1'], ': it may have only one. Pass -w 2.'],
    [['-i'], ' (--runInBand or --detectOpenHandles). Run it without that option.'],
  ] as const;
  for (const [args, remedy] of ways) {
    project.reset();
    const {exitCode, json, stderr} = await project.run(args);
    expect({exitCode, json}).toEqual({exitCode: 3, json: null});
    expect(stderr.match(/jest-runner-xdist: .*/g)).toEqual([
      `jest-runner-xdist: this test ended Jest itself, because Jest used no workers${remedy}`,
    ]);
  }
});

onLatestLine('a reporter that exits in band is not taken for a test', async (_line, make) => {
  for (const event of ['onTestFileStart', 'onTestCaseResult']) {
    const project = make({
      'a.test.js': `test('ends', () => {}); test('waits', () => new Promise(() => {}));`,
      'exits.js': `module.exports = class { ${event}() { process.exit(3); } };`,
    });
    const {exitCode, stderr} = await project.run(['-w', '2', '--reporters=./exits.js']);
    expect(exitCode).toBe(3);
    expect(stderr).not.toContain('jest-runner-xdist:');
  }
});

/** What a test may throw that JSON cannot hold. */
const UNSERIALISABLE: Readonly<Record<string, string>> = {
  'a BigInt': 'error.value = 1n;',
  'a circle': 'error.self = error;',
  'a getter that throws':
    'Object.defineProperty(error, "value", {enumerable: true, get() { throw new Error("read"); }});',
  'a toJSON that throws': 'error.value = {toJSON() { throw new Error("toJSON"); }};',
  '5,000 levels': 'for (let level = 0; level < 5000; level++) error.value = {next: error.value};',
  'all of it': `
    error.getter = {get value() { throw new Error("read"); }};
    for (let level = 0; level < 5000; level++) error.value = {next: error.value ?? [1n, error]};`,
};

onLatestLine('what is thrown and cannot be sent costs no result, and no message', async (_line, make) => {
  const thrown = Object.entries(UNSERIALISABLE);
  const throwing = thrown.map(
    ([name, code]) => `test('${name}', () => { const error = new Error('thrown: ${name}'); ${code} throw error; });`,
  );
  const tests = [...throwing, 'test("passes", () => {});'];
  const project = make({
    ...others(2),
    'throws.test.js': tests.join('\n'),
    'dies.test.js': [...tests, 'test("dies", () => process.kill(process.pid, "SIGSEGV"));'].join('\n'),
    'loads.test.js': 'throw Object.assign(new Error("thrown while it loaded"), {code: 1n});',
  });
  const {exitCode, stderr, events} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Tests: +13 failed, 4 passed, 17 total/);
  expect(stderr).toContain('thrown while it loaded');
  expect(stderr).not.toMatch(/cannot be sent|jest-runner-xdist.dist/);
  for (const [name] of thrown) expect(stderr.split(`    thrown: ${name}\n`)).toHaveLength(3);
  for (const path of ['throws.test.js', 'dies.test.js']) {
    const told = events.filter(({event, path: of}) => event === 'case-result' && of === path);
    expect(told).toHaveLength(path === 'throws.test.js' ? 7 : 8);
  }
});

onLatestLine('a worker that dies before jest-worker has said a word to it costs nothing', async (_line, make) => {
  const project = make({
    ...others(3),
    // Dead, and the other end of its channel closed, by the time that its parent writes to it.
    'kills.js': `
      const childProcess = require('child_process');
      const {fork} = childProcess;
      childProcess.fork = (path, args, options) => {
        const child = fork(path, args, options);
        const isFirst = options.env.XDIST_WORKER !== undefined && !require('fs').existsSync('killed');
        if (isFirst) {
          require('fs').writeFileSync('killed', '');
          process.kill(child.pid, 'SIGKILL');
          const dead = () => /^ *Z/.test(childProcess.spawnSync('ps', ['-o', 'stat=', '-p', String(child.pid)]).stdout);
          while (!dead());
        }
        return child;
      };`,
  });
  const {exitCode, json} = await project.run(['-w', '2'], {
    ...PARALLEL,
    nodeArgs: ['--require', project.path('kills.js')],
  });
  expect({exitCode, killed: project.exists('killed')}).toEqual({exitCode: 0, killed: true});
  expect(json).toMatchObject({numPassedTests: 3, numTotalTests: 3});
});

describe.each(['whole', 'split'] as const)('a file that runs %s while its worker dies and Jest is busy', kind => {
  onLatestLine('loses no test but that one', async (_line, make) => {
    const body = slowTests(10, `if (i === 4) { process.kill(process.pid, 'SIGKILL'); for (;;); }`);
    const project = make({
      ...splitFile(body, {
        pragmas: kind === 'split' ? '@can-split' : '',
        name: 'dies.test.js',
        alone: kind === 'whole',
      }),
      ...BUSY_REPORTER,
    });
    const output = await project.run(['-w', '2', '--reporters=./busy.js'], PARALLEL);
    if (kind === 'split') expectSplit(output, 'dies.test.js');
    const {json, events} = output;
    expect(json).toMatchObject({numTotalTests: 12, numPassedTests: 11, numFailedTests: 1});
    const result = resultOf(json, 'dies.test.js');
    expect(result?.assertionResults.filter(({status}) => status !== 'passed').map(({title}) => title)).toEqual([
      'slow 4',
    ]);
    expect(result?.message).toMatch(/● slow 4\n\n {4}The worker process died while this test ran: .*SIGKILL/);
    expect(events.filter(({event, path}) => event === 'file-result' && path === 'dies.test.js')).toHaveLength(1);
    const told = events.filter(({event, path}) => event === 'case-result' && path === 'dies.test.js');
    expect(told).toHaveLength(10);
    // None has run twice.
    const ran = notesOf(project).map(({what}) => what);
    expect([...ran].sort()).toEqual([...new Set(ran)].sort());
    expect(ran).toHaveLength(10);
  });
});

onLatestLine(
  'a worker that dies at any moment after a test costs at most one result, and says after which test',
  async (_, make) => {
    const hops = IS_THOROUGH ? [0, 1, 2, 3, 5, 8, 12, 20, 40] : [0, 1, 2, 5, 20];
    const ends = {exits: 'process.exit(3)', kills: 'process.kill(process.pid, "SIGKILL")'};
    const files = Object.entries(ends).flatMap(([how, end]) =>
      hops.map(count => [
        `${how}${count}.test.js`,
        `test('first', () => {});
       const {existsSync, writeFileSync} = require('fs');
       test('leaves something', () => {
         void (async () => {
           for (let hop = 0; hop < ${count}; hop++) await null;
           writeFileSync('${how}${count} ended', '');
           ${end};
           for (;;);
         })();
       });
       test('next', () => {});
       test('last', async () => {
         while (!existsSync('${how}${count} ended')) await new Promise(resolve => setTimeout(resolve, 20));
       });`,
      ]),
    );
    const project = make(Object.fromEntries(files) as Files);
    const output = await project.run(['-w', '2'], {env: PARALLEL.env});
    expect(output.exitCode).toBe(1);
    for (const [file = ''] of files) {
      const {assertionResults = [], status, message} = resultOf(output.json, file) ?? {};
      const failed = assertionResults.filter(test => test.status !== 'passed').map(({title}) => title);
      expect({file, status, all: assertionResults.length}).toEqual({file, status: 'failed', all: 4});
      expect(failed.length).toBeLessThanOrEqual(1);
      expect(failed).not.toContain('first');
      const when =
        failed.length === 0 ? /died while no test ran, after "leaves something"/ : /died while this test ran/;
      expect(message).toMatch(when);
    }
  },
);

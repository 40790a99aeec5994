/**
 * A table of each moment in a worker's life and each way to die or to loop in it. In every case the run ends, the
 * report names the culprit, and no other result is lost.
 */
import {messageOf, resultOf, statuses} from './outcomes';
import {testFile} from './fixtureProject';
import {IN_ORDER, IS_THOROUGH, onEachLine, onLatestLine, type Files, type JestOutput} from './project';

/** On a machine that is busy with other tests, a file may take some seconds to load. */
const QUICK = {XDIST_IN_BAND: 'never', XDIST_HARD_TIMEOUT: '6s'};

/** What is done, in an asynchronous function. */
const WAYS = {
  loop: 'for (;;);',
  promises: 'for (;;) await null;',
  exit: 'exit(3);',
  kill: 'kill(pid, "SIGKILL");',
};
type Way = keyof typeof WAYS;

/** What a test file takes along: Jest takes it away from the global object when the file has ended. */
const PRELUDE = 'const {exit, kill, pid} = process; const later = setTimeout; const fs = require("fs");';

interface OwnMoment {
  readonly source: (act: string) => string;
  readonly statuses: Readonly<Record<string, string>>;
  readonly says: RegExp;
}

/** Moments in which a file's own code, or that of its environment, runs. */
const OWN_MOMENTS: Readonly<Record<string, OwnMoment>> = {
  environment: {
    source: () => "test('one', () => {});",
    statuses: {},
    says: /The worker process (hung|died) while it loaded this test file/,
  },
  loading: {
    source: act => `(async () => { ${act} })(); test('one', () => {});`,
    statuses: {},
    says: /The worker process (hung|died) while it loaded this test file/,
  },
  beforeAll: {
    source: act =>
      `describe('block', () => { beforeAll(async () => { ${act} }); test('one', () => {}); }); test('two', () => {});`,
    statuses: {'block one': 'failed', two: 'passed'},
    says: /● block › one\n\n {4}The worker process (hung|died) while a beforeAll hook of "block" ran/,
  },
  test: {
    source: act => `test('one', () => {}); test('acts', async () => { ${act} }); test('two', () => {});`,
    statuses: {one: 'passed', acts: 'failed', two: 'passed'},
    says: /● acts\n\n {4}The worker process (hung|died) while this test ran/,
  },
  afterAll: {
    source: act => `afterAll(async () => { ${act} }); test('one', () => {});`,
    statuses: {one: 'passed'},
    says: /Test suite failed to run\n\n {4}The worker process (hung|died) while an afterAll hook of the file ran/,
  },
  teardown: {
    source: () => "test('one', () => {});",
    statuses: {one: 'passed'},
    says: /The worker process (hung|died) after all tests, during the teardown of the test environment/,
  },
};

/** Does in the environment what is to be done there: `moment.way.test.js`. */
const ENVIRONMENT = `
  const {basename} = require('path');
  const {TestEnvironment} = require('jest-environment-node');
  const {exit, kill, pid} = process;
  const fs = require('fs');
  const ways = {${Object.entries(WAYS)
    .map(([way, act]) => `${way}: async () => { ${act} }`)
    .join(', ')}};
  module.exports = class extends TestEnvironment {
    constructor(config, context) {
      super(config, context);
      [this.moment, this.way] = basename(context.testPath).split('.');
    }
    async setup() {
      await super.setup();
      if (this.moment === 'environment') await ways[this.way]();
      if (this.moment === 'next-environment' && !fs.existsSync(this.way)) {
        fs.writeFileSync(this.way, '');
        fs.trap?.();
        await new Promise(() => {});
      }
    }
    async teardown() {
      if (this.moment === 'teardown') await ways[this.way]();
      await super.teardown();
    }
  };`;

const CONFIG = {testEnvironment: './environment.js', testSequencer: './sequencer.js'};
const COMMON: Files = {'environment.js': ENVIRONMENT, 'sequencer.js': IN_ORDER, 'ok.test.js': 'test("ok", () => {});'};

onEachLine(
  'a file that dies or loops in any moment of its own fails, by name, and nothing else does',
  async (_line, make) => {
    const rows = Object.entries(OWN_MOMENTS).flatMap(([moment, row]) =>
      (Object.keys(WAYS) as Way[])
        // An endless chain of promises begins when the loading is over, and is no part of it.
        .filter(way => moment !== 'loading' || way !== 'promises')
        .filter((_, index, ways) => IS_THOROUGH || index === Object.keys(OWN_MOMENTS).indexOf(moment) % ways.length)
        .map(way => ({file: `${moment}.${way}.test.js`, ...row, source: row.source(WAYS[way])})),
    );
    const sources = rows.map(({file, source}) => [file, `${PRELUDE} jest.setTimeout(100); ${source}`]);
    const project = make({...COMMON, ...(Object.fromEntries(sources) as Files)}, CONFIG);
    const output = await project.run(['-w', '4'], {env: QUICK});
    expect(output.exitCode).toBe(1);
    expect(outcomesOf(output, rows)).toEqual(Object.fromEntries(rows.map(row => [row.file, row.statuses])));
    for (const {file, says} of rows)
      expect({[file]: messageOf(output, file)}).toEqual({[file]: expect.stringMatching(says) as unknown});
    expect(statuses(output, 'ok.test.js')).toEqual({ok: 'passed'});
    expect(output.json?.numTotalTestSuites).toBe(rows.length + 1);
    expect(await project.leftProcesses()).toEqual([]);
  },
  ['30'],
);

function outcomesOf(output: JestOutput, rows: readonly {readonly file: string}[]) {
  return Object.fromEntries(rows.map(({file}) => [file, statuses(output, file)]));
}

/** What a file has left behind and does when a later one comes to a moment: a file for each way, which the warning names. */
interface LeftBehind {
  readonly act: string;
  readonly moments: readonly ('next-environment' | 'next-test' | 'next-split')[];
  readonly says: (earlier: string) => RegExp;
}

const LEFT_BEHIND: Readonly<Record<string, LeftBehind>> = {
  loop: {
    act: WAYS.loop,
    moments: ['next-environment', 'next-test', 'next-split'],
    says: earlier => new RegExp(`code that \\S*${earlier} left behind .* hung worker w\\d while it ran.* runs again`),
  },
  promises: {
    act: WAYS.promises,
    moments: ['next-environment', 'next-test', 'next-split'],
    says: earlier => new RegExp(`code that \\S*${earlier} left behind .* hung worker w\\d while it ran.* runs again`),
  },
  // No frame of the earlier file is on the stack, but the later one's code has not begun.
  helper: {
    act: 'later(spin, 1);',
    moments: ['next-environment'],
    says: earlier => new RegExp(`before any code of .* ran, which runs again.*ended in this worker is \\S*${earlier},`),
  },
  exception: {
    act: 'later(() => { throw new Error("left behind"); }, 1);',
    moments: ['next-environment'], // jest-circus catches what is thrown while a test runs
    says: earlier => new RegExp(`an exception that \\S*${earlier} left behind .* ended the worker`),
  },
};

onLatestLine(
  'what a file leaves behind costs a later one nothing, and the earlier one is named',
  async (_line, make) => {
    const rows = Object.entries(LEFT_BEHIND).flatMap(([way, {act, moments, says}]) =>
      (IS_THOROUGH ? moments : moments.slice(-1)).map(moment => ({
        way,
        act,
        moment,
        earlier: `1.${way}.${moment}.test.js`,
        says,
      })),
    );
    const files = rows.flatMap(({way, act, moment, earlier}) => {
      const pragmas = `@worker-group ${way}.${moment}\n * @hard-timeout 6s`;
      const stops = `if (!fs.existsSync('${way}.${moment}')) { fs.writeFileSync('${way}.${moment}', ''); fs.trap?.(); await new Promise(() => {}); }`;
      return [
        [
          earlier,
          `/** ${pragmas} */ ${PRELUDE} const {spin} = require('./helper'); test('leaves', () => { fs.trap = () => later(async () => { ${act} }, 1); });`,
        ],
        [
          `${moment}.${way}.test.js`,
          `/** ${pragmas}${moment === 'next-split' ? '\n * @can-split' : ''} */ ${PRELUDE} test('one', () => {});
          test('two', async () => { ${moment === 'next-environment' ? '' : stops} });`,
        ],
      ];
    });
    const helper = {'helper.js': 'exports.spin = () => { for (;;); };'};
    const project = make({...COMMON, ...helper, ...(Object.fromEntries(files) as Files)}, CONFIG);
    const output = await project.run(['-w', '4'], {env: QUICK});
    expect({code: output.exitCode, passed: output.json?.numPassedTests}).toEqual({
      code: 0,
      passed: 3 * rows.length + 1,
    });
    for (const {earlier, says} of rows) expect(output.stderr).toMatch(says(earlier.replaceAll('.', '\\.')));
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine(
  'an error that an earlier file throws in a test fails it, and its text names that file',
  async (_line, make) => {
    const project = make(
      {
        'a.test.js': `const assert = require('assert'); const later = setTimeout;
        test('leaves', () => {
          const fails = [() => { throw new Error('too late'); }, () => expect(1).toBe(2), () => assert.equal(1, 2), async () => { throw new TypeError('rejected'); }];
          require('fs').traps = fails.map(fail => () => later(fail, 1));
        });`,
        'b.test.js': `const {traps = []} = require('fs');
        for (const index of [0, 1, 2, 3]) test('innocent ' + index, async () => {
          traps[index]?.();
          await new Promise(resolve => setTimeout(resolve, 100));
        });
        test('guilty', () => new Promise(() => setTimeout(() => { throw new Error('its own'); }, 1)), 300);`,
        'sequencer.js': IN_ORDER,
      },
      {workerIdleMemoryLimit: '4GB', testSequencer: './sequencer.js'},
    );
    const NOTE = 'This error comes from a.test.js, which had ended in this process when it was thrown.';
    const outcomes = [];
    for (const [args, env, runner] of [
      [['-w', '1'], QUICK, 'stock'],
      [['-w', '1'], QUICK, 'xdist'],
      [['-i'], {}, 'xdist'],
    ] as const) {
      const output = await project.run(args, {env, runner});
      outcomes.push({exitCode: output.exitCode, statuses: statuses(output, 'b.test.js')});
      const texts = resultOf(output.json, 'b.test.js')?.assertionResults.map(
        ({failureMessages}) => failureMessages?.join() ?? '',
      );
      const told = texts?.map(text => text.split(NOTE).length - 1);
      expect({runner, args, told}).toEqual({
        runner,
        args,
        told: runner === 'stock' ? [0, 0, 0, 0, 0] : [1, 1, 1, 1, 0],
      });
      if (runner !== 'stock')
        expect(messageOf(output, 'b.test.js')).toMatch(/● innocent 0\n\n {4}too late\n\n {4}This error/);
    }
    expect(outcomes.slice(1)).toEqual([outcomes[0], outcomes[0]]);
  },
);

describe('when no file is waiting for a worker that loops', () => {
  const LEAVES = `${PRELUDE} test('leaves', () => { setInterval(() => { if (fs.existsSync('reported')) for (;;); }, 1); });`;
  /** Waits for the process of the first file's worker to be gone. */
  const OUTLIVES = `test('outlives it', async () => {
    const fs = require('fs');
    const lives = () => { try { process.kill(Number(fs.readFileSync('worker')), 0); return true; } catch (error) { return error.code === 'ENOENT'; } };
    while (lives()) await new Promise(resolve => setTimeout(resolve, 20));
  }, 1e9);`;
  const REPORTER = `module.exports = class {
    onTestFileResult(test) { if (test.path.endsWith('a.test.js')) require('fs').writeFileSync('reported', ''); }
  };`;
  const run = ['-w', '2', '--reporters=./reporter.js'];

  onEachLine(
    'it is ended while the others go on',
    async (_line, make) => {
      const project = make({
        'a.test.js': LEAVES.replace('setInterval', 'fs.writeFileSync("worker", String(pid)); setInterval'),
        'b.test.js': OUTLIVES,
        'reporter.js': REPORTER,
      });
      const {exitCode, stderr, json} = await project.run(run, {env: QUICK});
      expect({exitCode, passed: json?.numPassedTests}).toEqual({exitCode: 0, passed: 2});
      expect(stderr).toMatch(/code that \S*a\.test\.js left behind .* hung worker w\d: the runner killed it after/);
      expect(stderr).toMatch(/Where it hung, in \(between two files\):\n {4}at .*a\.test\.js:1:\d+/);
    },
    ['30'],
  );

  onLatestLine("and the run is over, it ends within the grace, with the stock runner's words", async (_line, make) => {
    const project = make({'a.test.js': LEAVES, 'b.test.js': 'test("ok", () => {});', 'reporter.js': REPORTER});
    const {exitCode, stderr, json} = await project.run(run, {env: {XDIST_IN_BAND: 'never'}});
    expect({exitCode, passed: json?.numPassedTests}).toEqual({exitCode: 0, passed: 2});
    expect(stderr).toContain('A worker process has failed to exit gracefully and has been force exited.');
  });
});

onLatestLine(
  'a file that breaks the streams of its process costs nothing, as with the stock runner',
  async (_line, make) => {
    const later = Array.from({length: 4}, (_, index) => [`b${index}.test.js`, 'test("ok", () => {});']);
    const project = make(
      {
        'a.test.js': `test('mocks', () => {
        const mocked = () => true;
        require('stream').Readable.prototype.push = require('events').EventEmitter.prototype.listenerCount = mocked;
      });`,
        'sequencer.js': IN_ORDER,
        ...(Object.fromEntries(later) as Files),
      },
      {testSequencer: './sequencer.js'},
    );
    for (const runner of ['stock', 'xdist'] as const) {
      const {exitCode, json, stderr} = await project.run(['-w', '2'], {env: QUICK, runner});
      expect({runner, exitCode, passed: json?.numPassedTests}).toEqual({runner, exitCode: 0, passed: 5});
      expect(stderr).not.toContain('jest-runner-xdist:');
    }
  },
);

/** Whatever of a run's processes is not a worker: fixtures and their host, which a test finds and kills. */
const FIND = `const find = name => fs.readdirSync('/proc').filter(entry => {
  try {
    const inside = fs.readlinkSync('/proc/' + entry + '/cwd') === process.cwd();
    return /^\\d+$/.test(entry) && inside && fs.readFileSync('/proc/' + entry + '/cmdline', 'utf8').includes(name);
  } catch { return false; }
}).map(Number);`;

describe.each([
  ["a fixture's process", 'fixtures/fixture.js', /its process has ended|its process ended|had ended by itself/],
  ['the host of the fixtures', 'fixtures/host.js', /the process that looks after all shared fixtures is gone/],
])('%s that is killed', (_what, module, says) => {
  onEachLine(
    'is named, and costs those alone that need it later',
    async (_line, make) => {
      const project = make(
        {
          'db.js': `module.exports = {setup: () => 'there', teardown: () => undefined};`,
          '1.test.js': testFile(
            ['@shared-fixture ./db.js'],
            `const fs = require('fs'); ${FIND}
            test('kills', async () => {
              expect(sharedFixture('./db.js')).toBe('there');
              const found = find('${module}');
              expect(found).toHaveLength(1);
              for (const pid of found) process.kill(pid, 'SIGKILL');
              while (find('${module}').length > 0) await new Promise(resolve => setTimeout(resolve, 20));
            }, 60_000);`,
          ),
          '2.test.js': testFile(['@shared-fixture ./db.js'], `test('needs it', () => void sharedFixture('./db.js'));`),
          '3.test.js': 'test("ok", () => {});',
          'sequencer.js': IN_ORDER,
        },
        {testSequencer: './sequencer.js', workerIdleMemoryLimit: '4GB'},
      );
      const output = await project.run(['-w', '1'], {env: {XDIST_IN_BAND: 'never'}});
      expect(output.exitCode).toBe(1);
      expect(output.stderr).toMatch(says);
      expect(statuses(output, '1.test.js')).toEqual({kills: 'passed'});
      expect(statuses(output, '3.test.js')).toEqual({ok: 'passed'});
      expect(output.json?.numTotalTests).toBe(3);
      expect(await project.leftProcesses()).toEqual([]);
    },
    ['30'],
  );
});

/** If a test hangs, the runner ends it, names it and shows where it hung. The rest of its file still runs. */
import {spawnSync} from 'node:child_process';
import {expectOutcomes, messageOf, sourcesOf, statuses, type FileCases} from './outcomes';
import {onLatestLine, onlyThorough, type JestOutput} from './project';
import {BUSY_REPORTER, expectSplit, splitFile} from './splitting';

const PARALLEL = {XDIST_IN_BAND: 'never'};
const limitedTo = (seconds: number) => ({...PARALLEL, XDIST_HARD_TIMEOUT: `${seconds}s`});
const QUICK = limitedTo(3);

/** The file that is to hang while it is loaded. */
const LOAD = 'load.test.js';

/**
 * Plays a hang with a limit (s) within which all files load but `LOAD`. The limit that a hang waits out is the limit for
 * loading, too, and on a busy machine loading takes seconds.
 */
async function withinLimit<Outputs extends readonly JestOutput[]>(
  seconds: number,
  play: (seconds: number) => Promise<Outputs>,
): Promise<Outputs> {
  const outputs = await play(seconds);
  return seconds < 60 && outputs.some(wasLate) ? withinLimit(2 * seconds, play) : outputs;
}

/** Whether a limit ended the loading of a file: in band, in its only worker, or in one of the workers that share it. */
function wasLate({json, stderr}: JestOutput): boolean {
  const others = json?.testResults.filter(({name}) => !name.endsWith(LOAD)) ?? [];
  return (
    /\(while [^)]*\) hangs/.test(stderr) ||
    /runs whole, in one worker/.test(stderr) ||
    others.some(({message}) => message.includes('hung while it loaded this test file'))
  );
}

const SPIN = 'for (;;);';

/** Jest's own timeouts are short, so that ours, which is never shorter than 1.5 of them, is, too. */
const SHORT = 'jest.setTimeout(100);';

const KINDS: FileCases = {
  'test.test.js': {
    source: `${SHORT}\nfunction busy(n) {\n  for (;;) n++;\n}\ntest('one', () => {});\ntest('spins', () => {\n  busy(1);\n});\ntest('two', () => {});`,
    statuses: {one: 'passed', spins: 'failed', two: 'passed'},
    says: [
      /● spins\n\n {4}The worker process hung while this test ran: the runner killed it after [\d.]+ s \(limit: \d+ s, hardTimeout\)\./,
      /Where it hung, in test\.test\.js › spins:[^]*> 3 \| {3}for \(;;\) n\+\+;[^]*at busy \(test\.test\.js:3:\d+\)\n\s+at .*test\.test\.js:7:3/,
    ],
  },
  'hooks.test.js': {
    source: `${SHORT} describe('a', () => { beforeAll(() => { ${SPIN} }); test('one', () => {}); });
      describe('b', () => { afterEach(() => { ${SPIN} }); test('two', () => {}); });
      describe('c', () => { afterAll(() => { ${SPIN} }); test('three', () => {}); }); test('four', () => {});`,
    statuses: {'a one': 'failed', 'b two': 'failed', 'c three': 'passed', four: 'passed'},
    says: [
      /● a › one\n\n {4}The worker process hung while a beforeAll hook of "a" ran[^]*Where it hung, in hooks\.test\.js › a \(beforeAll hook\)/,
      /● b › two[^]*Where it hung, in hooks\.test\.js › b › two \(afterEach hook\)/,
      /Test suite failed to run\n\n {4}The worker process hung while an afterAll hook of "c" ran/,
    ],
  },
  [LOAD]: {
    source: `require('fs').appendFileSync('loads', 'x');\n${SPIN}\ntest('one', () => {});`,
    statuses: {},
    says: [
      /The worker process hung while it loaded this test file[^]*> 2 \| for \(;;\);[^]*load\.test\.js:2:\d/,
      // The stack is there once, and without Jest's own frames.
      /^(?:(?!load\.test\.js:2:\d)[^])*load\.test\.js:2:\d+(?:(?!load\.test\.js:2:\d|node_modules)[^])*$/,
    ],
  },
  'teardown.test.js': {
    source: `/** @jest-environment ./environment.js */ test('one', () => {});`,
    statuses: {one: 'passed'},
    says: [/hung after all tests, during the teardown of the test environment[^]*environment\.js/],
  },
  'asynchronous.test.js': {
    source: `/** @hard-timeout 3s */ test('waits', async () => { require('net').createServer().listen(0); await new Promise(() => {}); }, 1e9); test('one', () => {});`,
    statuses: {waits: 'failed', one: 'passed'},
    says: [/● waits[^]*The main thread runs no code\. Open resources: .*TCPServerWrap/],
  },
  'native.test.js': {
    source: `${SHORT} test('sleeps', () => { require('child_process').execFileSync(process.execPath, ['-e', 'setInterval(() => {}, 1000)', __filename]); }); test('one', () => {});`,
    statuses: {sleeps: 'failed', one: 'passed'},
    says: [/● sleeps[^]*The main thread runs native code that cannot be interrupted/],
  },
  'babel.test.js': {
    source: `${SHORT}\nconst gone = () => {};\ngone();\n\ntest('spins', () => {\n  let count = 0;\n  for (;;) {\n    count++;\n  }\n});`,
    statuses: {spins: 'failed'},
    says: [/● spins[^]*at .*babel\.test\.js:[78]:\d+/],
  },
};

/** Puts lines before the source, and a map beside it that says so, as a compiler would. */
const TRANSFORM = `
  const {basename} = require('path');
  exports.process = (source, path) => {
    if (basename(path) !== 'babel.test.js') return {code: source};
    const lines = source.split('\\n');
    const mappings = ';;;;;' + lines.map((_, line) => (line === 0 ? 'AAAA' : 'AACA')).join(';');
    const map = {version: 3, sources: [path], names: [], sourcesContent: [source], mappings};
    const url = 'data:application/json;base64,' + Buffer.from(JSON.stringify(map)).toString('base64');
    return {code: '\\n'.repeat(5) + source + '\\n//# sourceMappingURL=' + url, map: JSON.stringify(map)};
  };`;

onLatestLine('every kind of hang ends, with the place; every other test has its result', async (_line, make) => {
  const project = make(
    {
      ...sourcesOf(KINDS),
      'environment.js': `
        const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment { async teardown() { ${SPIN} } };`,
      'transform.js': TRANSFORM,
    },
    {transform: {'\\.js$': './transform.js'}},
  );
  const [output] = await withinLimit(3, async seconds => {
    project.reset();
    return [await project.run(['-w', '3'], {env: limitedTo(seconds)})] as const;
  });
  expect(output.exitCode).toBe(1);
  expectOutcomes(output, KINDS);
  expect(project.read('loads')).toBe('x'); // it would hang again
  expect(await project.leftProcesses()).toEqual([]);
  // Nor is there a process that a test started.
  expect(spawnSync('ps', ['-eo', 'args'], {encoding: 'utf8'}).stdout).not.toContain(project.path('native.test.js'));
});

onLatestLine(
  'a test that is slow is told of, and passes: its own timeout counts for more than the option',
  async (_line, make) => {
    // Each ends once it has been told of, and has run for longer than the option allows.
    const slow = (name: string) => `
      const end = performance.now() + 3500;
      while (performance.now() < end || !require('fs').existsSync('told of ${name}.test.js'));`;
    const project = make({
      'slow.test.js': `test('takes its time', () => { ${slow('slow')} }, 600_000);`,
      'pragma.test.js': `/** @hard-timeout 0 */ jest.setTimeout(100); test('so does this', () => { ${slow('pragma')} });`,
      // Of concurrent tests each has its own time.
      'concurrent.test.js': `const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
        test.concurrent('long', () => pause(3500), 60_000); test.concurrent('short', () => pause(10), 100_000);`,
    });
    const {exitCode, stderr} = await project.run(['-w', '3'], {
      env: {...QUICK, XDIST_SLOW_TIMEOUT: '500ms'},
      meanwhile: jest => {
        let told = '';
        jest.stderr?.on('data', (text: string) => {
          told += text;
          for (const [, file] of told.matchAll(/^SLOW w\d (\S+) › (?!\()/gm)) project.write(`told of ${file}`, '');
        });
        return Promise.resolve();
      },
    });
    expect({exitCode}).toEqual({exitCode: 0});
    const told = (line: RegExp) => stderr.match(line)?.length;
    expect(told(/^SLOW w\d slow\.test\.js › takes its time: still running after [\d.]+ m?s$/gm)).toBe(1);
    expect(told(/^SLOW w\d pragma\.test\.js › so does this: /gm)).toBe(1);
  },
);

onLatestLine('what hung is to blame, also if it went on until it was killed', async (_line, make) => {
  const project = make({
    'deaf.js': `const {TestEnvironment} = require('jest-environment-node');
      process.on('SIGTERM', () => {});
      module.exports = TestEnvironment;`,
    'b.test.js': 'test("ok", () => {});',
  });
  const hangs = (seconds: number) => `/** @hard-timeout ${seconds}s
       * @jest-environment ./deaf.js */
      test('hangs', async () => {
        const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
        await new Promise(resolve => child.on('exit', resolve)); // the first that SIGTERM ends
      }, 60_000);
      for (let i = 0; i < 4; i++) test('after ' + i, () => new Promise(resolve => setTimeout(resolve, 200)));`;
  const [output] = await withinLimit(1, async seconds => {
    project.reset();
    project.write('a.test.js', hangs(seconds));
    return [await project.run(['-w', '2'], {env: PARALLEL})] as const;
  });
  expect(statuses(output, 'a.test.js')).toEqual({
    hangs: 'failed',
    'after 0': 'passed',
    'after 1': 'passed',
    'after 2': 'passed',
    'after 3': 'passed',
  });
});

onLatestLine('the pragma @hard-timeout is exact, whatever the option and the own timeouts say', async (_line, make) => {
  const project = make({'b.test.js': 'test("ok", () => {});'});
  let limit = NaN;
  const [output] = await withinLimit(1, async seconds => {
    limit = seconds;
    project.reset();
    project.write(
      'a.test.js',
      `/** @hard-timeout ${seconds}s */ test('spins', () => { ${SPIN} }, 600_000); test('one', () => {});`,
    );
    return [await project.run(['-w', '2'], {env: PARALLEL})] as const;
  });
  expect(statuses(output, 'a.test.js')).toEqual({spins: 'failed', one: 'passed'});
  expect(messageOf(output, 'a.test.js')).toContain(`(limit: ${limit} s, set for this file)`);
});

onLatestLine('in band a hang ends Jest, with the place; the file gets a worker the next time', async (_line, make) => {
  const project = make({'a.test.js': `${SHORT}\ntest('one', () => {});\ntest('spins', () => {\n  ${SPIN}\n});`});
  let limit = NaN;
  const [first, second] = await withinLimit(1, async seconds => {
    limit = seconds;
    project.reset();
    const env = {XDIST_HARD_TIMEOUT: `${seconds}s`, XDIST_SLOW_TIMEOUT: '500ms'};
    return [await project.run(['-w', '2'], {env}), await project.run(['-w', '2'], {env})] as const;
  });
  expect(first).toMatchObject({exitCode: 1, signal: null, json: null});
  expect(first.stderr).toMatch(/^SLOW a\.test\.js › spins: still running after/m);
  expect(first.stderr).toContain(
    `a.test.js › spins hangs: it has not ended within ${limit} s (hardTimeout). Jest ends here.\n    at `,
  );
  expect(first.stderr).toMatch(/Jest ends here\.\n {4}at .*a\.test\.js:4:3/);
  expect(first.stderr).not.toContain('jest-circus');
  expect(first.stderr.match(/this test ended Jest itself.*/g)).toEqual([
    "this test ended Jest itself, because Jest used no workers. Run it again, or set inBand: 'never'.",
  ]);
  expect(second.exitCode).toBe(1);
  expect(statuses(second, 'a.test.js')).toEqual({one: 'passed', spins: 'failed'});
});

// It takes a minute of silence.
onlyThorough('a worker that was stopped from outside is found by its silence', async (_line, make) => {
  const project = make({
    'a.test.js': `test('is stopped', async () => { process.kill(process.pid, 'SIGSTOP'); await new Promise(() => {}); }, 600); test('one', () => {});`,
    'b.test.js': 'test("ok", () => {});',
  });
  const output = await project.run(['-w', '2'], {env: QUICK});
  expect(statuses(output, 'a.test.js')).toEqual({'is stopped': 'failed', one: 'passed'});
  expect(messageOf(output, 'a.test.js')).toMatch(
    /the runner killed it because it was silent for [\d.]+ s: another process stopped it \(SIGSTOP\)/,
  );
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine(
  'a file that is split while a test of it hangs and Jest is busy loses no test but that one',
  async (_line, make) => {
    const project = make({
      // Only the test that hangs has a short timeout: another one waits for the second worker.
      ...splitFile(
        `for (let i = 0; i < 10; i++) {
          test('slow ' + i, async () => { await pause(); if (i === 4) ${SPIN} }, i === 4 ? 100 : undefined);
        }`,
        {name: 'hangs.test.js'},
      ),
      ...BUSY_REPORTER,
    });
    const [output] = await withinLimit(4, async seconds => {
      project.reset();
      return [await project.run(['-w', '2', '--reporters=./busy.js'], {env: limitedTo(seconds)})] as const;
    });
    expectSplit(output, 'hangs.test.js');
    const all = statuses(output, 'hangs.test.js');
    expect(Object.keys(all)).toHaveLength(10);
    expect(Object.entries(all).filter(([, status]) => status !== 'passed')).toEqual([['slow 4', 'failed']]);
    expect(messageOf(output, 'hangs.test.js')).toMatch(
      /● slow 4\n\n {4}The worker process hung while this test ran[^]*Where it hung, in hangs\.test\.js › slow 4/,
    );
    expect(output.json).toMatchObject({numTotalTests: 12, numPassedTests: 11});
  },
);

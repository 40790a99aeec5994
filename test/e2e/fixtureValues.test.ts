/**
 * Test files read the values of shared fixtures, whatever environment, module kind or mocks they use. A file gets no
 * value from a fixture that has failed.
 */
import {fork} from 'node:child_process';
import {join} from 'node:path';
import type {FileFixtures, FixtureFailure} from '../../src/core/wire/workerMessages';
import type {FixtureAnswer, FixtureOrder} from './fixtureRuns';
import {onEachLine, onLatestLine, type Files, type Project} from './project';

const VALUE = {url: 'http://127.0.0.1:4711', list: [1, {deep: null}]};

const FAILURE: FixtureFailure = {
  message: 'the database did not start',
  stack: 'TypeError: the database did not start\n    at setup (/project/fixtures/db.js:3:9)',
};

/** `./db.js`, declared as `@shared-fixture ./db.js`. */
function declares(project: Project, failure: FixtureFailure | null = null): FileFixtures {
  const names = ['./db.js', './db', project.path('db.js'), project.path('db')];
  return {declared: [{names, json: JSON.stringify(VALUE)}], failure};
}

interface Options {
  readonly fixtures?: FileFixtures | null;
  readonly pattern?: string;
  readonly inBand?: boolean;
  readonly nodeArgs?: readonly string[];
}

/** Runs files one after the other, in one process. */
async function runFiles(project: Project, paths: readonly string[], options: Options = {}): Promise<FixtureAnswer[]> {
  const {fixtures = declares(project), pattern = '', inBand = false, nodeArgs = []} = options;
  const jiti = join(__dirname, '..', '..', 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');
  const {XDIST_RUN_ID: _, ...env} = process.env;
  const child = fork(jiti, [join(__dirname, 'fixtureRuns.ts'), project.path('../..'), project.folder], {
    cwd: project.folder,
    execArgv: [...nodeArgs],
    env: {...env, JEST_WORKER_ID: '1', XDIST_RUN_ID: 'run'},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const answers: FixtureAnswer[] = [];
  try {
    for (const path of paths) {
      const order: FixtureOrder = {path: project.path(path), fixtures, pattern, inBand};
      answers.push(
        await new Promise<FixtureAnswer>((resolve, reject) => {
          child.once('exit', code => reject(new Error(`the child ended with ${code}: ${stderr}`)));
          // Jest's own messages about single tests are lists.
          child.on('message', (message: {answer?: FixtureAnswer}) => {
            if (message.answer !== undefined) resolve(message.answer);
          });
          child.send(order);
        }),
      );
      child.removeAllListeners('message').removeAllListeners('exit');
    }
  } finally {
    child.kill();
  }
  return answers;
}

function outcomes(answer: FixtureAnswer | undefined): string[] {
  if (answer === undefined || 'thrown' in answer) return [`failed: ${answer?.thrown.stack}`];
  return answer.result.testResults.map(({status, title, failureMessages}) =>
    [status, title, ...failureMessages].join(' '),
  );
}

const USE = "const {sharedFixture} = require('jest-runner-xdist/fixtures');";

/** Reads the value wherever code of a test file runs, and changes it: the second file must not see that. */
const READS = `
  ${USE}
  const value = sharedFixture('./db');
  const VALUE = ${JSON.stringify(VALUE)};
  const seen = [];
  beforeAll(() => void seen.push(sharedFixture('./db')));
  beforeEach(() => void seen.push(sharedFixture('./db')));
  test('of this realm', () => {
    expect(value).toStrictEqual(VALUE);
    expect(value).toBeInstanceOf(Object);
    expect(value.list).toBeInstanceOf(Array);
  });
  test('one for the file', () => {
    value.list.push('of this file');
    jest.resetModules();
    const again = require('jest-runner-xdist/fixtures').sharedFixture;
    expect(again).not.toBe(sharedFixture);
    expect(again('./db')).toBe(value);
    for (const one of [...seen, before, after]) expect(one).toBe(value);
    expect(seen).toHaveLength(3);
  });
  test('by any of its paths', () => {
    for (const path of ['./db.js', 'db', './folder/../db.ts', __dirname + '/db', __dirname + '/db.js']) {
      expect(sharedFixture(path)).toBe(value);
    }
  });`;

const FILES: Files = {
  'before.js': `${USE} globalThis.before = sharedFixture('./db');`,
  'after.js': `${USE} globalThis.after = sharedFixture('./db');`,
  'a.test.js': READS,
  'b.test.js': READS,
};

const SET_UP = {setupFiles: ['./before.js'], setupFilesAfterEnv: ['./after.js']};

const PASSED = ['passed of this realm', 'passed one for the file', 'passed by any of its paths'];

const ENVIRONMENT = `
  const {TestEnvironment} = require('jest-environment-node');
  module.exports = class extends TestEnvironment {
    async setup() { await super.setup(); this.global.own = true; }
  };`;

describe.each([
  ['node', {}, onEachLine],
  ['jsdom', {testEnvironment: 'jsdom'}, onLatestLine],
  ['an environment of its own', {testEnvironment: './environment.js'}, onLatestLine],
  ['automock', {automock: true}, onEachLine],
  ['automock with patterns', {automock: true, unmockedModulePathPatterns: ['nothing']}, onLatestLine],
  ['resetModules', {resetModules: true}, onLatestLine],
  ['Babel', {transform: {'\\.js$': 'babel-jest'}, transformIgnorePatterns: []}, onLatestLine],
])('%s', (_what, config, define) => {
  define('the value is there for setupFiles, hooks and tests, a copy for each file', async (_line, make) => {
    const project = make({...FILES, 'environment.js': ENVIRONMENT}, {...SET_UP, ...config});
    const answers = await runFiles(project, ['a.test.js', 'b.test.js']);
    expect(answers.map(outcomes)).toEqual([PASSED, PASSED]);
  });
});

onLatestLine('in band the value is there as well', async (_line, make) => {
  for (const config of [{}, {automock: true, testEnvironment: 'jsdom'}]) {
    const project = make(FILES, {...SET_UP, ...config});
    const answers = await runFiles(project, ['a.test.js', 'b.test.js'], {inBand: true});
    expect(answers.map(outcomes)).toEqual([PASSED, PASSED]);
  }
});

onLatestLine('mocked modules of Node, and no globals of Jest', async (_line, make) => {
  const project = make(
    {
      'a.test.js': `
        const {test, expect, jest} = require('@jest/globals');
        jest.mock('fs');
        jest.mock('path');
        const {sharedFixture} = require('jest-runner-xdist/fixtures');
        test('reads', () => expect(sharedFixture('./folder/../db').list).toEqual([1, {deep: null}]));`,
    },
    {injectGlobals: false},
  );
  const [answer] = await runFiles(project, ['a.test.js']);
  expect(outcomes(answer)).toEqual(['passed reads']);
});

onEachLine('an ES module', async (_line, make) => {
  const project = make(
    {
      'before.mjs':
        "import {sharedFixture} from 'jest-runner-xdist/fixtures'; globalThis.before = sharedFixture('./db');",
      'a.test.mjs': `
        import {sharedFixture} from 'jest-runner-xdist/fixtures';
        const value = sharedFixture('./db');
        test('reads', async () => {
          expect(value).toStrictEqual(${JSON.stringify(VALUE)});
          expect(value).toBeInstanceOf(Object);
          expect(before).toBe(value);
          expect((await import('jest-runner-xdist/fixtures')).sharedFixture('./db.js')).toBe(value);
        });`,
    },
    {testMatch: ['**/*.mjs'], setupFiles: ['./before.mjs']},
  );
  const nodeArgs = ['--experimental-vm-modules', '--no-warnings'];
  const [answer] = await runFiles(project, ['a.test.mjs'], {nodeArgs});
  expect(outcomes(answer)).toEqual(['passed reads']);
});

onLatestLine('what the file did not declare is an error that shows what to add', async (_line, make) => {
  const project = make({
    'a.test.js': `${USE}\ntest('reads', () => {\n  sharedFixture('./other');\n});`,
  });
  const [declared] = await runFiles(project, ['a.test.js']);
  const [message] = outcomes(declared);
  expect(message).toContain('does not declare the shared fixture ./other; it declares ./db.js.');
  expect(message).toContain(' * @shared-fixture ./other\n');
  // The caller's line is the first one.
  expect(/\n +at .*/.exec(message ?? '')?.[0]).toContain('a.test.js:3:3');
  const [none] = await runFiles(project, ['a.test.js'], {fixtures: null});
  expect(outcomes(none)[0]).toContain('it declares none.');
});

onLatestLine('without this runner, an error says what to do', async (_line, make) => {
  const project = make({'a.test.js': `${USE} test('reads', () => sharedFixture('./db'));`});
  const {json} = await project.run([], {runner: 'stock'});
  expect(json?.testResults[0]?.message).toContain("Put `runner: 'xdist'` into the Jest config");
});

onLatestLine('what is transformed is found in the cache, with fixtures or without', async (_line, make) => {
  for (const config of [{}, {automock: true}, {automock: true, unmockedModulePathPatterns: ['nothing']}]) {
    const project = make(
      {
        'transform.js': `
          module.exports = {process(code, path) {
            require('fs').appendFileSync(${JSON.stringify('TRANSFORMED')}, path + '\\n');
            return {code};
          }};`,
        'a.test.js': "test('a', () => {});",
      },
      {...config, transform: {'\\.js$': './transform.js'}},
    );
    await runFiles(project, ['a.test.js'], {fixtures: null});
    expect(project.read('TRANSFORMED')).toBe(`${project.path('a.test.js')}\n`);
    const [answer] = await runFiles(project, ['a.test.js']);
    expect(outcomes(answer)).toEqual(['passed a']);
    expect(project.read('TRANSFORMED')).toBe(`${project.path('a.test.js')}\n`);
  }
});

onLatestLine('a file without fixtures has the config that Jest made', async (_line, make) => {
  const project = make(
    {
      'environment.js': `
        const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          constructor({globalConfig, projectConfig}, context) {
            super({globalConfig, projectConfig}, context);
            const {globals, unmockedModulePathPatterns} = projectConfig;
            this.global.seen = [Reflect.ownKeys(globals).length, Reflect.ownKeys(unmockedModulePathPatterns).length];
          }
        };`,
      'a.test.js': "test('a', () => expect(seen).toEqual([1, 2]));",
      'b.test.js': "test('b', () => expect(seen).toEqual([2, 4]));",
    },
    {testEnvironment: './environment.js', automock: true, globals: {own: 1}, unmockedModulePathPatterns: ['x']},
  );
  const [without] = await runFiles(project, ['a.test.js'], {fixtures: null});
  expect(outcomes(without)).toEqual(['passed a']);
  const [with_] = await runFiles(project, ['b.test.js']);
  expect(outcomes(with_)).toEqual(['passed b']);
});

const NOTE = "const note = what => require('fs').appendFileSync('NOTES', what + '\\n');";

const FAILS = `
  ${NOTE}
  note('loaded');
  jest.retryTimes(2);
  beforeAll(() => note('beforeAll'));
  beforeEach(() => note('beforeEach'));
  afterEach(() => note('afterEach'));
  afterAll(() => note('afterAll'));
  test('plain', () => note('plain'));
  test('with done', done => { note('done'); done(); });
  test.failing('meant to fail', () => { note('failing'); throw new Error('meant'); });
  test.skip('skipped', () => note('skipped'));
  test.todo('todo');
  test.concurrent('concurrent', async () => note('concurrent'));
  describe.each([1, 2])('block %i', () => {
    beforeAll(() => note('inner beforeAll'));
    test.each([3, 4])('test %i', () => note('each'));
  });
  describe.skip('skipped block', () => {
    beforeAll(() => note('skipped beforeAll'));
    test('within', () => note('within'));
  });`;

describe.each([
  ['in a worker', false],
  ['in band', true],
])('a fixture that has failed, %s', (_where, inBand) => {
  onEachLine('fails every test that would run, once, and nothing of them runs', async (_line, make) => {
    const project = make({'a.test.js': FAILS});
    const [answer] = await runFiles(project, ['a.test.js'], {fixtures: declares(project, FAILURE), inBand});
    const failed = (title: string) => `failed ${title} ${FAILURE.stack}`;
    expect(outcomes(answer)).toEqual([
      failed('plain'),
      failed('with done'),
      failed('meant to fail'),
      'pending skipped',
      'todo todo',
      failed('concurrent'),
      failed('test 3'),
      failed('test 4'),
      failed('test 3'),
      failed('test 4'),
      'pending within',
    ]);
    if (answer === undefined || 'thrown' in answer) throw new Error('no result');
    expect(answer.result).toMatchObject({
      numFailingTests: 8,
      numPassingTests: 0,
      numPendingTests: 2,
      numTodoTests: 1,
    });
    expect(answer.result.testExecError).toBeUndefined();
    for (const {status, invocations} of answer.result.testResults) {
      if (status === 'failed') expect(invocations).toBe(1);
    }
    expect(project.read('NOTES')).toBe('loaded\n');
  });

  onLatestLine('leaves alone what -t and test.only leave out', async (_line, make) => {
    const project = make({
      'a.test.js': FAILS,
      'b.test.js': "test('a', () => {}); test.only('b', () => {}); describe('c', () => { test('d', () => {}); });",
    });
    const options = {fixtures: declares(project, FAILURE), inBand};
    const [named] = await runFiles(project, ['a.test.js'], {...options, pattern: 'block 2 test 3'});
    expect(outcomes(named).filter(outcome => !/^(pending|todo) [\w ]+$/.test(outcome))).toEqual([
      `failed test 3 ${FAILURE.stack}`,
    ]);
    const [only] = await runFiles(project, ['b.test.js'], options);
    expect(outcomes(only)).toEqual(['pending a', `failed b ${FAILURE.stack}`, 'pending d']);
  });

  onLatestLine('fails the file where it is asked for while the file is loaded', async (_line, make) => {
    const project = make({'a.test.js': `${USE} sharedFixture('./db'); test('a', () => {});`});
    const [answer] = await runFiles(project, ['a.test.js'], {fixtures: declares(project, FAILURE), inBand});
    expect(answer).toEqual({thrown: FAILURE});
  });

  onLatestLine('fails the file in a framework that is not circus', async (_line, make) => {
    const project = make({'a.test.js': `${NOTE} note('loaded'); test('a', () => {});`}, {testRunner: 'jest-jasmine2'});
    const [answer] = await runFiles(project, ['a.test.js'], {fixtures: declares(project, FAILURE), inBand});
    expect(answer).toEqual({thrown: FAILURE});
    expect(project.exists('NOTES')).toBe(false);
  });

  onLatestLine('fails the file whose environment cannot be followed', async (_line, make) => {
    const project = make(
      {
        'environment.js': `
          const {TestEnvironment} = require('jest-environment-node');
          module.exports = class extends TestEnvironment {
            constructor(...all) { super(...all); Object.defineProperty(this, 'handleTestEvent', {value: () => {}}); }
          };`,
        'a.test.js': "test('a', () => {});",
      },
      {testEnvironment: './environment.js'},
    );
    const [answer] = await runFiles(project, ['a.test.js'], {fixtures: declares(project, FAILURE), inBand});
    expect(answer).toEqual({thrown: FAILURE});
  });
});

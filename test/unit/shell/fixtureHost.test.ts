import {LONGEST_VALUE} from '../../../src/core/messages';
import {HostedFixtures, OURS, transformOf} from '../fixtures/hostedFixtures';
import {listProcesses, untilListed} from '../fixtures/processTable';

const failureOf = (setup: object) => (setup as {failure: {message: string; stack: string}}).failure;

describe.each([
  ['this Jest', transformOf('own')],
  ['Jest 29.7', transformOf('29')],
])('with the transform of %s', (_name, transformPath) => {
  const known = transformPath === null ? test.skip : test;
  const options = {transformPath: transformPath ?? ''};

  known('a module of any form is loaded', async () => {
    const forms = {
      'exports.js': `exports.setup = () => ({is: __filename}); exports.teardown = () => note('exports.js');`,
      'object.js': `module.exports = {setup: () => ({is: __filename}), teardown: () => note('object.js')};`,
      'named.ts': `import {appendFileSync} from 'node:fs'; export const setup = async (): Promise<object> => ({is: __filename}); export const teardown = (): void => appendFileSync(__dirname + '/journal', 'named.ts\\n');`,
      'object.ts': `import {appendFileSync} from 'node:fs'; export default {setup: (): object => ({is: __filename}), teardown: (): void => appendFileSync(__dirname + '/journal', 'object.ts\\n')};`,
      'class.ts': `import {appendFileSync} from 'node:fs'; class Fixture { #is = __filename; setup() { return {is: this.#is}; } teardown() { appendFileSync(__dirname + '/journal', 'class.ts\\n'); } } export default new Fixture();`,
      'named.mjs': `import {fileURLToPath} from 'node:url'; import {appendFileSync} from 'node:fs'; const is = fileURLToPath(import.meta.url); export async function setup() { return {is}; } export function teardown() { appendFileSync(is.replace('named.mjs', 'journal'), 'named.mjs\\n'); }`,
      'object.mjs': `import {fileURLToPath} from 'node:url'; import {appendFileSync} from 'node:fs'; const is = fileURLToPath(import.meta.url); export default {setup: async () => ({is}), teardown() { appendFileSync(is.replace('object.mjs', 'journal'), 'object.mjs\\n'); }};`,
    };
    const hosted = HostedFixtures.of(forms, options);
    const setups = await Promise.all(Object.keys(forms).map(name => hosted.setUp(name)));
    const is = Object.keys(forms).map(name => `${hosted.folder}/${name}`);
    expect(setups.map(setup => ('json' in setup ? JSON.parse(setup.json) : setup) as unknown)).toEqual(
      is.map(path => ({is: path})),
    );
    expect(await hosted.host.close()).toEqual([]);
    expect(hosted.journal).toEqual(Object.keys(forms).reverse());
  });

  known('what it requires later is transformed, too', async () => {
    const hosted = HostedFixtures.of(
      {
        'lazy.ts': `
          import {join} from 'node:path';
          const later = (name: string) => require(join(__dirname, name)).value as string;
          export const setup = async () => { await new Promise(resolve => setTimeout(resolve, 10)); return later('one.ts'); };
          export const teardown = () => { throw new Error(later('two.ts')); };`,
        'one.ts': `export const value: string = 'at setup';`,
        'two.ts': `export const value: string = 'at teardown';`,
      },
      options,
    );
    expect(await hosted.setUp('lazy.ts')).toEqual({json: '"at setup"'});
    expect(await hosted.host.close()).toMatchObject([
      {message: 'Shared fixture lazy.ts could not be taken down: at teardown'},
    ]);
  });

  known("an error names the place in the user's source", async () => {
    const hosted = HostedFixtures.of(
      {
        'db.ts': `interface Long {\n  a: string;\n}\n\nexport async function setup(): Promise<Long> {\n  await null;\n  throw new TypeError('no database\\non this machine');\n}\n`,
      },
      options,
    );
    const {message, stack} = failureOf(await hosted.setUp('db.ts'));
    expect(message).toBe('Shared fixture db.ts could not be set up: no database\non this machine');
    expect(stack.startsWith(`${message}\n    at `)).toBe(true);
    expect(stack.slice(message.length).split('\n')[1]).toContain(`setup (${hosted.folder}/db.ts:7:9)`);
    expect(stack).not.toContain(OURS);
  });
});

test('a setup is given what there is to know', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = () => ({list: [1]});`,
    'b.js': `exports.setup = given => given;`,
  });
  const a = hosted.instance('a.js');
  await hosted.host.setUp(a);
  const setup = await hosted.setUp('b.js', {worker: 3, needs: {'./a': a.key, again: a.key}});
  expect(JSON.parse((setup as {json: string}).json)).toEqual({
    rootDir: hosted.folder,
    runId: 'a-run',
    fixtures: {'./a': {list: [1]}, again: {list: [1]}},
    worker: 3,
  });
});

test('a value that a fixture is given is its own', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = () => ({list: [1]});`,
    'b.js': `exports.setup = ({fixtures: {a, again}}) => { a.list.push(2); return [a, again]; };`,
  });
  const a = hosted.instance('a.js');
  await hosted.host.setUp(a);
  const needs = {a: a.key, again: a.key};
  const values = {json: JSON.stringify([{list: [1, 2]}, {list: [1]}])};
  expect(await hosted.setUp('b.js', {needs})).toEqual(values);
  expect(await hosted.setUp('b.js', {needs})).toEqual(values);
});

test('what is needed has to be up', async () => {
  const hosted = HostedFixtures.of({'a.js': `exports.setup = () => 1;`});
  expect(failureOf(await hosted.setUp('a.js', {needs: {'./b': 'nowhere'}}))).toEqual({
    message: 'Shared fixture a.js could not be set up: it needs ./b, which is not up',
    stack: '',
  });
});

test('a setup that returns nothing gives null', async () => {
  const hosted = HostedFixtures.of({'a.js': `exports.setup = async () => {};`});
  expect(await hosted.setUp('a.js')).toEqual({json: 'null'});
});

test('teardown gets the very value that setup has returned, in the same process', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `let made; exports.setup = () => (made = {pid: process.pid}); exports.teardown = value => note([value === made, value.pid === process.pid].join());`,
  });
  const a = hosted.instance('a.js');
  await hosted.host.setUp(a);
  expect(await hosted.host.tearDown(a.key)).toBeNull();
  expect(hosted.journal).toEqual(['true,true']);
  expect(await hosted.host.tearDown(a.key)).toBeNull();
});

test('a fixture that was taken down can be set up anew', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = () => note('up'); exports.teardown = () => note('down');`,
  });
  const a = hosted.instance('a.js');
  for (let time = 0; time < 2; time++) {
    await hosted.host.setUp(a);
    await hosted.host.tearDown(a.key);
  }
  expect(hosted.journal).toEqual(['up', 'down', 'up', 'down']);
});

describe('a setup fails', () => {
  test.each<[string, string, string]>([
    ['that throws at once', `exports.setup = () => { throw new Error('no'); };`, 'no'],
    ['that rejects', `exports.setup = async () => { await null; throw new Error('no'); };`, 'no'],
    [
      'that throws no Error',
      `exports.setup = () => { throw {code: 1}; };`,
      '{ code: 1 } was thrown, which is not an Error',
    ],
    ['of a module that cannot be loaded', `require('./nowhere');`, "Cannot find module './nowhere'"],
    [
      'of a module without a setup',
      `exports.start = () => {};`,
      'a.js exports no setup function. Export `setup`, and `teardown` if there is something to take down: export async function setup({rootDir, runId, fixtures, worker}) { return {url}; }',
    ],
    [
      'of a module whose teardown is none',
      `exports.setup = () => 1; exports.teardown = 5;`,
      'a.js exports a teardown that is not a function, but number.',
    ],
    [
      'that exits, with what was last written',
      `exports.setup = async () => { for (let i = 1; i <= 30; i++) console.error('line ' + i); process.exit(3); };`,
      `its process ended during setup: it exited with code 3.\n\nThe end of its standard error:\n${Array.from({length: 20}, (_, i) => `  | line ${i + 11}`).join('\n')}`,
    ],
    [
      'that is killed',
      `exports.setup = () => { process.kill(process.pid, 'SIGKILL'); for (;;); };`,
      'its process ended during setup: it was killed by signal SIGKILL.\n\nNothing was written to its standard error.',
    ],
  ])('%s', async (_what, text, why) => {
    const hosted = HostedFixtures.of({'a.js': text});
    const {message} = failureOf(await hosted.setUp('a.js'));
    expect(`${message}\n`).toContain(`Shared fixture a.js could not be set up: ${why}\n`);
    await untilListed(OURS, 1);
  });

  test('that aborts', async () => {
    const hosted = HostedFixtures.of({'a.js': `exports.setup = () => process.abort();`});
    expect(failureOf(await hosted.setUp('a.js')).message).toContain(
      'its process ended during setup: it was killed by signal SIGABRT.',
    );
  });

  test.each([
    ['that waits for ever', 'new Promise(() => {})'],
    ['in an endless loop', '(() => { for (;;); })()'],
  ])('%s, and is killed', async (_what, hang) => {
    const hosted = HostedFixtures.of({'a.js': `exports.setup = () => ${hang};`}, {timeoutMs: 3000});
    expect(failureOf(await hosted.setUp('a.js')).message).toContain(
      'Shared fixture a.js could not be set up: its setup took longer than 3 s (fixtureTimeout), and was killed.',
    );
    expect(listProcesses(OURS)).toHaveLength(1);
  });

  test('whose value is not JSON, which is taken down', async () => {
    const hosted = HostedFixtures.of({
      'a.js': `exports.setup = () => ({pool: {client: () => {}}}); exports.teardown = value => note(typeof value.pool.client);`,
    });
    expect(failureOf(await hosted.setUp('a.js')).message).toBe(
      'Shared fixture a.js could not be set up: its setup returned a value that is not JSON: value.pool.client is a function',
    );
    expect(hosted.journal).toEqual(['function']);
    expect(listProcesses(OURS)).toHaveLength(1);
  });

  test('whose value is longer than what is sent, which is taken down', async () => {
    const hosted = HostedFixtures.of({
      'a.js': `exports.setup = () => 'x'.repeat(${LONGEST_VALUE}); exports.teardown = ({length}) => note(length);`,
    });
    expect(failureOf(await hosted.setUp('a.js')).message).toBe(
      `Shared fixture a.js could not be set up: its setup returned a value of ${LONGEST_VALUE + 2} characters as JSON, ` +
        `${LONGEST_VALUE} being the most: return the path of a file that holds the data`,
    );
    expect(hosted.journal).toEqual([String(LONGEST_VALUE)]);
  });
});

test('what a fixture prints is passed on', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = () => { console.log('up'); console.error('trouble'); }; exports.teardown = () => console.log('down');`,
  });
  await hosted.setUp('a.js');
  await hosted.host.close();
  expect([hosted.stdout, hosted.stderr]).toEqual(['up\ndown\n', 'trouble\n']);
});

describe('a teardown fails', () => {
  test.each<[string, string, string]>([
    ['that throws', `throw new Error('stuck')`, 'stuck'],
    ['that rejects', `return Promise.reject(new Error('stuck'))`, 'stuck'],
    [
      'that kills its process',
      `console.error('bye'); process.exit(4)`,
      'its process ended during teardown: it exited with code 4.\n\nThe end of its standard error:\n  | bye',
    ],
    [
      'that hangs',
      `for (;;);`,
      'its teardown took longer than 5 s (fixtureTimeout), and was killed.\n\nNothing was written to its standard error.',
    ],
  ])('%s', async (_what, teardown, why) => {
    // The setup has to be done within that time, too.
    const hosted = HostedFixtures.of(
      {'a.js': `exports.setup = () => 1; exports.teardown = () => { ${teardown} };`},
      {timeoutMs: 5000},
    );
    const a = hosted.instance('a.js');
    expect(await hosted.host.setUp(a)).toEqual({json: '1'});
    const failure = await hosted.host.tearDown(a.key);
    expect(failure?.message).toBe(`Shared fixture a.js could not be taken down: ${why}`);
    expect(listProcesses(OURS)).toHaveLength(1);
    expect(await hosted.host.close()).toEqual([]);
  });
});

test('a fixture that dies takes no other along', async () => {
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = () => process.pid;`,
    'b.js': `exports.setup = () => 1; exports.teardown = () => note('b is down');`,
  });
  const [a, b] = [hosted.instance('a.js'), hosted.instance('b.js')];
  const [setup] = await Promise.all([hosted.host.setUp(a), hosted.host.setUp(b)]);
  process.kill(Number((setup as {json: string}).json), 'SIGKILL');
  await untilListed(OURS, 2);
  expect((await hosted.host.tearDown(a.key))?.message).toBe(
    'Shared fixture a.js could not be taken down: its process had ended by itself before: it was killed by signal SIGKILL.\n\nNothing was written to its standard error.',
  );
  expect(await hosted.host.tearDown(b.key)).toBeNull();
  expect(hosted.journal).toEqual(['b is down']);
});

test('a process that something keeps alive is ended, and what it has started', async () => {
  const member = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`;
  const hosted = HostedFixtures.of({
    'a.js': `exports.setup = async () => {
      const {spawn} = require('child_process');
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(member)}, '--', 'member of ' + __dirname]);
      await require('events').once(child.stdout, 'data');
      setInterval(() => {}, 1000);
      process.on('SIGTERM', () => note('told'));
    };`,
  });
  const a = hosted.instance('a.js');
  await hosted.host.setUp(a);
  const mine = `member of ${hosted.folder}`;
  expect(listProcesses(mine)).toHaveLength(1);
  expect(await hosted.host.tearDown(a.key)).toBeNull();
  expect(hosted.journal).toEqual(['told']);
  expect(listProcesses(OURS)).toHaveLength(1);
  await untilListed(mine, 0);
});

test('each process leads a group of its own', async () => {
  const hosted = HostedFixtures.of({'a.js': `exports.setup = () => 1;`});
  await hosted.setUp('a.js');
  const processes = listProcesses(OURS);
  expect(processes).toHaveLength(2);
  for (const {pid, group} of processes) expect(group).toBe(pid);
});

describe('close', () => {
  test('takes down what is up, in reverse order, and tells what failed', async () => {
    const hosted = HostedFixtures.of({
      'a.js': `exports.setup = () => 1; exports.teardown = () => note('a');`,
      'b.js': `exports.setup = () => 1; exports.teardown = () => { note('b'); throw new Error('stuck'); };`,
      'c.js': `exports.setup = () => 1; exports.teardown = async () => { await new Promise(resolve => setTimeout(resolve, 50)); note('c'); };`,
    });
    for (const file of ['a.js', 'b.js', 'c.js']) await hosted.setUp(file);
    const closing = hosted.host.close();
    expect(hosted.host.close()).toBe(closing);
    expect(await closing).toMatchObject([{message: 'Shared fixture b.js could not be taken down: stuck'}]);
    expect(hosted.journal).toEqual(['c', 'b', 'a']);
    expect(listProcesses(OURS)).toEqual([]);
    expect(failureOf(await hosted.setUp('a.js')).message).toBe(
      'Shared fixture a.js could not be set up: the run has ended.',
    );
  });

  test('waits for a setup that is under way', async () => {
    const hosted = HostedFixtures.of({
      'a.js': `exports.setup = async () => { note('begins'); while (!require('fs').existsSync(__dirname + '/go-on')) await new Promise(resolve => setTimeout(resolve, 10)); note('up'); }; exports.teardown = () => note('down');`,
    });
    const setup = hosted.setUp('a.js');
    await hosted.noted('begins');
    const closing = hosted.host.close();
    hosted.write('go-on', '');
    expect(await setup).toEqual({json: 'null'});
    expect(await closing).toEqual([]);
    expect(hosted.journal).toEqual(['begins', 'up', 'down']);
  });

  test('has nothing to do where nothing was set up', async () => {
    const hosted = HostedFixtures.of({});
    expect(await hosted.host.close()).toEqual([]);
    expect(listProcesses(OURS)).toEqual([]);
  });
});

test('where the host cannot be started, every setup fails', async () => {
  const hosted = HostedFixtures.of({'a.js': `exports.setup = () => 1;`}, {hostPath: '/nowhere/host.js'});
  const gone = 'the process that looks after all shared fixtures is gone: it exited with code 1.';
  for (let time = 0; time < 2; time++) {
    expect(failureOf(await hosted.setUp('a.js')).message).toBe(`Shared fixture a.js could not be set up: ${gone}`);
  }
  expect(await hosted.host.close()).toEqual([]);
  expect(hosted.stderr).toContain('/nowhere/host.js');
});

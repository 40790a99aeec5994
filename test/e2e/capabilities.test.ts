/** On a Jest with unknown private parts, features are off, one line says so, and all results are there. */
import {resultOf} from './outcomes';
import {onEachLine, type Files, type JestOutput} from './project';

const FILES: Files = {
  'a.test.js': Array.from({length: 6}, (_, index) => `test('a${index}', () => {});`).join('\n'),
  'b.test.js': "test('is stored', () => expect({b: 1}).toMatchSnapshot());",
  'dies.test.js': "test('first', () => {}); test('dies', () => process.kill(process.pid, 'SIGKILL'));",
};

/** Required by Node before Jest, in all processes: WITHOUT names the parts that Jest is to lack. */
const HIDING = `
  const fs = require('fs');
  const Module = require('module');
  const hidden = new Set(process.env.WITHOUT.split(' '));
  const {readFileSync} = fs;
  fs.readFileSync = (path, ...rest) => {
    const text = readFileSync(path, ...rest);
    if (hidden.has('workers') && /jest-runner.build.testWorker\\.js$/.test(String(path)) && rest[0] === 'utf8') return '';
    if (hidden.has('compileCache') && /jest-runner.package\\.json$/.test(String(path))) {
      return JSON.stringify({...JSON.parse(text), version: '31.0.0'});
    }
    return text;
  };
  const load = Module._load;
  Module._load = function (id, ...rest) {
    const loaded = load.call(this, id, ...rest);
    if (hidden.has('sentMessages') && /jest-worker.build.index\\.js$/.test(id)) {
      return {...loaded, messageParent: message => loaded.messageParent(message)};
    }
    if (hidden.has('snapshotState') && id === 'jest-snapshot') {
      const SnapshotState = class extends loaded.SnapshotState { constructor(...all) { super(...all); this.added = '0'; } };
      return {...loaded, SnapshotState};
    }
    return loaded;
  };
`;

const linesOf = ({stderr}: JestOutput) => stderr.split('\n').filter(line => line.includes('The internals of Jest'));

onEachLine('without what runs files in workers, they run in band', async (_line, make) => {
  const {'dies.test.js': _, ...files} = FILES;
  const project = make({...files, 'hiding.js': HIDING});
  const nodeArgs = ['--require', project.path('hiding.js')];
  const output = await project.run(['-w', '2'], {nodeArgs, env: {WITHOUT: 'workers', XDIST_IN_BAND: 'never'}});
  expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 7}, log: []});
  expect(linesOf(output)).toEqual([
    expect.stringContaining('Off in this run: running test files in workers (workers)'),
  ]);
});

onEachLine('what several processes find missing is one line, and every test has its result', async (_line, make) => {
  const project = make({...FILES, 'hiding.js': HIDING});
  const env = {WITHOUT: 'compileCache sentMessages snapshotState', XDIST_IN_BAND: 'never', XDIST_DIST: 'load'};
  const nodeArgs = ['--require', project.path('hiding.js')];
  const output = await project.run(['-w', '2'], {nodeArgs, env});
  expect(output.json).toMatchObject({numPassedTests: 8, numFailedTests: 1, snapshot: {added: 1}});
  expect(resultOf(output.json, 'dies.test.js')?.assertionResults.map(({status}) => status)).toEqual([
    'passed',
    'failed',
  ]);
  const [line] = linesOf(output);
  expect(linesOf(output)).toHaveLength(1);
  for (const part of ['compileCache', 'sentMessages', 'snapshotState']) expect(line).toContain(`(${part})`);
  expect(output.log.some(entry => 'event' in entry && entry.event.type === 'unit-opened')).toBe(false);
});

onEachLine('a Jest that we know lacks nothing', async (_line, make) => {
  const output = await make(FILES).run(['-w', '2', '--coverage'], {env: {XDIST_IN_BAND: 'never', XDIST_DIST: 'load'}});
  expect(output.json).toMatchObject({numPassedTests: 8, numFailedTests: 1});
  expect(linesOf(output)).toEqual([]);
});

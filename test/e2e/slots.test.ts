/**
 * The option `slots`: how many workers there are, and what a user sees. The tests fake the machine's load, because the
 * real load is random.
 */
import {replay} from '../simulation/replay';
import {normalizeJson} from './parity';
import {onLatestLine, type JestOutput, type Project, TIMES_RECORDED} from './project';

/** What Jest's process is told of the machine: 2 cores, idle to a share of IDLE, and FREE bytes of memory. */
const MACHINE = `
const fs = require('fs');
const os = require('os');
const {readFileSync} = fs;
const idleMs = () => performance.now() * Number(process.env.IDLE);
const cores = [0, 1];
fs.readFileSync = (path, ...rest) => {
  if (path === '/proc/stat') return cores.map(core => \`cpu\${core} 0 0 0 \${Math.floor(idleMs() / 10)} 0\`).join('\\n');
  if (path === '/proc/self/status' || path === '/proc/self/cgroup') return '';
  return readFileSync(path, ...rest);
};
os.cpus = () => cores.map(() => ({times: {idle: idleMs()}}));
os.availableParallelism = () => cores.length;
os.totalmem = () => 1e10;
os.freemem = process.availableMemory = () => Number(process.env.FREE || 9e9);
process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter(path => /machineLoad|loadSampler|cgroups/.test(path));
  if (!process.env.JEST_WORKER_ID) fs.writeFileSync('loaded.json', JSON.stringify(loaded));
});
`;

/** Waits until so many workers are at a test, and notes which one this is. */
const waitsFor = (count: number) => `
const {existsSync, mkdirSync, readdirSync, writeFileSync} = require('fs');
test('meets the others', async () => {
  mkdirSync('here', {recursive: true});
  writeFileSync('here/' + process.env.JEST_WORKER_ID, process.env.XDIST_WORKER_COUNT);
  while (readdirSync('here').length < ${count}) await new Promise(resolve => setTimeout(resolve, 10));
}, 150_000);`;

const meeting = (files: number, count: number) => ({
  'machine.js': MACHINE,
  ...Object.fromEntries(Array.from({length: files}, (_, index) => [`f${index}.test.js`, waitsFor(count)])),
});

interface Machine {
  readonly idle: number;
  readonly free?: number;
}

function run(project: Project, args: readonly string[], env: Record<string, string>, {idle, free}: Machine) {
  return project.run(args, {
    env: {XDIST_IN_BAND: 'never', IDLE: String(idle), ...(free !== undefined && {FREE: String(free)}), ...env},
    nodeArgs: ['--require', project.path('machine.js')],
  });
}

const workersOf = (project: Project) =>
  Object.keys(project.readAll('here'))
    .map(path => path.replace('here/', ''))
    .sort();
const lineOf = ({stderr}: JestOutput) => /^jest-runner-xdist: (slots: .*)$/m.exec(stderr)?.[1];
const idle: Machine = {idle: 1};

onLatestLine(
  'auto: while the cores are idle there are more workers than -w, with numbers that follow',
  async (_, make) => {
    const project = make(meeting(6, 6));
    const output = await run(project, ['-w', '2'], {XDIST_SLOTS: 'auto'}, idle);
    expect(output.json?.numPassedTests).toBe(6);
    expect(workersOf(project)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(project.readAll('here')).toMatchObject({[Object.keys(project.readAll('here'))[0]!]: '6'});
    expect(lineOf(output)).toMatch(/^slots: 2 -> 6 workers \(cores were \d+% idle; no file was left for more\)$/);
    expect(replay(output.log).difference).toBeNull();
  },
);

onLatestLine('auto: no more than maxSlots, also where Jest would take one', async (_, make) => {
  const project = make(meeting(6, 3));
  const output = await run(project, ['-w', '1'], {XDIST_SLOTS: 'auto', XDIST_MAX_SLOTS: '3'}, idle);
  expect(output.json?.numPassedTests).toBe(6);
  expect(workersOf(project)).toEqual(['1', '2', '3']);
  expect(lineOf(output)).toMatch(/^slots: 1 -> 3 workers \(cores were \d+% idle; limit 3 = maxSlots\)$/);
});

/** No file ends before the load is known. */
const PLAIN = {
  'machine.js': MACHINE,
  ...Object.fromEntries(
    Array.from({length: 8}, (_, index) => [
      `f${index}.test.js`,
      `const {XDIST_SLOTS} = process.env;
       ${TIMES_RECORDED}
       test('takes a while', async () => {
         if (XDIST_SLOTS !== 'auto') return;
         const before = times('sampled');
         // While no file is left to begin nobody looks at the load.
         while (times('sampled') < before + 10 && times('unit-started') < 7) await new Promise(resolve => setTimeout(resolve, 10));
       }, 150_000);
       test('is worker 1 or 2', () => expect(Number(process.env.JEST_WORKER_ID)).toBeLessThan(3));`,
    ]),
  ),
};

onLatestLine(
  'auto: no more than -w while the cores are busy, or memory is short; the result is stock’s',
  async (_, make) => {
    const project = make({...PLAIN, 'g.test.js': 'test("fails", () => expect(1).toBe(2));'});
    const auto = {XDIST_SLOTS: 'auto'};
    const busy = await run(project, ['-w', '2'], auto, {idle: 0});
    expect(lineOf(busy)).toBe('slots: 2 workers (no more: cores were 0% idle)');
    const short = await run(project, ['-w', '2'], auto, {idle: 1, free: 1.01e9});
    expect(lineOf(short)).toBe(
      'slots: 2 workers (no more: 963 MB of memory were available, of which 954 MB are reserved for other programs)',
    );
    project.reset(); // with durations that it knows, the stock runner would take the files for quick, and run them in band
    const stock = await project.run(['-w', '2'], {runner: 'stock'});
    expect(stock.json).toMatchObject({numPassedTests: 16, numFailedTests: 1});
    for (const ours of [busy, short]) {
      expect(normalizeJson(ours.json)).toEqual(normalizeJson(stock.json));
      expect(ours.exitCode).toBe(stock.exitCode);
    }
  },
);

onLatestLine('auto: a run that bails says it, too', async (_, make) => {
  const project = make({...PLAIN, 'a.test.js': 'test("fails", () => expect(1).toBe(2));'});
  const output = await run(project, ['-w', '2', '--bail'], {XDIST_SLOTS: 'auto'}, {idle: 0});
  expect(output.exitCode).toBe(1);
  expect(output.stderr.match(/^jest-runner-xdist: slots: /gm)).toHaveLength(1);
});

onLatestLine('a number: so many workers, whatever -w says; but -i is in band', async (_, make) => {
  const project = make(meeting(4, 4));
  const four = {XDIST_SLOTS: '4'};
  const output = await run(project, ['-w', '1'], four, {idle: 0});
  expect(output.json?.numPassedTests).toBe(4);
  expect(workersOf(project)).toEqual(['1', '2', '3', '4']);
  expect(new Set(Object.values(project.readAll('here')))).toEqual(new Set(['4']));
  expect([lineOf(output), JSON.parse(project.read('loaded.json'))]).toEqual([undefined, []]);
  const inBand = make({'machine.js': MACHINE, 'a.test.js': waitsFor(1), 'b.test.js': waitsFor(1)});
  expect((await run(inBand, ['-i'], four, idle)).log).toEqual([]);
  expect(workersOf(inBand)).toEqual(['1']);
});

onLatestLine('a number below -w: no more than that', async (_, make) => {
  const project = make(PLAIN);
  expect((await run(project, ['-w', '4'], {XDIST_SLOTS: '2'}, idle)).json?.numPassedTests).toBe(16);
});

onLatestLine('a run that is quick in all is in band, if Jest wants it there', async (_, make) => {
  const quick = {'a.test.js': 'test("a", () => {});', 'b.test.js': 'test("b", () => {});'};
  const project = make({'machine.js': MACHINE, ...quick});
  const env = {XDIST_SLOTS: '2', XDIST_IN_BAND: 'auto', XDIST_TIMINGS: 'timings.json'};
  const logOf = async (ms: number) => {
    // What they took on a busy machine says nothing.
    project.write('timings.json', project.read('timings.json').replace(/"ms":\s*[\d.]+/g, `"ms":${ms}`));
    return (await run(project, ['-w', '1'], env, idle)).log;
  };
  expect((await run(project, ['-w', '1'], env, idle)).log).not.toEqual([]);
  expect(await logOf(600)).not.toEqual([]);
  expect(await logOf(10)).toEqual([]);
});

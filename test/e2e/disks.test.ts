/** If files other than the tests' results cannot be written, or are removed, no result is lost. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {resultOf} from './outcomes';
import {onEachLine, onlyThorough, type Files, type JestOutput, type RunOptions} from './project';

const OTHERS: Files = Object.fromEntries(
  ['b', 'c', 'd'].map(name => [`${name}.test.js`, `test('${name}', () => {});`]),
);

const OVER_WORKERS = {XDIST_IN_BAND: 'never'};

/** In a name space of its own a process may mount what nobody else sees; where the system lets it have one. */
const CAN_MOUNT = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/tmp']).status === 0;
const ON_A_SMALL_DISK = CAN_MOUNT ? (['30'] as const) : [];

/** A run that has a file system of so many KiB at a folder. */
const withSmallDisk = (folder: string, kib: number): Pick<RunOptions, 'execPath' | 'nodeArgs'> => ({
  execPath: 'unshare',
  nodeArgs: ['-rm', 'sh', '-c', `mount -t tmpfs -o size=${kib}k none ${folder} && exec "$0" "$@"`, process.execPath],
});

const temps: string[] = [];

afterAll(() => {
  for (const folder of temps) rmSync(folder, {recursive: true});
});

/** A folder with a path that is short enough for a socket; the projects' are too long. */
function shortFolder(): string {
  const folder = mkdtempSync('/tmp/x-');
  temps.push(folder);
  return folder;
}

const testsOf = ({json}: JestOutput, file: string) =>
  resultOf(json, file)?.assertionResults.map(({title, status}) => `${title} ${status}`);

for (const what of ['is not there', 'is a file, in which not even the superuser can make a folder']) {
  onEachLine(
    `where TMPDIR ${what}, another folder is taken`,
    async (_line, make) => {
      const TMPDIR = join(shortFolder(), 't');
      if (what !== 'is not there') writeFileSync(TMPDIR, '');
      const output = await make(OTHERS).run(['-w', '2'], {env: {...OVER_WORKERS, TMPDIR}});
      expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 3}});
      expect(output.stderr).not.toContain('jest-runner-xdist:');
    },
    ['30'],
  );
}

onEachLine(
  'where TMPDIR is on a read-only disk, another folder is taken',
  async (_line, make) => {
    const TMPDIR = shortFolder();
    const mount = `mount -t tmpfs -o ro none ${TMPDIR} && exec "$0" "$@"`;
    const nodeArgs = ['-rm', 'sh', '-c', mount, process.execPath];
    const env = {...OVER_WORKERS, TMPDIR};
    const output = await make(OTHERS).run(['-w', '2'], {env, execPath: 'unshare', nodeArgs});
    expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 3}});
    expect(output.stderr).not.toContain('jest-runner-xdist:');
  },
  ON_A_SMALL_DISK,
);

const EMPTY_TEMP = `const {readdirSync, rmSync} = require('fs'); const {tmpdir} = require('os'); const {join} = require('path');
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), {recursive: true});`;

const FILL_TEMP = `const {appendFileSync} = require('fs'); const {tmpdir} = require('os'); const {join} = require('path');
  expect(() => { for (;;) appendFileSync(join(tmpdir(), 'filling'), Buffer.alloc(1024)); }).toThrow('ENOSPC');`;

const DEATHS = [
  ['a signal', `process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});`, /killed by signal SIGKILL/],
  ['process.exit', `process.exit(3);`, /the worker called process\.exit\(3\)/],
] as const;

for (const [index, [what, body, says]] of DEATHS.entries()) {
  // Each of the two acts with one of the two deaths.
  const [empties, fills] = index === 0 ? [onEachLine, onlyThorough] : [onlyThorough, onEachLine];
  const files = (act: string): Files => ({
    ...OTHERS,
    'a.test.js': `test('first', () => {}); test('acts', () => { ${act} }); test('dies', async () => { ${body} }); test('last', () => {});`,
  });
  const expectAll = (output: JestOutput) => {
    expect(testsOf(output, 'a.test.js')).toEqual(['first passed', 'acts passed', 'dies failed', 'last passed']);
    expect(output.stderr).toMatch(says);
    expect(output.json).toMatchObject({numPassedTests: 6, numFailedTests: 1, numRuntimeErrorTestSuites: 0});
  };

  empties(
    `a test empties the temporary folder, and its worker dies by ${what}: its results are there, and the rest runs`,
    async (_line, make) => {
      const TMPDIR = shortFolder();
      const other = join(TMPDIR, 'other');
      writeFileSync(other, '');
      expectAll(await make(files(EMPTY_TEMP)).run(['-w', '2'], {env: {...OVER_WORKERS, TMPDIR}}));
      expect(existsSync(other)).toBe(false);
    },
    ['30'],
  );

  fills(
    `a test fills the temporary folder up, and its worker dies by ${what}: the same`,
    async (_line, make) => {
      const TMPDIR = shortFolder();
      const env = {...OVER_WORKERS, TMPDIR};
      expectAll(await make(files(FILL_TEMP)).run(['-w', '2'], {env, ...withSmallDisk(TMPDIR, 400)}));
    },
    ON_A_SMALL_DISK,
  );
}

onEachLine(
  'a nearly full disk as cacheDirectory: what Jest keeps there has its place, and what we keep has not',
  async (_line, make) => {
    const cacheDirectory = shortFolder();
    const project = make(OTHERS, {cacheDirectory});
    const list = `find ${cacheDirectory} -type f > found`;
    const [, ...mounting] = withSmallDisk(cacheDirectory, 1600).nodeArgs as string[];
    const script = `${mounting[2]?.replace('exec ', '')}; code=$?; ${list}; exit $code`;
    const nodeArgs = ['-rm', 'sh', '-c', script, process.execPath];
    for (const env of [OVER_WORKERS, {}]) {
      const {exitCode, json} = await project.run(['-w', '2'], {env, execPath: 'unshare', nodeArgs});
      expect({exitCode, passed: json?.numPassedTests}).toEqual({exitCode: 0, passed: 3});
      // Fewer than 64 MB are free: what we would keep takes more than 1.
      const found = project.read('found');
      expect(found).toContain('/perf-cache-');
      expect(found).not.toMatch(/xdist-code/);
    }
  },
  ON_A_SMALL_DISK,
);

/**
 * We use the parts of the running Jest, however the project is laid out. The tests install our own npm tarball in npm's
 * hoisted and nested layouts and in pnpm's strict layout, and in a project whose Jest differs from the one in our
 * install.
 */
import {execFileSync} from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {IS_THOROUGH} from './project';

const INSTALLS = join(__dirname, 'installs');
const ROOT = join(__dirname, '..', '..');
const tarball = () =>
  join(INSTALLS, 'packed', readdirSync(join(INSTALLS, 'packed')).find(name => name.endsWith('.tgz')) ?? '');

const PACKAGE_FILE =
  /^(.*[\\/]node_modules[\\/](?:jest-runner|jest-runtime|jest-haste-map|jest-worker|jest-resolve|jest-circus))[\\/]build[\\/]/;

/** Runs two test files over workers; returns the major versions of Jest's packages that all its processes loaded. */
function runProject(project: string): {passed: number; majors: Set<string>} {
  const write = (name: string, text: string) => writeFileSync(join(project, name), text);
  const readJson = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8')) as {numPassedTests: number; version: string};
  write('jest.config.json', '{"transform": {}, "runner": "xdist", "cacheDirectory": "<rootDir>/.cache"}');
  for (const name of ['a', 'b']) write(`${name}.test.js`, 'test("passes", () => {});');
  const loaded = join(project, 'loaded');
  write(
    'record.js',
    `process.on('exit', () => require('fs').appendFileSync(${JSON.stringify(loaded)}, Object.keys(require.cache).join('\\n') + '\\n'));`,
  );
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(JEST_|XDIST_|NODE_ENV$|CI$|npm_)/.test(name)),
  );
  execFileSync(
    process.execPath,
    [
      join(project, 'node_modules', 'jest', 'bin', 'jest.js'),
      '-w',
      '2',
      '--reporters=default',
      '--json',
      '--outputFile=out.json',
    ],
    {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...environment, XDIST_IN_BAND: 'never', NODE_OPTIONS: `--require ${join(project, 'record.js')}`},
    },
  );
  const folders = readFileSync(loaded, 'utf8')
    .split('\n')
    .flatMap(file => PACKAGE_FILE.exec(file)?.[1] ?? []);
  return {
    passed: readJson(join(project, 'out.json')).numPassedTests,
    majors: new Set(folders.map(path => readJson(join(path, 'package.json')).version.split('.')[0] ?? '')),
  };
}

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xdist-layout-')));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

function install(command: string, args: readonly string[], packageJson: object, npmrc = ''): void {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({name: 'project', version: '1.0.0', private: true, ...packageJson}),
  );
  writeFileSync(join(folder, '.npmrc'), `fund=false\naudit=false\n${npmrc}`);
  execFileSync(command, args, {cwd: folder, stdio: ['ignore', 'ignore', 'inherit']});
}

describe.each([
  ['29', '29.7.0'],
  ['30', '30.5'],
])('Jest %s', (line, version) => {
  // The other end-to-end tests run in the hoisted one.
  (IS_THOROUGH ? test : test.skip)("npm's nested layout", () => {
    install('npm', ['install', '--ignore-scripts', '--loglevel=error', '--install-strategy=nested'], {
      devDependencies: {jest: version, 'jest-runner-xdist': `file:${tarball()}`},
    });
    expect(runProject(folder)).toEqual({passed: 2, majors: new Set([line])});
  });

  (IS_THOROUGH || line === '30' ? test : test.skip)("pnpm's strict layout", () => {
    install(join(ROOT, 'node_modules', '.bin', 'pnpm'), ['install', '--ignore-scripts', '--loglevel=error'], {
      devDependencies: {jest: version, 'jest-runner-xdist': `file:${tarball()}`},
    });
    expect(readdirSync(join(folder, 'node_modules'))).not.toContain('jest-runner');
    // Our types can be had without Jest's, which nobody has within reach here.
    writeFileSync(
      join(folder, 'xdist.config.ts'),
      "import type {XdistOptions} from 'jest-runner-xdist';\nconst options: XdistOptions = {inBand: 'never'};\nexport default options;\n",
    );
    const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'node16', '--ignoreConfig'];
    execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...strict, 'xdist.config.ts'], {
      cwd: folder,
      stdio: 'inherit',
    });
    expect(runProject(folder)).toEqual({passed: 2, majors: new Set([line])});
  });
});

test('a project on Jest 29 while our own install has Jest 30, and the other way round', () => {
  for (const [line, other] of [
    ['29', '30'],
    ['30', '29'],
  ] as const) {
    const project = join(folder, line);
    mkdirSync(join(project, 'node_modules'), {recursive: true});
    writeFileSync(join(project, 'package.json'), '{"name": "project"}');
    symlinkSync(join(INSTALLS, `jest-${line}`, 'node_modules', 'jest'), join(project, 'node_modules', 'jest'), 'dir');
    // As `npm link` would: our package, with dependencies of its own that hold the other Jest.
    const own = join(folder, `own-${other}`);
    cpSync(
      join(INSTALLS, `jest-${other}`, 'node_modules', 'jest-runner-xdist'),
      join(own, 'node_modules', 'jest-runner-xdist'),
      {recursive: true},
    );
    for (const name of readdirSync(join(INSTALLS, `jest-${other}`, 'node_modules'))) {
      if (name === 'jest-runner-xdist' || name.startsWith('.')) continue;
      symlinkSync(join(INSTALLS, `jest-${other}`, 'node_modules', name), join(own, 'node_modules', name), 'dir');
    }
    symlinkSync(
      join(own, 'node_modules', 'jest-runner-xdist'),
      join(project, 'node_modules', 'jest-runner-xdist'),
      'dir',
    );
    expect(runProject(project)).toEqual({passed: 2, majors: new Set([line])});
  }
});

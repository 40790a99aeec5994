/**
 * The compile cache changes nothing: projects that are made to see differences, with the stock runner and with ours in
 * each state of the cache, on each line of Jest that has a jest-runtime of its own.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ODD_MODULES} from './compileCacheModules';
import {CHANGING, COVERED, FAILING, MOCKING} from './compileCacheProjects';
import {
  ADD_WASM,
  ASKING_V8,
  BROKEN_IMPORTS,
  COUNTING,
  MANY_PROJECTS,
  MANY_PROJECTS_CONFIG,
  MODERN,
} from './compileCacheRealms';
import {
  CACHED_LINES,
  CACHE_OFF,
  LATEST_LINES,
  MIDDLE_LINES,
  NEWEST_LINE,
  ONE_WORKER,
  SEEING,
  THOROUGH_LINES,
  cacheProject,
  expectSameInEachState,
  statesOf,
  type CacheParityOptions,
  type CachedLine,
} from './compileCacheRuns';
import {IS_THOROUGH, OTHER_NODE, type Files, type JestOutput, type Project} from './project';

const BABEL_JEST = {transform: {'\\.js$': 'babel-jest'}};

/** Where all of them would take longer than they tell more. */
const SOME_MODULES = [
  'firstLine',
  'mapped',
  'sourceUrl',
  'throwsLater',
  'laterError',
  'sites',
  'bom',
  'twoBytes',
  'wrapper',
  'texts',
  'stacks',
  'state',
  'debugger',
  'closes7',
].map(name => `odd/${name}.js`);

interface Case {
  readonly files: Files;
  readonly config?: object;
  readonly args?: readonly string[];
  readonly options?: Partial<CacheParityOptions>;
  /** At the least: fewer would mean that the project does not show what it is there to show. */
  readonly tests: number;
}

function onLines(lines: readonly CachedLine[], name: string, {files, config, args, options, tests}: Case): void {
  if (lines.length === 0) return;
  describe.each(lines)('Jest %s', line => {
    it(name, async () => {
      const project = cacheProject(line, name, files, config);
      const stock: JestOutput = await expectSameInEachState(project, args ?? [], {
        states: statesOf(line),
        ...options,
      });
      expect(stock.json?.numTotalTests).toBeGreaterThanOrEqual(tests);
      project.remove();
    });
  });
}

/** Loads each of the odd modules in each file, twice. */
function oddFiles(files: readonly string[], modules: readonly string[] = Object.keys(ODD_MODULES)): Files {
  const names = JSON.stringify(modules);
  const test = (name: string) => `/** @jest-environment ${name.startsWith('dom') ? 'jsdom' : 'node'} */
const {drive} = require('./drive');
test.each(${names})('%s', name => drive(name));
test('once more', async () => { jest.resetModules(); for (const name of ${names}) await require('./drive').drive(name); });
`;
  return {...SEEING, ...ODD_MODULES, ...Object.fromEntries(files.map(name => [`${name}.test.js`, test(name)]))};
}

for (const [lines, names] of [
  [LATEST_LINES, ['odd1', 'odd2', 'odd3', 'dom1', 'dom2']],
  [MIDDLE_LINES, ['odd1', 'odd2', 'dom1']],
] as const) {
  onLines(lines, 'modules of any form are the same in their errors, their texts and what they mean', {
    files: oddFiles(names),
    options: {outputs: ['seen']},
    tests: names.length * Object.keys(ODD_MODULES).length,
  });
}

// Up to 30.3 it has a jest-runtime that has asked for `vm` before the runner is there.
onLines([...NEWEST_LINE, ...MIDDLE_LINES], "in Jest's own process, too", {
  files: oddFiles(['odd1', 'odd2', 'dom1'], SOME_MODULES),
  // There V8 drops the asynchronous frames of a stack now and then, under the stock runner, too.
  options: {outputs: ['seen'], inOrder: 'in band', nodeArgs: ['--no-async-stack-traces']},
  tests: 3 * SOME_MODULES.length,
});

onLines(THOROUGH_LINES, 'the same with source maps read by Node, transformed by Babel', {
  files: oddFiles(['odd1', 'odd2', 'dom1'], SOME_MODULES),
  config: BABEL_JEST,
  options: {outputs: ['seen'], env: {NODE_OPTIONS: '--enable-source-maps'}},
  tests: 3 * SOME_MODULES.length,
});

onLines(NEWEST_LINE, 'failures, code frames, console lines, snapshots and retries read the same', {
  files: FAILING,
  config: BABEL_JEST,
  args: ['--ci'],
  options: {outputs: ['__snapshots__']},
  tests: 90,
});

onLines(NEWEST_LINE, 'mocks and registries do the same', {
  files: MOCKING,
  config: BABEL_JEST,
  options: {outputs: ['seen']},
  tests: 40,
});

onLines(
  [...NEWEST_LINE, ...MIDDLE_LINES],
  'projects with other arguments, texts and realms for the same modules get their own',
  {
    files: MANY_PROJECTS,
    config: MANY_PROJECTS_CONFIG,
    options: {outputs: ['seen']},
    tests: 100,
  },
);

onLines(NEWEST_LINE, 'a module that changes in the midst of a run is what it is now', {
  files: CHANGING,
  options: {outputs: ['seen', 'leaked'], inOrder: 'in a worker', withoutText: true},
  tests: 10,
});

onLines([...NEWEST_LINE, ...MIDDLE_LINES], 'import() and modules of ECMAScript, JSON and WebAssembly do the same', {
  files: MODERN,
  config: {testMatch: ['**/*.test.?(m)js']},
  options: {
    outputs: ['seen'],
    withoutText: true,
    env: {NODE_OPTIONS: '--experimental-vm-modules', NODE_NO_WARNINGS: '1'},
    before: async project => {
      writeFileSync(project.path('add.wasm'), ADD_WASM);
      return Promise.resolve();
    },
  },
  tests: 20,
});

// 30.4 rejects a promise that nobody has, which ends the worker at some later time.
onLines(THOROUGH_LINES, 'import() of what cannot be loaded fails in the same way', {
  files: BROKEN_IMPORTS,
  options: {
    outputs: ['seen'],
    withoutText: true,
    env: {NODE_OPTIONS: '--experimental-vm-modules', NODE_NO_WARNINGS: '1'},
  },
  tests: 6,
});

describe.each(['babel', 'v8'])('coverage by %s', provider => {
  onLines(provider === 'v8' ? NEWEST_LINE : THOROUGH_LINES, 'counts the same', {
    files: COVERED,
    args: [
      '--coverage',
      `--coverageProvider=${provider}`,
      '--collectCoverageFrom=src/**',
      '--coverageReporters=json',
      '--coverageReporters=text',
    ],
    options: {outputs: ['coverage']},
    tests: 6,
  });
});

onLines(NEWEST_LINE, 'who asks V8 of a script is told the same', {
  files: ASKING_V8,
  options: {outputs: ['seen']},
  tests: 9,
});

onLines(THOROUGH_LINES, 'a debugger that may be attached changes nothing', {
  files: oddFiles(['odd1', 'odd2', 'odd3'], SOME_MODULES),
  // Which port it listens on is printed.
  options: {outputs: ['seen'], nodeArgs: ['--inspect=0'], withoutText: true},
  tests: 3 * SOME_MODULES.length,
});

onLines(THOROUGH_LINES, 'what is damaged on disk, or was left by a V8 with other flags, does no harm', {
  files: oddFiles(['odd1', 'odd2', 'odd3'], SOME_MODULES),
  options: {
    outputs: ['seen'],
    states: [
      {name: 'nothing on disk'},
      {name: 'cut off', warm: true, prepare: project => damage(project, bytes => bytes.subarray(0, bytes.length >> 1))},
      {name: 'whole again', warm: true},
      {name: 'other bytes', warm: true, prepare: project => damage(project, withOtherBytes), env: ONE_WORKER},
      {name: 'other flags', warm: true, nodeArgs: ['--no-flush-bytecode']},
      {name: 'emptied', warm: true, prepare: project => damage(project, () => Buffer.alloc(0))},
    ],
  },
  tests: 3 * SOME_MODULES.length,
});

/** Changes each file that our runner has left in Jest's cache directory. */
function damage(project: Project, change: (bytes: Buffer) => Buffer): void {
  for (const path of Object.keys(project.readAll('.cache'))) {
    if (/jest-transform-cache|haste-map|perf-cache/.test(path)) continue; // Jest's own
    const file = join(project.folder, path);
    writeFileSync(file, change(readFileSync(file)));
  }
}

function withOtherBytes(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = 20; at < changed.length; at += 97) changed[at]! ^= 0x55;
  return changed;
}

describe.each(NEWEST_LINE)('Jest %s', line => {
  it('NODE_V8_COVERAGE counts the same', async () => {
    const project = cacheProject(line, 'raw coverage', COVERED);
    const counts: Record<string, unknown> = {};
    for (const runner of ['stock', 'xdist'] as const) {
      project.reset();
      // In one process: V8 leaves out an inner range whose count is its function's, which is up to what else ran there.
      const env = {NODE_V8_COVERAGE: project.path('raw'), XDIST_IN_BAND: 'never', ...ONE_WORKER};
      await project.run(runner === 'stock' ? ['-i'] : ['-w', '2'], {runner, env});
      counts[runner] = rawCounts(project);
    }
    expect(counts.xdist).toEqual(counts.stock);
    expect(Object.keys(counts.stock as object).length).toBeGreaterThan(10);
    project.remove();
  });
});

/** How often each range of the project's modules has run, in all processes. */
function rawCounts(project: Project): Record<string, number> {
  interface Raw {
    readonly result: readonly {url: string; functions: readonly {functionName: string; ranges: readonly Range[]}[]}[];
  }
  interface Range {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }
  const counts: Record<string, number> = {};
  for (const text of Object.values(project.readAll('raw'))) {
    for (const {url, functions} of (JSON.parse(text) as Raw).result) {
      if (!url.includes(`${project.folder}/src/`)) continue;
      for (const {functionName, ranges} of functions) {
        for (const {startOffset, endOffset, count} of ranges) {
          const key = `${url.slice(url.lastIndexOf('/'))} ${functionName} ${startOffset}-${endOffset}`;
          counts[key] = (counts[key] ?? 0) + count;
        }
      }
    }
  }
  return counts;
}

describe.each(NEWEST_LINE)('Jest %s', line => {
  it('what Node itself loads is kept, too, from the second run on, where it can: from Node 22.10 on', async () => {
    const project = cacheProject(line, 'loaded by Node', FAILING, BABEL_JEST);
    const kept = () => Object.keys(project.readAll('.cache/xdist-code/node'));
    for (const args of IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']]) {
      for (const [env, isKept] of [
        [{XDIST_IN_BAND: 'never'}, true],
        [{XDIST_IN_BAND: 'never', ...CACHE_OFF}, false],
      ] as const) {
        project.reset();
        project.write('.cache/xdist-code/of a first run', '');
        await project.run(args, {env, execPath: OTHER_NODE});
        expect({args, isKept: kept().length > 0}).toEqual({args, isKept});
      }
    }
    project.remove();
  });
});

// Jest 29.7 makes a vm.Script each time, of which V8 keeps what it has compiled.
describe.each(CACHED_LINES.filter(line => line !== '29'))('Jest %s', line => {
  it('a module is compiled twice in a process, however many files load it; each time where the cache is off', async () => {
    const project = cacheProject(line, 'counted', COUNTING);
    const compiled = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      project.reset();
      const preload = `--require ${project.path('count.js')}`;
      await project.run(args, {env: {NODE_OPTIONS: preload, ...env}});
      return project.read('compiled').trim().split(' ');
    };
    for (const [args, env] of [
      [['-w', '2'], {XDIST_IN_BAND: 'never', ...ONE_WORKER}],
      [['-i'], {}],
    ] as const) {
      expect((await compiled(args, env)).length).toBeLessThanOrEqual(2);
      expect(await compiled(args, {...env, ...CACHE_OFF})).toEqual(Array.from({length: 6}, () => 'function'));
    }
    project.remove();
  });
});

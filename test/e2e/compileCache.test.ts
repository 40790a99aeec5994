/**
 * The compile cache changes no result. The projects are made to reveal differences. They run with the stock runner and
 * with ours in each state of the cache, on each Jest line that has its own jest-runtime.
 */
import {CHANGING, COVERED, FAILING, MOCKING} from './compileCacheProjects';
import {
  BABEL_JEST,
  CACHE_OFF,
  NEWEST_LINE,
  ONE_WORKER,
  onLines,
  THOROUGH_LINES,
  cacheProject,
} from './compileCacheRuns';
import {IS_THOROUGH, OTHER_NODE, type Project} from './project';

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

onLines(NEWEST_LINE, 'a module that changes in the midst of a run is what it is now', {
  files: CHANGING,
  options: {outputs: ['seen', 'leaked'], inOrder: 'in a worker', withoutText: true},
  tests: 10,
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
    const project = cacheProject(line, 'loaded by Node', COVERED, BABEL_JEST);
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

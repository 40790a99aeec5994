/**
 * The compile cache changes nothing for modules in several projects, realms and module systems, nor what V8 reports
 * about scripts.
 */
import {writeFileSync} from 'node:fs';
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
  MIDDLE_LINES,
  NEWEST_LINE,
  ONE_WORKER,
  onLines,
  THOROUGH_LINES,
  cacheProject,
} from './compileCacheRuns';
import {IS_THOROUGH} from './project';

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

onLines(NEWEST_LINE, 'who asks V8 of a script is told the same', {
  files: ASKING_V8,
  options: {outputs: ['seen']},
  tests: 9,
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
    const overWorkers = {args: ['-w', '2'], env: {XDIST_IN_BAND: 'never', ...ONE_WORKER}};
    for (const {args, env} of IS_THOROUGH ? [overWorkers, {args: ['-i'], env: {}}] : [overWorkers]) {
      expect((await compiled(args, env)).length).toBeLessThanOrEqual(2);
      expect(await compiled(args, {...env, ...CACHE_OFF})).toEqual(Array.from({length: 6}, () => 'function'));
    }
    project.remove();
  });
});

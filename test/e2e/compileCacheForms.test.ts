/** The compile cache changes neither the exports nor the errors of modules of any form. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ODD_MODULES} from './compileCacheModules';
import {BABEL_JEST, MIDDLE_LINES, NEWEST_LINE, ONE_WORKER, onLines, SEEING, THOROUGH_LINES} from './compileCacheRuns';
import {IS_THOROUGH, type Files, type Project} from './project';

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

/** V8 drops the asynchronous frames of a stack now and then, under the stock runner, too. */
const WITHOUT_ASYNC_FRAMES = ['--no-async-stack-traces'];

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
  [NEWEST_LINE, IS_THOROUGH ? ['odd1', 'odd2', 'odd3', 'dom1', 'dom2'] : ['odd1', 'odd2', 'dom1']],
  [MIDDLE_LINES, ['odd1', 'odd2', 'dom1']],
] as const) {
  onLines(lines, 'modules of any form are the same in their errors, their texts and what they mean', {
    files: oddFiles(names),
    options: {outputs: ['seen'], nodeArgs: WITHOUT_ASYNC_FRAMES},
    tests: names.length * Object.keys(ODD_MODULES).length,
  });
}

// Up to 30.3 it has a jest-runtime that has asked for `vm` before the runner is there.
onLines([...NEWEST_LINE, ...MIDDLE_LINES], "in Jest's own process, too", {
  files: oddFiles(['odd1', 'odd2', 'dom1'], SOME_MODULES),
  options: {outputs: ['seen'], inOrder: 'in band', nodeArgs: WITHOUT_ASYNC_FRAMES},
  tests: 3 * SOME_MODULES.length,
});

onLines(THOROUGH_LINES, 'the same with source maps read by Node, transformed by Babel', {
  files: oddFiles(['odd1', 'odd2', 'dom1'], SOME_MODULES),
  config: BABEL_JEST,
  options: {outputs: ['seen'], env: {NODE_OPTIONS: '--enable-source-maps'}, nodeArgs: WITHOUT_ASYNC_FRAMES},
  tests: 3 * SOME_MODULES.length,
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

/** Checks that `npm run lint` enforces the boundaries between the rings and rooms of ARCHITECTURE.md. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ESLint, type Linter} from 'eslint';
import {configs} from 'typescript-eslint';
import {temporaryFolder} from './run/temporaryFolder';

const root = join(__dirname, '../..');

interface Cruise {
  readonly modules: readonly {readonly source: string}[];
  readonly summary: {readonly violations: readonly {readonly from: string; readonly rule: {readonly name: string}}[]};
}

/** Each is a file by its path in src, what it says, and the rule that it breaks; null: it breaks none. */
const FILES: readonly (readonly [path: string, text: string, rule: string | null])[] = [
  ['run/reports', "import {reportModel} from '../report/reportModel'; reportModel();", 'no-run-needs-a-report'],
  ['report/runs', "import {warn} from '../run/warn'; warn('');", 'a-report-is-of-a-recording'],
  ['report/page/sums', "import {pageFile} from '../pageFile'; pageFile();", 'a-page-stands-alone'],
  ['report/draws', "import {element} from './page/dom'; element();", 'nothing-runs-the-page'],
  ['core/plan/readsFiles', "import {readFileSync} from 'node:fs'; readFileSync('a');", 'core-does-no-io'],
  ['core/plan/readsFilesToo', "import {readFileSync} from 'fs'; readFileSync('a');", 'core-does-no-io'],
  ['core/plan/typeOfNode', "import type {Socket} from 'node:net'; export type A = Socket;", 'core-does-no-io'],
  ['core/plan/warns', "import {warn} from '../../run/warn'; warn('');", 'core-knows-no-process'],
  ['core/plan/leases', "import {Lease} from '../../worker/lease'; new Lease();", 'core-knows-no-process'],
  ['core/plan/fixture', "import {Line} from '../../fixtures/line'; new Line();", 'core-knows-no-process'],
  ['core/plan/realm', "import {FIXTURES} from '../../realm/handover'; FIXTURES.toString();", 'core-knows-no-process'],
  ['core/plan/docblock', "import {parse} from 'jest-docblock'; parse('');", 'the-running-jest'],
  ['run/runsJest', "import Runner from 'jest-runner'; new Runner();", 'the-running-jest'],
  [
    'run/emptyResult',
    "import {createEmptyTestResult} from '@jest/test-result'; createEmptyTestResult();",
    'the-running-jest',
  ],
  [
    'fixtures/transforms',
    "import {createScriptTransformer} from '@jest/transform'; createScriptTransformer();",
    'the-running-jest',
  ],
  ['stock/parses', "import {parse} from 'jest-docblock'; parse('');", 'the-running-jest'],
  ['run/steps', "import {step} from '../core/schedule'; step();", 'only-dispatch-runs-the-scheduler'],
  ['index2', "import {step} from './core/schedule'; step();", 'only-dispatch-runs-the-scheduler'],
  ['stock/steps', "import {step} from '../core/schedule'; step();", 'only-dispatch-runs-the-scheduler'],
  [
    'run/watermarks',
    "import type {A} from '../core/schedule/watermarks'; export type B = A;",
    'one-door-to-the-scheduler',
  ],
  ['worker/warns', "import {warn} from '../run/warn'; warn('');", 'a-worker-knows-the-wire'],
  ['worker/steps', "import {step} from '../core/schedule'; step();", 'a-worker-knows-the-wire'],
  ['worker/config', "import type {A} from '../core/rules/config'; export type B = A;", 'a-worker-knows-the-wire'],
  ['worker/hosts', "import {Line} from '../fixtures/line'; new Line();", 'a-worker-knows-the-wire'],
  ['worker/inRealm', "import {sharedFixture} from '../realm/fixtures'; sharedFixture('');", 'a-worker-knows-the-wire'],
  ['worker/stock', "import {begin} from '../stock/currentRun'; begin();", 'a-worker-knows-the-wire'],
  ['worker/leaks/knows', "import {Lease} from '../lease'; new Lease();", 'leaks-know-no-run'],
  ['worker/compile/knows', "import {Lease} from '../lease'; new Lease();", 'the-compile-cache-knows-no-run'],
  ['worker/disk', "import {keepWithin} from './compile/diskUse'; keepWithin();", 'two-doors-to-the-compile-cache'],
  ['worker/warms', "import {warmUp} from './ahead/warmUp'; warmUp();", 'few-doors-to-what-starts-ahead'],
  [
    'run/workers/starts',
    "import {fixedAtStart} from './ahead/processStart'; fixedAtStart();",
    'few-doors-to-what-starts-ahead',
  ],
  ['fixtures/warns', "import {warn} from '../run/warn'; warn('');", 'fixture-processes-know-the-wire'],
  ['fixtures/leases', "import {Lease} from '../worker/lease'; new Lease();", 'fixture-processes-know-the-wire'],
  ['fixtures/steps', "import {step} from '../core/schedule'; step();", 'fixture-processes-know-the-wire'],
  ['worker/reads', "import {readFileSync} from 'node:fs'; readFileSync('a');", 'beside-tests-take-what-is-pristine'],
  ['worker/compile/removes', "import fs from 'fs'; fs.rmSync('a');", 'beside-tests-take-what-is-pristine'],
  ['worker/guard/inBandReport', "import {writeSync} from 'node:fs'; writeSync(2, 'a');", null],
  ['pristine/warns', "import {warn} from '../run/warn'; warn('');", 'pristine-knows-nothing-of-ours'],
  ['core/plan/pristine', "import {epochMs} from '../../pristine/clock'; epochMs();", 'core-knows-no-process'],
  ['realm/joins', "import {join} from 'node:path'; join('a');", 'a-realm-imports-types-alone'],
  ['realm/parses', "import {parse} from '../core/wire/workerMessages'; parse();", 'a-realm-imports-types-alone'],
  [
    'run/handsOver',
    "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
    'what-runs-in-a-realm-runs-there-alone',
  ],
  [
    'stock/handsOver',
    "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
    'what-runs-in-a-realm-runs-there-alone',
  ],
  ['run/serves', "import {serve} from '../worker/main'; serve();", 'the-parent-talks-over-the-wire'],
  ['run/files/hosts', "import {Line} from '../../fixtures/line'; new Line();", 'the-parent-talks-over-the-wire'],
  ['run/stock', "import {begin} from '../stock/currentRun'; begin();", 'the-parent-talks-over-the-wire'],
  ['replay/runs', "import {run} from '../run/run'; run();", 'a-replay-runs-nothing'],
  ['replay/works', "import {Lease} from '../worker/lease'; new Lease();", 'a-replay-runs-nothing'],
  ['run/replays', "import {tell} from '../replay/runs'; tell();", 'replays-start-from-the-command-line'],
  ['run/fleet', "import {LiveReplay} from '../fleet/results/liveReplay'; new LiveReplay();", 'one-door-to-the-fleet'],
  ['fleet/queue', "import {Queue} from 'bullmq'; new Queue();", 'the-engine-is-one-folder'],
  ['fleet/results/queue', "import {engine} from '../engine/redis'; engine();", 'results-know-no-engine'],
  ['fleet/results/runs', "import {run} from '../../run/run'; run();", 'results-know-no-engine'],
  ['fleet/results/reads', "import {tell} from '../../replay/runs'; tell();", 'a-fleet-merges-as-a-replay-does'],
  ['live/dispatches', "import {Dispatch} from '../run/dispatch'; export type A = Dispatch;", 'the-live-view-looks-on'],
  ['run/shows', "import {LiveView} from '../live/liveView'; export type A = LiveView;", 'no-run-knows-the-live-view'],
  ['stock/runs', "import {run} from '../run/run'; run();", 'stock-uses-no-run'],
  ['stock/leases', "import {Lease} from '../worker/lease'; new Lease();", 'stock-uses-no-run'],
  [
    'stock/fixture',
    "import {FixtureProcess} from '../fixtures/fixtureProcess'; new FixtureProcess();",
    'stock-uses-no-run',
  ],
  ['core/plan/one', "import {two} from './two'; export const one = () => two;", 'no-circles'],
  [
    'core/plan/right',
    "import {planUnits} from './plan'; import type {TestResult} from '@jest/test-result'; export const a = (_: TestResult) => planUnits;",
    null,
  ],
  ['core/plan/rightToo', "import leven from 'leven'; leven('', '');", null],
  [
    'worker/right',
    "import {parseHello} from '../core/wire/workerMessages'; import type {Unit} from '../core/plan/units'; import {readText} from '../pristine/fs'; import {FIXTURES} from '../realm/handover'; export const a = (_: Unit) => [parseHello, readText, FIXTURES];",
    null,
  ],
  [
    'fixtures/right',
    "import {spawn} from 'node:child_process'; import {parse} from '../core/wire/fixtureMessages'; spawn(parse);",
    null,
  ],
  [
    'run/right',
    "import {readFileSync} from 'node:fs'; import {planUnits} from '../core/plan/plan'; import type {Command} from '../core/schedule'; import type Runner from 'jest-runner'; export const a = (_: Command, _b: Runner) => [readFileSync, planUnits];",
    null,
  ],
  ['fleet/engine/redis', "import {Queue} from 'bullmq'; new Queue();", null],
  ['fleet/results/liveReplay', "import {Shared} from '../../replay/sharedFiles'; new Shared();", null],
  ['run/jestRunner', "import {LiveReplay} from '../fleet/results/liveReplay'; new LiveReplay();", null],
  ['run/dispatch', "import {step} from '../core/schedule'; step();", null],
  ['run/inBand', "import {Phases} from '../worker/guard/phases'; new Phases();", null],
  [
    'realm/right',
    "import {FIXTURES} from './handover'; import type {Hello} from '../core/wire/workerMessages'; export const a = (_: Hello) => FIXTURES;",
    null,
  ],
  [
    'stock/right',
    "import {Line} from '../fixtures/line'; import type {HandedOver} from '../realm/handover'; import {find} from '../run/fixtures/fixtureModules'; export const a = (_: HandedOver) => [Line, find];",
    null,
  ],
];

/** What the others import. */
const TARGETS = [
  'core/plan/plan', 'core/plan/units', 'core/rules/config', 'core/schedule/index', 'core/schedule/watermarks',
  'core/wire/workerMessages', 'core/wire/fixtureMessages', 'fixtures/line', 'pristine/clock', 'pristine/fs', 'fixtures/fixtureProcess', 'realm/fixtures',
  'realm/handover', 'run/run', 'run/warn', 'run/fixtures/fixtureModules', 'stock/currentRun', 'worker/lease', 'worker/main',
  'run/dispatch', 'live/liveView', 'report/reportModel', 'report/pageFile', 'report/page/dom',
  'worker/guard/phases', 'worker/compile/diskUse', 'worker/ahead/warmUp', 'run/workers/ahead/processStart', 'replay/sharedFiles',
]; // prettier-ignore

describe('dependency-cruiser', () => {
  const folder = temporaryFolder();
  let broken: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'tsconfig.json'), '{}');
    const write = (path: string, text: string) => {
      const file = join(folder, 'src', `${path}.ts`);
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, text);
    };
    for (const path of TARGETS) write(path, 'export {};');
    write('core/plan/two', "import type {one} from './one'; export const two = (a: typeof one) => a;");
    for (const [path, text] of FILES) write(path, text);
    const {stdout, stderr} = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        '--config',
        join(root, '.dependency-cruiser.cjs'),
        '--output-type',
        'json',
        'src',
      ],
      {cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26},
    );
    if (stdout === '') throw new Error(stderr);
    const {summary} = JSON.parse(stdout) as Cruise;
    const rules = new Map<string, string[]>();
    for (const {from, rule} of summary.violations) rules.set(from, [...(rules.get(from) ?? []), rule.name]);
    broken = rules;
  });

  test.each(FILES)('src/%s: %s', (path, _text, rule) => {
    const rules = broken.get(`src/${path}.ts`) ?? [];
    if (rule === null) expect(rules).toEqual([]);
    else expect(rules).toContain(rule);
  });
});

describe('ESLint', () => {
  // The config is passed in, as Jest's sandbox has no `import()` of files; and without the rules that
  // need types, as these take many seconds and say nothing of this.
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    baseConfig: require('../../eslint.config.js') as Linter.Config[],
    overrideConfig: configs.disableTypeChecked as Linter.Config,
  });

  const CORE = 'src/core/plan/plan.ts';
  const WORKER = 'src/worker/lease.ts';

  test.each([
    [CORE, 'reads process', 'export const a = process.pid;', 'core is pure: pass it in'],
    [CORE, 'sets a timer', 'setTimeout(() => undefined, 1);', 'core is pure: pass it in'],
    [CORE, 'prints', "console.log('');", 'core is pure: pass it in'],
    [CORE, 'reads the clock', 'export const a = Date.now();', 'core is pure: pass it in'],
    [CORE, 'draws random numbers', 'export const a = Math.random();', 'randomness comes in as an argument'],
    [CORE, 'imports at run time', "export const a = () => import('./plan');", 'import statically'],
    [WORKER, 'reads a clock that a test may have mocked', 'Date.now();', 'use src/pristine/clock'],
    [WORKER, 'asks Node for its memory', 'process.memoryUsage();', 'it may abort Node 20: use src/pristine/memory'],
  ])('objects to %s if it %s', async (file, _what, text, objection) => {
    const [result] = await eslint.lintText(text, {filePath: join(root, file)});
    expect(result?.messages.map(({message}) => message)).toContainEqual(expect.stringContaining(objection));
  });
});

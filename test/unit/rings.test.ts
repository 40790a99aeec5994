/** That the lint rules hold the rings of ARCHITECTURE.md apart. */
import {join} from 'node:path';
import {ESLint, type Linter} from 'eslint';
import {configs} from 'typescript-eslint';

const root = join(__dirname, '../..');

// The config is passed in, as Jest's sandbox has no `import()` of files; and without the rules that
// need types, as these take many seconds and say nothing of imports.
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  baseConfig: require('../../eslint.config.js') as Linter.Config[],
  overrideConfig: configs.disableTypeChecked as Linter.Config,
});

const RINGS = ['@typescript-eslint/no-restricted-imports', 'no-restricted-globals', 'no-restricted-properties'];

/** What the rules of the rings say of a file with this text. */
async function objections(path: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, {filePath: join(root, path)});
  const messages = result?.messages ?? [];
  const broken = messages.find(({fatal}) => fatal);
  if (broken !== undefined) throw new Error(broken.message);
  return messages.filter(({ruleId}) => RINGS.includes(ruleId ?? '')).map(({message}) => message);
}

describe('it is an error that', () => {
  test.each([
    [
      'core imports node:fs',
      'src/core/plan/plan.ts',
      "import {readFileSync} from 'node:fs'; readFileSync('a');",
      'core does no I/O',
    ],
    [
      'core imports fs',
      'src/core/plan/plan.ts',
      "import {readFileSync} from 'fs'; readFileSync('a');",
      'core does no I/O',
    ],
    [
      'core imports a type of node',
      'src/core/plan/plan.ts',
      "import type {Socket} from 'node:net'; export type A = Socket;",
      'core does no I/O',
    ],
    [
      'core imports shell',
      'src/core/plan/plan.ts',
      "import {warn} from '../shell/warn'; warn('');",
      'core knows neither shell nor worker',
    ],
    [
      'core imports worker',
      'src/core/plan/plan.ts',
      "import {Lease} from '../worker/lease'; new Lease();",
      'core knows neither shell nor worker',
    ],
    [
      'core imports code of Jest',
      'src/core/plan/plan.ts',
      "import {parse} from 'jest-docblock'; parse('');",
      'core knows types of Jest only',
    ],
    [
      'core imports a process of fixtures',
      'src/core/plan/plan.ts',
      "import {Line} from '../fixtures/line'; new Line();",
      'core knows neither shell nor worker',
    ],
    ['core reads process', 'src/core/plan/plan.ts', 'export const a = process.pid;', 'core is pure: pass it in'],
    ['core sets a timer', 'src/core/plan/plan.ts', 'setTimeout(() => undefined, 1);', 'core is pure: pass it in'],
    ['core prints', 'src/core/plan/plan.ts', "console.log('');", 'core is pure: pass it in'],
    ['core reads the clock', 'src/core/plan/plan.ts', 'export const a = Date.now();', 'core is pure: pass it in'],
    [
      'core draws lots',
      'src/core/plan/plan.ts',
      'export const a = Math.random();',
      'randomness comes in as an argument',
    ],
    [
      'worker imports shell',
      'src/worker/main.ts',
      "import {warn} from '../shell/warn'; warn('');",
      'a worker knows units, and what is said between processes',
    ],
    [
      'worker calls what a test may have mocked',
      'src/worker/main.ts',
      "import {readFileSync} from 'node:fs'; readFileSync('a');",
      'take it from src/pristine',
    ],
    ['worker reads a clock that a test may have mocked', 'src/worker/main.ts', 'Date.now();', 'use src/pristine/clock'],
    [
      'worker asks Node for its memory',
      'src/worker/main.ts',
      'process.memoryUsage();',
      'it may abort Node 20: use src/pristine/memory',
    ],
    [
      'compile calls what a test may have mocked',
      'src/worker/compile/diskUse.ts',
      "import fs from 'fs'; fs.rmSync('a');",
      'take it from src/pristine',
    ],
    [
      'pristine imports ours',
      'src/pristine/fs.ts',
      "import {warn} from '../shell/warn'; warn('');",
      'knows nothing of ours',
    ],
    [
      'worker imports the scheduler',
      'src/worker/main.ts',
      "import {step} from '../core/schedule'; step();",
      'a worker knows units, and what is said between processes',
    ],
    [
      'worker imports a type of config',
      'src/worker/main.ts',
      "import type {OptionSource} from '../core/config'; export type A = OptionSource;",
      'a worker knows units, and what is said between processes',
    ],
    [
      'worker imports a process of fixtures',
      'src/worker/main.ts',
      "import {Line} from '../fixtures/line'; new Line();",
      'a worker knows units, and what is said between processes',
    ],
    [
      'a process of fixtures imports shell',
      'src/fixtures/host.ts',
      "import {warn} from '../shell/warn'; warn('');",
      'the processes of fixtures know what is said between processes',
    ],
    [
      'a process of fixtures imports worker',
      'src/fixtures/host.ts',
      "import {Lease} from '../worker/lease'; new Lease();",
      'the processes of fixtures know what is said between processes',
    ],
    [
      'a process of fixtures imports the scheduler',
      'src/fixtures/host.ts',
      "import {step} from '../core/schedule'; step();",
      'the processes of fixtures know what is said between processes',
    ],
    [
      'a process of fixtures imports code of Jest',
      'src/fixtures/fixture.ts',
      "import {createScriptTransformer} from '@jest/transform'; createScriptTransformer();",
      "the running Jest's @jest/transform comes by its path",
    ],
    [
      'shell imports a process of fixtures',
      'src/run/run.ts',
      "import {Line} from '../fixtures/line'; new Line();",
      'the shell talks to the fixture host through fixtureMessages',
    ],
    [
      'shell imports worker',
      'src/run/run.ts',
      "import {serve} from '../worker/main'; serve();",
      'the shell talks to a worker through protocol',
    ],
    [
      'shell imports the scheduler',
      'src/run/run.ts',
      "import {step} from '../core/schedule'; step();",
      'only dispatch runs the scheduler',
    ],
    [
      'shell imports what the scheduler does with sessions',
      'src/run/run.ts',
      "import {dropFile} from '../core/fileSessions'; dropFile();",
      'only dispatch runs the scheduler',
    ],
    [
      'shell imports the watermarks',
      'src/run/run.ts',
      "import {mostBurdened} from '../core/watermarks'; mostBurdened();",
      'only dispatch runs the scheduler',
    ],
    [
      'the runner imports the scheduler',
      'src/index.ts',
      "import {step} from './core/schedule'; step();",
      'only dispatch runs the scheduler',
    ],
    [
      'shell imports code of Jest',
      'src/run/run.ts',
      "import Runner from 'jest-runner'; new Runner();",
      "the running Jest's parts come from runningJest",
    ],
    [
      'shell imports code of @jest',
      'src/run/run.ts',
      "import {createEmptyTestResult} from '@jest/test-result'; createEmptyTestResult();",
      "the running Jest's parts come from runningJest",
    ],
    [
      'the realm of a test file imports node:path',
      'src/realm/fixtures.ts',
      "import {join} from 'node:path'; join('a');",
      'any module may be a mock',
    ],
    [
      'the realm of a test file imports core',
      'src/realm/fixtures.ts',
      "import {parseHello} from '../core/protocol'; parseHello('');",
      'any module may be a mock',
    ],
    [
      'worker imports what runs in the realm of a test file',
      'src/worker/main.ts',
      "import {sharedFixture} from '../realm/fixtures'; sharedFixture('');",
      'a worker knows units, and what is said between processes',
    ],
    [
      'shell imports the realm of a test file',
      'src/run/run.ts',
      "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
      'is run there alone',
    ],
    [
      'core imports the realm of a test file',
      'src/core/plan/plan.ts',
      "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
      'core knows neither shell nor worker',
    ],
    [
      'the part for the stock runner imports the run',
      'src/stock/stockMain.ts',
      "import {run} from '../shell/run'; run();",
      "under Jest's own runner there is none of ours",
    ],
    [
      'the part for the stock runner imports worker',
      'src/stock/stockMain.ts',
      "import {Lease} from '../worker/lease'; new Lease();",
      "under Jest's own runner there is none of ours",
    ],
    [
      'the part for the stock runner imports the process of a fixture',
      'src/stock/stockMain.ts',
      "import {FixtureProcess} from '../fixtures/fixtureProcess'; new FixtureProcess();",
      "under Jest's own runner there is none of ours",
    ],
    [
      'the part for the stock runner imports the scheduler',
      'src/stock/stockMain.ts',
      "import {step} from '../core/schedule'; step();",
      'only dispatch runs the scheduler',
    ],
    [
      'the part for the stock runner imports code of Jest',
      'src/stock/stockMain.ts',
      "import {parse} from 'jest-docblock'; parse('');",
      "the running Jest's parts come from runningJest",
    ],
    [
      'the part for the stock runner imports what runs in the realm of a test file',
      'src/stock/stockMain.ts',
      "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
      'is run there alone',
    ],
    [
      'shell imports the part for the stock runner',
      'src/run/run.ts',
      "import {begin} from '../stock/currentRun'; begin();",
      "what is for Jest's own runner is no part of ours",
    ],
    [
      'worker imports the part for the stock runner',
      'src/worker/main.ts',
      "import {begin} from '../stock/currentRun'; begin();",
      'a worker knows units, and what is said between processes',
    ],
    [
      'a process of fixtures imports the part for the stock runner',
      'src/fixtures/host.ts',
      "import {begin} from '../stock/currentRun'; begin();",
      'the processes of fixtures know what is said between processes',
    ],
    [
      'dispatch imports worker',
      'src/run/dispatch.ts',
      "import {Lease} from '../worker/lease'; new Lease();",
      'the shell talks to a worker through protocol',
    ],
    [
      'dispatch imports code of Jest',
      'src/run/dispatch.ts',
      "import Runner from 'jest-runner'; new Runner();",
      "the running Jest's parts come from runningJest",
    ],
  ])('%s', async (_what, path, text, objection) => {
    expect(await objections(path, text)).toEqual([expect.stringContaining(objection)]);
  });
});

describe('it is right that', () => {
  test.each([
    ['core imports core', 'src/core/plan/plan.ts', "import {step} from './schedule'; step();"],
    [
      'core imports types of Jest',
      'src/core/plan/plan.ts',
      "import type {TestResult} from '@jest/test-result'; export type A = TestResult;",
    ],
    ['core imports a package', 'src/core/plan/plan.ts', "import leven from 'leven'; leven('', '');"],
    [
      'worker imports units and protocol',
      'src/worker/main.ts',
      "import {parseHello} from '../core/protocol'; import type {Unit} from '../core/units'; export const a = (_: Unit) => parseHello('');",
    ],
    [
      'a thread that runs no tests does I/O',
      'src/worker/guard/inBandReport.ts',
      "import {writeSync} from 'node:fs'; writeSync(2, String(Date.now()));",
    ],
    [
      'worker does I/O',
      'src/worker/main.ts',
      "import {readText} from '../pristine/fs'; import {epochMs} from '../pristine/clock'; readText(String(epochMs()));",
    ],
    [
      'a process of fixtures imports what is said, and does I/O',
      'src/fixtures/host.ts',
      "import {spawn} from 'node:child_process'; import {parseToFixtureHost} from '../core/fixtureMessages'; spawn(String(parseToFixtureHost('')));",
    ],
    [
      'shell does I/O',
      'src/run/run.ts',
      "import {readFileSync} from 'node:fs'; readFileSync(String(process.pid + Date.now()));",
    ],
    [
      'the realm of a test file imports its own, and types',
      'src/realm/fixtures.ts',
      "import {FIXTURES} from './handover'; import type {FileFixtures} from '../core/protocol'; export const a = (_: FileFixtures) => FIXTURES;",
    ],
    [
      'worker imports what it hands over to a realm',
      'src/worker/main.ts',
      "import {FIXTURES} from '../realm/handover'; FIXTURES.toString();",
    ],
    ['shell imports core', 'src/run/run.ts', "import {planUnits} from '../core/plan'; planUnits([], true);"],
    [
      'shell imports types of the scheduler',
      'src/run/run.ts',
      "import type {Command} from '../core/scheduleEvents'; export type A = Command;",
    ],
    ['shell imports types of Jest', 'src/run/run.ts', "import type Runner from 'jest-runner'; export type A = Runner;"],
    [
      'the part for the stock runner imports how fixtures are found and hosted, and types of a realm',
      'src/stock/stockMain.ts',
      "import {Line} from '../fixtures/line'; import type {HandedOver} from '../realm/handover'; import {findFixtures} from '../shell/fixtureModules'; export const a = (_: HandedOver) => [Line, findFixtures];",
    ],
    ['dispatch imports the scheduler', 'src/run/dispatch.ts', "import {step} from '../core/schedule'; step();"],
  ])('%s', async (_what, path, text) => {
    expect(await objections(path, text)).toEqual([]);
  });
});

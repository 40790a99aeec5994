/**
 * The messages for pragmas that are malformed, misplaced, or ask for something that the run does not have, and the
 * effect of valid pragmas on the plan.
 */
import {basename} from 'node:path';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {onLatestLine} from './project';

const FILES = {
  'ok.test.js': '/** @group integration */\ntest("ok", () => {});',
  'bad.test.js':
    '/**\n * A file.\n *\n * @resource db:none\n */\ntest("never", () => require("fs").writeFileSync("ran", ""));',
  'trap.test.js':
    '/**\n * @serial\n * because it is slow\n */\ntest("never", () => require("fs").writeFileSync("ran", ""));',
  'licence.test.js': '// Copyright\n/** @can-split */\ntest("ok", () => {});',
};

for (const args of [['-w', '2'], ['-i']]) {
  onLatestLine(
    `a malformed pragma fails its file, with file and line; the others run (${args.join(' ')})`,
    async (_line, make) => {
      const project = make(FILES);
      const {exitCode, json, stderr} = await project.run(args, {env: {XDIST_IN_BAND: 'never'}});
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({numTotalTestSuites: 4, numPassedTests: 2, numRuntimeErrorTestSuites: 2});
      expect(project.exists('ran')).toBe(false);
      expect(stderr).toContain(`${project.path('bad.test.js')}:4  @resource db:none: expected "name" or "name:amount"`);
      expect(stderr).toContain(
        `${project.path('trap.test.js')}:2  @serial because it is slow: it takes no value (jest-docblock takes the text on the line after`,
      );
      expect(stderr).toContain(`${project.path('licence.test.js')}:2: @can-split has no effect here`);
    },
  );
}

const ran = 'test("never", () => require("fs").writeFileSync("ran", ""));';
const asks = (...lines: string[]) => `/**\n${lines.map(line => ` * ${line}\n`).join('')} */\n`;
const fixture = 'exports.setup = () => 1;\nexports.teardown = () => {};\n';

for (const args of [['-w', '2'], ['-i']]) {
  onLatestLine(
    `a file that asks for what cannot be had fails, with file and line; the others run (${args.join(' ')})`,
    async (_line, make) => {
      const project = make({
        'ok.test.js': `${asks('@resource gpu:2')}test("ok", () => {});`,
        'much.test.js': asks('@resource gpu:3', '@resource port:2') + ran,
        'gone.test.js': asks('@shared-fixture ./fixtures/gone', '@shared-fixture @acme/none') + ran,
        'circle.test.js': asks('@shared-fixture ./fixtures/a') + ran,
        'worker.test.js': asks('@shared-fixture ./fixtures/one scope=worker') + ran,
        'run.test.js': asks('@shared-fixture ./fixtures/one.js') + ran,
        'fixtures/a.js': asks('@shared-fixture ./b.js') + fixture,
        'fixtures/b.js': asks('@shared-fixture ./a') + fixture,
        'fixtures/one.js': fixture,
      });
      const {exitCode, json, stderr} = await project.run(args, {
        env: {XDIST_IN_BAND: 'never', XDIST_RESOURCES: '{"gpu": 2}'},
      });
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({numTotalTestSuites: 6, numPassedTests: 1, numRuntimeErrorTestSuites: 5});
      expect(project.exists('ran')).toBe(false);
      for (const text of [
        `${project.path('much.test.js')}:2  it asks for 3 of the resource "gpu", but there are only 2. Ask for less, or raise`,
        `${project.path('much.test.js')}:3  it asks for 2 of the resource "port", but there is only 1, because the option "resources"`,
        `${project.path('gone.test.js')}:2  there is no module of the shared fixture "./fixtures/gone". Tried: ${project.path('fixtures/gone')} as`,
        `${project.path('gone.test.js')}:3  there is no module of the shared fixture "@acme/none": Cannot find module '@acme/none'. Tried: `,
        `${project.path('fixtures/a.js')}:2  shared fixtures need each other in a cycle: fixtures/a.js -> fixtures/b.js -> fixtures/a.js.`,
        `${project.path('worker.test.js')}:2  the shared fixture fixtures/one.js has scope=worker here, and scope=run, which is what it has if nothing is said, in ${project.path('run.test.js')}:2.`,
      ]) {
        expect(stderr).toContain(text);
      }
    },
  );
}

onLatestLine('what files ask for is in the plan', async (_line, make) => {
  const project = make({
    'serial.test.js': `${asks('@serial', '@can-split')}test("ok", () => {});`,
    'a.test.js': `${asks('@worker-group db', '@resource gpu:2', '@restart-worker')}test("ok", () => {});`,
    'b.test.js': `${asks('@shared-fixture ./fixtures/app')}test("ok", () => {});`,
    'c.test.js': `${asks('@can-split')}test("ok", () => {});`,
    'fixtures/app/index.js': `${asks('@shared-fixture ../net')}${fixture}`,
    'fixtures/net.js': fixture,
  });
  const {log, stderr, exitCode} = await project.run(['-w', '2', '--verbose'], {
    env: {XDIST_IN_BAND: 'never', XDIST_RESOURCES: '{"gpu": 4, "disk": 2}'},
  });
  expect(exitCode).toBe(0);
  const plan = log.flatMap(line => ('plan' in line ? [line.plan] : []))[0] as SchedulePlan;
  const nothing = {serial: false, workerGroup: null, resources: [], freshWorker: false, fixtures: []};
  expect(Object.fromEntries(plan.units.map(({file, constraints}) => [basename(file.path), constraints]))).toEqual({
    'serial.test.js': {...nothing, serial: true},
    'a.test.js': {
      ...nothing,
      workerGroup: 'db',
      resources: [{name: 'gpu', amount: 2}],
      freshWorker: true,
    },
    'b.test.js': {...nothing, fixtures: [0, 1]},
    'c.test.js': null,
  });
  expect(plan.units.filter(({split}) => split !== null).map(({file}) => basename(file.path))).toEqual(['c.test.js']);
  expect(plan).toMatchObject({
    fixtures: [
      {scope: 'run', needs: []},
      {scope: 'run', needs: [0]},
    ],
    resources: {gpu: 4},
  });
  expect(stderr).toContain(`${project.path('serial.test.js')} runs whole: it is serial.`);
});

onLatestLine(
  'a file that asks for a fresh worker has one, also where Jest would run it in band',
  async (_line, make) => {
    const project = make({'a.test.js': `${asks('@restart-worker')}test("ok", () => {});`});
    const {log, json} = await project.run(['-w', '2']);
    expect(json).toMatchObject({success: true, numPassedTests: 1});
    expect(log).not.toEqual([]);
  },
);

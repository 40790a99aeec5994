/** Test environments, module kinds, transforms, test runners: whatever a project has put in place. */
import {expectSameAsStock} from './parity';
import {onEachLine, onLatestLine} from './project';

onLatestLine('jsdom by docblock, beside node', async (_line, make) => {
  const project = make({
    'dom.test.js':
      '/** @jest-environment jsdom */\ntest("has a document", () => { document.body.innerHTML = "<p>hi</p>"; expect(document.querySelector("p")).toMatchInlineSnapshot; expect(document.title).toBe(""); });',
    'options.test.js':
      '/**\n * @jest-environment jsdom\n * @jest-environment-options {"url": "https://example.org/x"}\n */\ntest("url", () => expect(location.href).toBe("https://example.org/x"));',
    'node.test.js': 'test("has none", () => expect(typeof document).toBe("undefined"));',
  });
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.json?.numPassedTests).toBe(3);
});

onEachLine('a custom environment with a handleTestEvent of its own', async (_line, make) => {
  const project = make(
    {
      'environment.js': `
        const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          seen = [];
          async setup() { await super.setup(); this.global.fromSetup = true; }
          handleTestEvent(event) { this.seen.push(event.name); this.global.seen = this.seen; }
        };`,
      'a.test.js':
        'test("sees events", () => { expect(fromSetup).toBe(true); expect(seen).toContain("test_fn_start"); expect(seen.length).toMatchSnapshot(); });',
      'b.test.js': 'test("too", () => expect(seen).toContain("run_start"));',
    },
    {testEnvironment: './environment.js'},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2'], {outputs: ['__snapshots__']});
  expect(xdist.json?.numPassedTests).toBe(2);
});

onEachLine('ESM test files', async (_line, make) => {
  const project = make(
    {
      'sum.mjs': 'export const sum = (a, b) => a + b;',
      'a.test.mjs':
        'import {jest} from "@jest/globals"; import {sum} from "./sum.mjs"; test("esm", async () => { expect(sum(1, 2)).toBe(3); expect(typeof jest.fn).toBe("function"); expect((await import("./sum.mjs")).sum(1, 1)).toBe(2); });',
      'b.test.mjs': 'test("meta", () => expect(import.meta.url).toMatch(/b\\.test\\.mjs$/));',
    },
    {testMatch: ['**/*.test.mjs']},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2'], {
    nodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  });
  expect(xdist.json?.numPassedTests).toBe(2);
});

onLatestLine('injectGlobals: false', async (_line, make) => {
  const body =
    'const {test, expect} = require("@jest/globals"); const outer = typeof globalThis.test; test("none", () => expect(outer).toBe("undefined"));';
  const {xdist} = await expectSameAsStock(make({'a.test.js': body, 'b.test.js': body}, {injectGlobals: false}), [
    '-w',
    '2',
  ]);
  expect(xdist.json?.numPassedTests).toBe(2);
});

const TYPED = {
  'sum.ts':
    'export interface Pair { a: number; b: number }\n\nexport function sum({a, b}: Pair): number {\n  if (a < 0) {\n    throw new RangeError("negative");\n  }\n  return a + b;\n}\n',
  'pass.test.ts': 'import {sum} from "./sum";\n\ntest("adds", () => {\n  expect(sum({a: 1, b: 2})).toBe(3);\n});\n',
  'fail.test.ts':
    'import {sum, type Pair} from "./sum";\n\ninterface Unused {\n  x: number;\n}\n\ntest("throws", () => {\n  const pair: Pair = {a: -1, b: 2};\n  sum(pair);\n});\n',
  'tsconfig.json':
    '{"compilerOptions": {"module": "commonjs", "target": "es2020", "strict": true, "esModuleInterop": true, "types": ["jest"], "ignoreDeprecations": "6.0", "isolatedModules": true}}',
};

onLatestLine('ts-jest, with stacks that point into the sources', async (_line, make) => {
  const project = make(TYPED, {transform: {'\\.ts$': ['ts-jest', {diagnostics: false}]}, testMatch: ['**/*.test.ts']});
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.stderr).toContain('at sum (sum.ts:5:11)');
});

onLatestLine('@swc/jest', async (_line, make) => {
  const project = make(TYPED, {
    transform: {'\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}}}]},
    testMatch: ['**/*.test.ts'],
  });
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.stderr).toContain('at sum (sum.ts:5:11)');
});

onLatestLine('babel-jest, with mocks that are hoisted', async (_line, make) => {
  const project = make(
    {
      'value.js': 'module.exports = {value: () => "real"};',
      'a.test.js':
        'const {value} = require("./value");\njest.mock("./value", () => ({value: () => "mocked"}));\ntest("mocked", () => expect(value()).toBe("mocked"));',
      'b.test.js': 'const {value} = require("./value");\ntest("real", () => expect(value()).toBe("real"));',
    },
    {transform: {'\\.js$': 'babel-jest'}},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.json?.numPassedTests).toBe(2);
});

onEachLine('jest-jasmine2 as the test runner', async (_line, make) => {
  const project = make(
    {
      'a.test.js':
        'describe("jasmine", () => { it("has spies", () => { const spy = jasmine.createSpy(); spy(1); expect(spy.calls.count()).toBe(1); }); it("fails", () => expect(1).toBe(2)); });',
      'b.test.js': 'it("too", () => expect(typeof jasmine).toBe("object"));',
    },
    {testRunner: 'jest-jasmine2'},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.json).toMatchObject({numPassedTests: 2, numFailedTests: 1});
});

onEachLine('a runtime, a resolver and a moduleNameMapper of the project', async (_line, make) => {
  const project = make(
    {
      'runtime.js':
        'const Runtime = require("jest-runtime").default; module.exports = class extends Runtime { requireModule(from, name, ...rest) { const loaded = super.requireModule(from, name, ...rest); return typeof loaded === "string" ? loaded + "!" : loaded; } };',
      'resolver.js':
        'module.exports = (request, options) => options.defaultResolver(request === "virtual" ? require("path").join(options.rootDir, "real.js") : request, options);',
      'real.js': 'module.exports = "resolved";',
      'a.test.js': 'test("both", () => expect(require("virtual")).toBe("resolved!"));',
      'b.test.js': 'test("mapped", () => expect(require("mapped")).toBe("resolved!"));',
    },
    {runtime: './runtime.js', resolver: './resolver.js', moduleNameMapper: {'^mapped$': '<rootDir>/real.js'}},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.json?.numPassedTests).toBe(2);
});

onLatestLine('console output, buffered and verbose', async (_line, make) => {
  const body = (name: string) =>
    `test("${name}", () => { console.log("log of ${name}"); console.error("error of ${name}"); });`;
  const project = make({'a.test.js': body('a'), 'b.test.js': body('b')});
  await expectSameAsStock(project, ['-w', '2']);
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--verbose'], {interleaved: true});
  expect(xdist.stdout + xdist.stderr).toContain('log of a');
  await expectSameAsStock(project, ['-w', '2', '--silent']);
});

onEachLine(
  'an environment that changes the configs it is given changes them for its own file only',
  async (_line, make) => {
    const project = make(
      {
        'environment.js': `
        const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          constructor(config, context) {
            super(config, context);
            config.projectConfig.testEnvironmentOptions.list.push('changed');
            config.globalConfig.reporters.push('changed');
            this.global.seen = [config.projectConfig.testEnvironmentOptions.list.length, config.globalConfig.reporters.length];
          }
        };`,
        ...Object.fromEntries(
          ['1', '2', '3'].map(name => [
            `${name}.test.js`,
            `test('sees ' + seen, () => expect(seen).toEqual([1, seen[1]]));`,
          ]),
        ),
      },
      {testEnvironment: './environment.js', testEnvironmentOptions: {list: []}, workerIdleMemoryLimit: '4GB'},
    );
    const {xdist} = await expectSameAsStock(project, ['-w', '1']);
    expect(xdist.json?.numPassedTests).toBe(3);
  },
);

/** Projects may replace test environments, module kinds, transforms and test runners. */
import {expectSameAsStock} from './parity';
import {onEachLine, onLatestLine, type Files} from './project';

const TYPED: Files = {
  'sum.ts':
    'export interface Pair { a: number; b: number }\n\nexport function sum({a, b}: Pair): number {\n  if (a < 0) {\n    throw new RangeError("negative");\n  }\n  return a + b;\n}\n',
  'pass.test.ts': 'import {sum} from "./sum";\n\ntest("adds", () => {\n  expect(sum({a: 1, b: 2})).toBe(3);\n});\n',
  'fail.test.ts':
    'import {sum, type Pair} from "./sum";\n\ninterface Unused {\n  x: number;\n}\n\ntest("throws", () => {\n  const pair: Pair = {a: -1, b: 2};\n  sum(pair);\n});\n',
};

interface OwnConfig {
  readonly config: object;
  readonly files: Files;
}

/** By the folder of a project of its own: what it has put in place. */
const PROJECTS: Readonly<Record<string, OwnConfig>> = {
  jsdom: {
    config: {},
    files: {
      'dom.test.js':
        '/** @jest-environment jsdom */\ntest("has a document", () => { document.body.innerHTML = "<p>hi</p>"; expect(document.querySelector("p").textContent).toBe("hi"); expect(document.title).toBe(""); });',
      'options.test.js':
        '/**\n * @jest-environment jsdom\n * @jest-environment-options {"url": "https://example.org/x"}\n */\ntest("url", () => expect(location.href).toBe("https://example.org/x"));',
      'node.test.js': 'test("has none", () => expect(typeof document).toBe("undefined"));',
    },
  },
  noGlobals: {
    config: {injectGlobals: false},
    files: {
      'a.test.js':
        'const {test, expect} = require("@jest/globals"); const outer = typeof globalThis.test; test("none", () => expect(outer).toBe("undefined"));',
    },
  },
  tsJest: {
    config: {transform: {'\\.ts$': ['ts-jest', {diagnostics: false, tsconfig: '<rootDir>/tsJest/tsconfig.json'}]}},
    files: {
      ...TYPED,
      'tsconfig.json':
        '{"compilerOptions": {"module": "commonjs", "target": "es2020", "strict": true, "esModuleInterop": true, "types": ["jest"], "ignoreDeprecations": "6.0", "isolatedModules": true}}',
    },
  },
  swc: {config: {transform: {'\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}}}]}}, files: TYPED},
  babel: {
    config: {transform: {'\\.js$': 'babel-jest'}},
    files: {
      'value.js': 'module.exports = {value: () => "real"};',
      'mocked.test.js':
        'const {value} = require("./value");\njest.mock("./value", () => ({value: () => "mocked"}));\ntest("mocked", () => expect(value()).toBe("mocked"));',
      'real.test.js': 'const {value} = require("./value");\ntest("real", () => expect(value()).toBe("real"));',
    },
  },
  jasmine2: {
    config: {testRunner: 'jest-jasmine2'},
    files: {
      'a.test.js':
        'describe("jasmine", () => { it("has spies", () => { const spy = jasmine.createSpy(); spy(1); expect(spy.calls.count()).toBe(1); }); it("fails", () => expect(1).toBe(2)); });',
    },
  },
  modules: {
    config: {
      runtime: '<rootDir>/modules/runtime.js',
      resolver: '<rootDir>/modules/resolver.js',
      moduleNameMapper: {'^mapped$': '<rootDir>/modules/real.js'},
    },
    files: {
      'runtime.js':
        'const Runtime = require("jest-runtime").default; module.exports = class extends Runtime { requireModule(from, name, ...rest) { const loaded = super.requireModule(from, name, ...rest); return typeof loaded === "string" ? loaded + "!" : loaded; } };',
      'resolver.js':
        'module.exports = (request, options) => options.defaultResolver(request === "virtual" ? require("path").join(options.rootDir, "modules", "real.js") : request, options);',
      'real.js': 'module.exports = "resolved";',
      'resolved.test.js': 'test("both", () => expect(require("virtual")).toBe("resolved!"));',
      'mapped.test.js': 'test("mapped", () => expect(require("mapped")).toBe("resolved!"));',
    },
  },
};

onEachLine('environments, transforms, a test runner, a runtime and a resolver of each project', async (_line, make) => {
  const files = Object.entries(PROJECTS).flatMap(([folder, own]) =>
    Object.entries(own.files).map(([path, text]) => [`${folder}/${path}`, text]),
  );
  const projects = Object.entries(PROJECTS).map(([folder, {config}]) => ({
    transform: {},
    cacheDirectory: '<rootDir>/.cache',
    // Jest colours a name that says nothing else by the runner's.
    displayName: {name: folder, color: 'blue'},
    testMatch: [`<rootDir>/${folder}/*.test.?s`],
    ...config,
  }));
  const {xdist} = await expectSameAsStock(make(Object.fromEntries(files) as Files, {projects}), ['-w', '2']);
  expect(xdist.stderr).toContain('at sum (tsJest/sum.ts:5:11)');
  expect(xdist.stderr).toContain('at sum (swc/sum.ts:5:11)');
  expect(xdist.json).toMatchObject({numPassedTests: 11, numFailedTests: 3, numTotalTestSuites: 13});
});

onLatestLine('a custom environment with a handleTestEvent of its own', async (_line, make) => {
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

onLatestLine('ESM test files', async (_line, make) => {
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

onLatestLine('console output, buffered and verbose', async (_line, make) => {
  const body = (name: string) =>
    `test("${name}", () => { console.log("log of ${name}"); console.error("error of ${name}"); });`;
  const project = make({'a.test.js': body('a'), 'b.test.js': body('b')});
  await expectSameAsStock(project, ['-w', '2']);
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--verbose'], {interleaved: true});
  expect(xdist.stdout + xdist.stderr).toContain('log of a');
  await expectSameAsStock(project, ['-w', '2', '--silent']);
});

onLatestLine(
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

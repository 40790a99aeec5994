/**
 * Runs a test file of ours, so that V8 compiles the code that each test file runs, and Jest loads what it loads late. A
 * worker of the stock runner is in the same state when it runs its second test file.
 */
import {createRequire} from 'node:module';
import type {WorkerSetup} from '../../core/wire/workerMessages';
import {join} from '../../pristine/path';
import {JestFileRunner, type FileEnd} from '../jestFile';

/** Environments and frameworks that run no code of the user by themselves. */
const JESTS_ENVIRONMENT = /[\\/]node_modules[\\/]jest-environment-(?:node|jsdom)[\\/]/;
const JESTS_FRAMEWORK = /[\\/]node_modules[\\/]jest-(?:circus|jasmine2)[\\/]/;

/** Replaces the parts of a project's config that would run code of the user or keep the file from running. */
const NOTHING_OF_THE_USERS = {
  automock: false,
  dependencyExtractor: null,
  detectLeaks: false,
  extensionsToTreatAsEsm: [],
  fakeTimers: {enableGlobally: false},
  globals: {},
  haste: {},
  injectGlobals: true,
  moduleFileExtensions: ['js', 'json'],
  moduleNameMapper: [],
  resolver: null,
  runtime: undefined,
  setupFiles: [],
  setupFilesAfterEnv: [],
  snapshotResolver: undefined,
  snapshotSerializers: [],
  testEnvironmentOptions: {},
  transform: [],
};

/** Jest removes the listeners of these events while tests run. Jest up to 29.7 does not restore them. */
const TAKEN_BY_JEST = ['uncaughtException', 'unhandledRejection'] as const;

/** The global that holds Jest's deletion mode. The first environment sets it: that must be the run's first, not ours. */
const DELETION_MODE = Symbol.for('$$jest-deletion-mode');

interface ProjectConfig {
  readonly id: string;
  readonly rootDir: string;
  readonly testEnvironment: string;
  readonly testRunner: string;
}

/**
 * Runs the file in each of Jest's own environments that the projects use.
 *
 * @param isWanted whether there is still time. The run may have begun.
 * @returns how the file has ended in each environment, for tests
 */
export async function warmUp(setup: WorkerSetup, isWanted: () => boolean): Promise<readonly FileEnd[]> {
  const environments = new Map<string, ProjectConfig>();
  for (const {config} of setup.serializableResolvers) {
    const project = config as ProjectConfig;
    const {testEnvironment, testRunner} = project;
    if (!JESTS_ENVIRONMENT.test(testEnvironment) || !JESTS_FRAMEWORK.test(testRunner)) continue;
    if (!environments.has(testEnvironment)) environments.set(testEnvironment, project);
  }
  const before = stateOfProcess();
  const ends: FileEnd[] = [];
  for (const project of environments.values()) {
    if (!isWanted()) break;
    ends.push(await runEmptyFile(setup, project));
    before.restore();
  }
  forgetLookups(setup.modules.testWorker);
  return ends;
}

async function runEmptyFile(setup: WorkerSetup, project: ProjectConfig): Promise<FileEnd> {
  const {rootDir} = project;
  const config = {...project, ...NOTHING_OF_THE_USERS, id: `${project.id}-ahead`};
  const serializableModuleMap = {duplicates: [], map: [], mocks: [], rootDir};
  const globalConfig = {...(setup.globalConfig as object), collectCoverage: false};
  const own = {...setup, globalConfig, serializableResolvers: [{config, serializableModuleMap}]};
  const files = await JestFileRunner.load(own);
  const unit = {
    id: 0,
    hardTimeoutMs: null,
    split: null,
    cut: null,
    fixtures: null,
    snapshots: 'as-configured',
  } as const;
  return files.run({...unit, configId: config.id, path: join(__dirname, 'emptyTestFile.js')}, null);
}

/** Restores what Jest changes in the process for a test file and does not restore itself. */
function stateOfProcess(): {restore(): void} {
  const listeners = TAKEN_BY_JEST.map(event => [event, process.rawListeners(event)] as const);
  const ofError = (['prepareStackTrace', 'stackTraceLimit'] as const).map(
    key => [key, Object.getOwnPropertyDescriptor(Error, key)] as const,
  );
  return {
    restore: () => {
      for (const [event, before] of listeners) {
        process.removeAllListeners(event);
        for (const listener of before) process.on(event, listener as (...parameters: unknown[]) => void);
      }
      for (const [key, before] of ofError) {
        if (before === undefined) Reflect.deleteProperty(Error, key);
        else Object.defineProperty(Error, key, before);
      }
      Reflect.deleteProperty(globalThis, DELETION_MODE);
      process.exitCode = undefined;
    },
  };
}

/** Clears the resolver's cache, because files and folders may change before the run begins. */
function forgetLookups(testWorker: string): void {
  const {default: Resolver} = createRequire(testWorker)('jest-resolve') as {
    default: {clearDefaultResolverCache(): void};
  };
  Resolver.clearDefaultResolverCache();
}

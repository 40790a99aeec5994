/**
 * Runs a test file of ours, so that V8 has compiled what each test file runs, and Jest has loaded what it loads late. A
 * worker of the stock runner that runs its second test file is in the same state.
 */
import {createRequire} from 'node:module';
import type {WorkerSetup} from '../../core/wire/workerMessages';
import {join} from '../../pristine/path';
import {JestFileRunner, type FileEnd} from '../jestFile';

/** Environments and frameworks that run nothing of the user's by themselves. */
const JESTS_ENVIRONMENT = /[\\/]node_modules[\\/]jest-environment-(?:node|jsdom)[\\/]/;
const JESTS_FRAMEWORK = /[\\/]node_modules[\\/]jest-(?:circus|jasmine2)[\\/]/;

/** What of a project's config would run something of the user's, or would keep the file from running. */
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

/** Jest takes these listeners away while tests run, and up to 29.7 does not bring them back. */
const TAKEN_BY_JEST = ['uncaughtException', 'unhandledRejection'] as const;

/** Jest's mode of deleting, as the first environment had it: the first of the run is to set it. */
const DELETION_MODE = Symbol.for('$$jest-deletion-mode');

interface ProjectConfig {
  readonly id: string;
  readonly rootDir: string;
  readonly testEnvironment: string;
  readonly testRunner: string;
}

/**
 * Runs the file in each environment of Jest's own that the projects use.
 *
 * @param isWanted whether there is still time: the run may have begun
 * @returns how the file has ended in each; nobody but a test needs it
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
  const unit = {id: 0, hardTimeoutMs: null, split: null, fixtures: null, snapshots: 'as-configured'} as const;
  return files.run({...unit, configId: config.id, path: join(__dirname, 'emptyTestFile.js')}, null);
}

/** What Jest changes in the process for a test file, and leaves changed. */
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

/** What the resolver has found out of files and folders may have changed by the time that the run begins. */
function forgetLookups(testWorker: string): void {
  const {default: Resolver} = createRequire(testWorker)('jest-resolve') as {
    default: {clearDefaultResolverCache(): void};
  };
  Resolver.clearDefaultResolverCache();
}

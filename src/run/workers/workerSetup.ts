/** Builds the setup that all workers of a run receive when they start. */
import {totalmem} from 'node:os';
import type {Test} from '@jest/test-result';
import {compileCacheOf} from '../cache/compileCaching';
import type {RunOptions} from '../runOptions';
import type {FurtherSetup} from './workerHost';
import {LEADS_A_GROUP} from './processGroup';

/** jest-worker's default. Jest 29 has no other. */
const DEFAULT_GRACE_MS = 500;

export function sharedSetup(
  {jest, globalConfig, context, options}: RunOptions,
  tests: readonly Test[],
  runId: string,
  workerCount: number,
  token: string,
  tellsLoaded: boolean,
): FurtherSetup {
  const contexts = new Map(tests.map(test => [test.context.config.id, test.context]));
  const {changedFiles, sourcesRelatedToTestsInChangedFiles} = context;
  return {
    ahead: null,
    tellsLoaded,
    workerCount,
    runId,
    token,
    ownsGroup: LEADS_A_GROUP && globalConfig.workerThreads !== true,
    slowTimeoutMs: options.slowTimeout,
    hardTimeoutMs: options.hardTimeout,
    heapLimitBytes: heapLimit(globalConfig.workerIdleMemoryLimit, jest.version),
    graceMs: globalConfig.workerGracefulExitTimeout ?? DEFAULT_GRACE_MS,
    compileCache: compileCacheOf(tests, {jest, globalConfig, options}),
    modules: {...jest.modules},
    globalConfig,
    // JSON cannot express sets. testWorker expects lists and makes sets of them.
    context: {
      ...context,
      changedFiles: changedFiles && [...changedFiles],
      sourcesRelatedToTestsInChangedFiles: sourcesRelatedToTestsInChangedFiles && [
        ...sourcesRelatedToTestsInChangedFiles,
      ],
    },
    serializableResolvers: [...contexts.values()].map(({config, moduleMap}) => ({
      config,
      serializableModuleMap: moduleMap.toJSON(),
    })),
  };
}

/** Reads `workerIdleMemoryLimit`. A value up to 1 is a fraction of the machine's memory; a larger value is bytes. */
function heapLimit(limit: unknown, jestVersion: string): number | null {
  if (typeof limit !== 'number') return null;
  // Jest 30 restarts a worker after each file at 0; for Jest 29 it is no limit.
  if (limit === 0) return jestVersion.startsWith('29.') ? null : 0;
  return Math.floor(limit <= 1 ? limit * totalmem() : limit);
}

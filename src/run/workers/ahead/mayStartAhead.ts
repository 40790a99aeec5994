/** Whether a run is served by workers that were started ahead of it, and whether there are to be some for the next one. */
import type {RunOptions} from '../../runOptions';

/** Flags of what a process leaves behind when it ends, or of who looks at it. */
const LOOKED_AT =
  /--(cpu-prof|heap-prof|heapsnapshot|trace|inspect|report|prof|perf|(experimental-)?test-coverage|diagnostic)/;

/** In watch mode, unless the user asks for something that is about a process from its start to its end, or its memory. */
export function mayStartAhead({watcher, globalConfig, options, tests}: RunOptions): boolean {
  const {workerThreads, logHeapUsage, collectCoverage, coverageProvider} = globalConfig;
  return (
    watcher.isWatchMode() &&
    options.restartWorkers === 'never' &&
    workerThreads !== true &&
    !logHeapUsage &&
    !(collectCoverage && coverageProvider === 'v8') &&
    process.env.NODE_V8_COVERAGE === undefined &&
    !LOOKED_AT.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')) &&
    !tests.some(test => test.context.config.detectLeaks)
  );
}

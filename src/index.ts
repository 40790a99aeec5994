/** The runner that Jest loads for `runner: 'xdist'`. */
import type * as Options from './core/rules/options';
import {JestRunner} from './run/jestRunner';

// eslint-disable-next-line @typescript-eslint/no-namespace -- the one way to give types to an `export =`
namespace XdistRunner {
  export type XdistOptions = Options.XdistOptions;
  export type FilesEntry = Options.FilesEntry;
  export type NodeOption = Options.NodeOption;
  export type Watermark = Options.Watermark;
  export type RecordingOption = Options.RecordingOption;
  export type Dist = Options.Dist;
}

/**
 * Does not use Jest's types, because a config file that imports the options' type may not be able to resolve Jest's
 * packages. In pnpm's layout, no project can.
 */
interface RunnerClass {
  new (
    globalConfig: never,
    context: never,
    runnerOptions?: Record<string, unknown>,
  ): {
    readonly supportsEventEmitters: true;
    runTests(tests: never, watcher: never, options: {serial: boolean}): Promise<void>;
    on(eventName: never, listener: never): () => void;
  };
}

const XdistRunner: RunnerClass = JestRunner;

// Not a default export, because CommonJS importers disagree on whether that is `.default`.
export = XdistRunner;

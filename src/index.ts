/** The runner that Jest loads for `runner: 'xdist'`. */
import type * as Options from './core/rules/options';
import {JestRunner} from './run/jestRunner';

// eslint-disable-next-line @typescript-eslint/no-namespace -- the one way to give types to an `export =`
namespace XdistRunner {
  export type XdistOptions = Options.XdistOptions;
  export type FilesEntry = Options.FilesEntry;
  export type NodeOption = Options.NodeOption;
  export type Watermark = Options.Watermark;
  export type Dist = Options.Dist;
}

/**
 * Named without Jest's types: whoever imports the options' type for a config file need not have those
 * packages within reach (in pnpm's layout nobody has).
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

// Not a default export: in CommonJS that is a `.default` to some who import it, and none to others.
export = XdistRunner;

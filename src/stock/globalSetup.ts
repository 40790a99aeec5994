/**
 * The module `jest-runner-xdist/fixtures/globalSetup`, for `globalSetup` under Jest's own runner. It starts the stock
 * host, which sets up a fixture when a test file first asks for it. Under our runner it does nothing.
 */
import * as currentRun from './currentRun';

function globalSetup(globalConfig: currentRun.GlobalConfig, projectConfig: currentRun.ProjectConfig): Promise<void> {
  return currentRun.begin(globalConfig, projectConfig);
}

// Not a default export, because CommonJS importers disagree on whether that is `.default`.
export = globalSetup;

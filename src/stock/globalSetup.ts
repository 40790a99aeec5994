/**
 * For `globalSetup` under Jest's own runner: `jest-runner-xdist/fixtures/globalSetup`. Nothing is set up before a test
 * file asks for it. Under our runner it does nothing.
 */
import * as currentRun from './currentRun';

function globalSetup(globalConfig: currentRun.GlobalConfig, projectConfig: currentRun.ProjectConfig): Promise<void> {
  return currentRun.begin(globalConfig, projectConfig);
}

// Not a default export: in CommonJS that is a `.default` to some who import it, and none to others.
export = globalSetup;

/** The stock host of the current run, which Jest's global hooks share. In watch mode, one run follows the other. */
import {realpathSync} from 'node:fs';
import {join} from 'node:path';
import {findCore} from '../run/jest/runningJest';
import {printedError} from './printedError';
import {StockHost} from './stockHost';

/** The part of Jest's GlobalConfig that we use. Without Jest's types, because a user's project may not have them. */
export interface GlobalConfig {
  readonly rootDir: string;
}

/** The part of Jest's ProjectConfig that we use. We pass the rest on to Jest's own code. */
export interface ProjectConfig {
  readonly runner: string;
}

const RUNNER = join(__dirname, '..', 'index.js');

let host: StockHost | null = null;

export async function begin({rootDir}: GlobalConfig, config: ProjectConfig): Promise<void> {
  // Several projects may each have a globalSetup that calls this.
  if (isOurs(config.runner) || host?.lives) return;
  // If a test under our runner has started this Jest, the inherited variable would say that our runner is at work.
  delete process.env.XDIST_RUN_ID;
  host = await StockHost.start({rootDir, corePath: findCore(), config});
  process.env.XDIST_FIXTURES_SOCKET = host.socketPath;
}

/** @throws (rejects) if a teardown fails */
export async function end(): Promise<void> {
  const ending = host;
  if (ending === null) return;
  host = null;
  delete process.env.XDIST_FIXTURES_SOCKET;
  const failures = await ending.close();
  if (failures.length === 0) return;
  throw printedError(
    failures
      .map(({message, stack}) => (stack.includes(message) ? stack : `${message}\n${stack}`.trimEnd()))
      .join('\n\n'),
  );
}

function isOurs(runner: string): boolean {
  try {
    return realpathSync(runner) === RUNNER;
  } catch {
    return false;
  }
}

/** What the hooks of a run under Jest's own runner share: its stock host. In watch mode there is one run after the other. */
import {realpathSync} from 'node:fs';
import {join} from 'node:path';
import {findCore} from '../run/jest/runningJest';
import {printedError} from './printedError';
import {StockHost} from './stockHost';

/** What of Jest's GlobalConfig is used; without Jest's types, as whoever calls it need not have them. */
export interface GlobalConfig {
  readonly rootDir: string;
}

/** What of Jest's ProjectConfig is used, but for what only Jest's own code looks at. */
export interface ProjectConfig {
  readonly runner: string;
}

const RUNNER = join(__dirname, '..', 'index.js');

let host: StockHost | null = null;

export async function begin({rootDir}: GlobalConfig, config: ProjectConfig): Promise<void> {
  // Several projects may each have a globalSetup that calls this.
  if (isOurs(config.runner) || host?.lives) return;
  // Of a run of ours that has started this Jest in a test: here it would say that our runner is at work.
  delete process.env.XDIST_RUN_ID;
  host = await StockHost.start({rootDir, corePath: findCore(), config});
  process.env.XDIST_FIXTURES_SOCKET = host.socketPath;
}

/** @throws (rejects with) what goes wrong when the fixtures are taken down */
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

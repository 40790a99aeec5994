/** Starts the project's own Jest, and has it told what recordings say. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {JestSettings} from '../recording/lines';
import {RecordingError} from '../recording/reader';
import {warn} from '../run/warn';
import {findRecordings, readHead, type RecordingHead} from './checkedRecordings';
import {readCheckout, runJest, type ShownConfig} from './checkout';
import {argumentsOf, checkUserArguments} from './jestArguments';
import {mapsFolder, type ReplayOrder, writeOrder} from './order';
import {ReplayError} from './replayError';

export interface ReplayOptions {
  /** Files, or folders with `.xdist` files. */
  readonly recordings: readonly string[];
  /** What follows `--` on the command line. */
  readonly jestArguments: readonly string[];
  /** The names of projects whose runner is another, and that the user does without. */
  readonly withoutProjects: readonly string[];
  /** Whether to tell what there is if the recordings do not hold all of the run. The exit code is never 0 then. */
  readonly allowIncomplete: boolean;
  readonly cwd: string;
}

/** What a replaying run tells. */
export interface Replay {
  readonly order: Omit<ReplayOrder, 'incomplete'>;
  /** The settings of the recorded run. */
  readonly settings: JestSettings;
  /** What the recordings lack, as sentences. */
  readonly problems: readonly string[];
}

/** Checks recordings and decides what to tell. Jest is told nothing before that. */
export interface Kind {
  /** For texts: `replay`. */
  readonly name: string;
  /**
   * @param heads at least one
   * @param maps where the source maps of coverage are written
   * @throws {ReplayError | RecordingError} if the recordings cannot be told
   */
  readonly plan: (
    heads: readonly [RecordingHead, ...RecordingHead[]],
    checkout: ShownConfig,
    options: ReplayOptions,
    maps: string,
  ) => Replay;
}

/** The exit code if the recordings cannot be told. Jest was told nothing then. */
const CANNOT_TELL = 2;

/** @returns the exit code: Jest's own, or 2 if the recordings cannot be told */
export async function replay({name, plan}: Kind, options: ReplayOptions): Promise<number> {
  // Made private by mkdtemp.
  const folder = mkdtempSync(join(tmpdir(), 'xdist-replay-'));
  try {
    const {cwd, jestArguments} = options;
    checkUserArguments(name, jestArguments);
    const heads = findRecordings(options.recordings, cwd).map(readHead) as [RecordingHead, ...RecordingHead[]];
    const checkout = readCheckout(cwd, jestArguments);
    const {order, settings, problems} = plan(heads, checkout.config, options, mapsFolder(folder));
    tellProblems(name, problems, options.allowIncomplete);
    if (settings.updateSnapshot === 'all') {
      warn(`the recorded run updated snapshots (-u). A ${name} does not: it counts obsolete ones, and removes none.`);
    }
    const commandLine = argumentsOf(settings, checkout.config.globalConfig, jestArguments);
    const variables = writeOrder(folder, {...order, incomplete: problems.length > 0});
    return await runJest(checkout, cwd, commandLine, variables);
  } catch (error) {
    if (!(error instanceof ReplayError || error instanceof RecordingError)) throw error;
    warn(error.message);
    return CANNOT_TELL;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** @throws {ReplayError} if there are problems, and the user does not allow them */
function tellProblems(name: string, problems: readonly string[], allowed: boolean): void {
  if (problems.length === 0) return;
  const text = problems.join('\n');
  const consequence = allowed
    ? `This ${name} is incomplete, so it fails.`
    : 'Pass --allow-incomplete to report what there is.';
  const all = `${text}${text.includes('\n') ? '\n' : ' '}${consequence}`;
  if (!allowed) throw new ReplayError(all);
  warn(all);
}

/** `jest-runner-xdist show --as-jest`: starts the project's own Jest, and has it told what recordings say. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {RecordingError} from '../recording/reader';
import {
  checkDisjoint,
  findProblem,
  findRecordings,
  placeRecording,
  readHead,
  type RecordingHead,
} from '../replay/checkedRecordings';
import {type Checkout, readCheckout, runJest} from '../replay/checkout';
import {argumentsOf, checkUserArguments} from '../replay/jestArguments';
import {mapsFolder, type RecordingOrder, writeOrder} from '../replay/order';
import {checkRunners} from '../replay/projects';
import {ReplayError} from '../replay/replayError';
import {warn} from '../run/warn';

export interface AsJestOptions {
  /** Files, or folders with `.xdist` files. */
  readonly recordings: readonly string[];
  /** What follows `--` on the command line. */
  readonly jestArguments: readonly string[];
  /** The names of projects whose runner is another, and that the user does without. */
  readonly withoutProjects: readonly string[];
  /** Whether to tell what there is of recordings that are cut off. The exit code is never 0 then. */
  readonly allowIncomplete: boolean;
  readonly cwd: string;
}

/** The exit code if the recordings cannot be told. Jest was told nothing then. */
const CANNOT_TELL = 2;

/** @returns the exit code: Jest's own, or 2 if the recordings cannot be told */
export async function showAsJest(options: AsJestOptions): Promise<number> {
  // Made private by mkdtemp.
  const folder = mkdtempSync(join(tmpdir(), 'xdist-replay-'));
  try {
    const {cwd, jestArguments} = options;
    checkUserArguments(jestArguments);
    const heads = findRecordings(options.recordings, cwd).map(readHead);
    const checkout = readCheckout(cwd, jestArguments);
    const recordings = placeAll(heads, checkout, options);
    const incomplete = warnOfProblems(recordings, mapsFolder(folder), options.allowIncomplete);
    const [{run}] = heads as [RecordingHead];
    if (run.jest.updateSnapshot === 'all') {
      warn('the recorded run updated snapshots (-u). A replay does not: it counts obsolete ones, and removes none.');
    }
    const commandLine = argumentsOf(run.jest, checkout.config.globalConfig, jestArguments);
    return await runJest(checkout, cwd, commandLine, writeOrder(folder, {recordings, incomplete}));
  } catch (error) {
    if (!(error instanceof ReplayError || error instanceof RecordingError)) throw error;
    warn(error.message);
    return CANNOT_TELL;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function placeAll(
  heads: readonly RecordingHead[],
  {config}: Checkout,
  {withoutProjects}: AsJestOptions,
): RecordingOrder[] {
  const recordings = heads.map(head => placeRecording(head, config));
  checkDisjoint(recordings);
  const told = new Set(recordings.flatMap(({files}) => files.map(({configId}) => configId)));
  checkRunners(config, told, withoutProjects);
  return recordings;
}

/**
 * @returns whether a recording does not hold all of its run
 * @throws {RecordingError} if the user does not allow that
 */
function warnOfProblems(recordings: readonly RecordingOrder[], maps: string, allowed: boolean): boolean {
  let incomplete = false;
  for (const recording of recordings) {
    const problem = findProblem(recording, maps);
    if (problem === null) continue;
    if (!allowed) throw new RecordingError(recording.path, `${problem} To be told what there is: --allow-incomplete`);
    warn(`${recording.path}: ${problem} This replay is incomplete, so it fails.`);
    incomplete = true;
  }
  return incomplete;
}

/** The start options of a worker's process. None of them can change while the process lives. */
import {join} from 'node:path';
import {withoutFleet} from '../../core/rules/fleetVariables';
import {nodeEnvironment, type RunNode} from './nodes';
import type {SlotNumber} from '../../core/plan/units';

export interface WorkerStart {
  /** The module that the process loads. */
  readonly workerPath: string;
  /** A path, or a command that the system looks for in PATH. */
  readonly execPath: string;
  /** Node's flags; null: those of Jest's own process. */
  readonly execArgv: readonly string[] | null;
  /** The process's whole environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In ms; undefined: jest-worker's own default. */
  readonly gracefulExitTimeout: number | undefined;
}

/** The start options that all workers of a run share. */
export interface WorkerStartOptions {
  readonly runId: string;
  /** How many slots the run has. */
  readonly workerCount: number;
  /** Whether Jest prints colours: jest-worker sets FORCE_COLOR then, but not in a given environment. */
  readonly colours: boolean;
  /** In ms; undefined: jest-worker's own default. */
  readonly gracefulExitTimeout: number | undefined;
  /** Jest's own. */
  readonly environment: NodeJS.ProcessEnv;
}

/** @param node undefined: the worker runs on Jest's own Node */
export function workerStart(slot: SlotNumber, node: RunNode | undefined, options: WorkerStartOptions): WorkerStart {
  const {runId, workerCount, colours, gracefulExitTimeout} = options;
  // If a test has started this Jest, that test's Jest may have nodes. In a thread, `undefined` would become a text.
  // Its run would write to the same recording.
  const {XDIST_NODE: _nodeAround, XDIST_RECORDING: _recordingAround, ...inherited} = withoutFleet(options.environment);
  const environment = {
    ...inherited,
    JEST_WORKER_ID: String(slot),
    XDIST_WORKER: `w${slot}`,
    XDIST_WORKER_COUNT: String(workerCount),
    XDIST_RUN_ID: runId,
    ...(colours && {FORCE_COLOR: '1'}),
  };
  return {
    workerPath: join(__dirname, '..', '..', 'worker', 'main.js'),
    execPath: node?.execPath ?? process.execPath,
    execArgv: node?.execArgv ?? null,
    environment: node === undefined ? environment : nodeEnvironment(node, environment),
    gracefulExitTimeout,
  };
}

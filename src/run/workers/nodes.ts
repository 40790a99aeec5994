/**
 * The nodes of a run: kinds of worker. Each is started once before anything runs, so that one which cannot be
 * started is told of then, and not by every one of its workers.
 */
import {resolve} from 'node:path';
import {isPath, nodesInThreads, nodesNotStarted, type FailedStart, type NodeStart} from '../../core/texts/nodes';
import type {NodeOption} from '../../core/rules/options';
import {NodeTrial} from './nodeTrial';
import {WaysOut} from './waysOut';

/** A kind of worker, as it is started. */
export interface RunNode {
  readonly name: string;
  /** Its process.version, as in `v22.9.0`. */
  readonly version: string;
  /** An absolute path, or a command in its PATH. */
  readonly execPath: string;
  /** null: those of Jest's own process. */
  readonly execArgv: readonly string[] | null;
  /** As in the option; what is undefined there was not said. */
  readonly env: Readonly<Record<string, string | null>>;
}

type UntriedNode = Omit<RunNode, 'version'>;

export interface NodeSurroundings {
  readonly rootDir: string;
  /** Jest's own. */
  readonly environment: NodeJS.ProcessEnv;
  /** Whether Jest is to use workerThreads. */
  readonly threads: boolean;
  /** What a start may take, in ms. Default 60 s: no busy machine needs it, nor what is preloaded. */
  readonly limitMs?: number;
}

const START_LIMIT_MS = 60_000;

/**
 * Starts each node once, all at the same time, as its workers will be started.
 *
 * @returns them in the order of the option
 * @throws {NodesError} one error that lists all that cannot be started, or are too old
 */
export async function prepareNodes(
  nodes: readonly NodeOption[],
  {rootDir, environment, threads, limitMs = START_LIMIT_MS}: NodeSurroundings,
): Promise<readonly RunNode[]> {
  if (threads) throw nodesInThreads();
  const trials: NodeTrial[] = [];
  // They are in groups of their own, and somebody may not want to wait for one that hangs.
  const waysOut = new WaysOut({
    killWorkers: () => trials.forEach(trial => trial.kill()),
    interrupt: () => {},
    atOnce: true,
  });
  const ready: RunNode[] = [];
  const failures: FailedStart[] = [];
  try {
    const starts = nodes.map(option => {
      const node = runNode(option, rootDir);
      const variables = nodeEnvironment(node, environment);
      const start = nodeStart(node, variables.NODE_OPTIONS);
      const trial = new NodeTrial({start, environment: variables, limitMs});
      trials.push(trial);
      return {node, start, outcome: trial.outcome};
    });
    for (const {node, start, outcome} of starts) {
      const told = await outcome;
      if (typeof told === 'string') ready.push({...node, version: told});
      else failures.push({start, trouble: told});
    }
  } finally {
    waysOut.close();
  }
  if (failures.length > 0) throw nodesNotStarted(failures, rootDir);
  return ready;
}

/** The environment of a node's workers. `environment`: what those of all nodes have. */
export function nodeEnvironment(
  {name, env}: Pick<RunNode, 'name' | 'env'>,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const merged = Object.entries({...environment, ...env, XDIST_NODE: name});
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function runNode({name, execPath = process.execPath, execArgv, env = {}}: NodeOption, rootDir: string): UntriedNode {
  // A command is looked for as it is started, in the PATH of the node's own environment.
  const located = isPath(execPath) ? resolve(rootDir, execPath) : execPath;
  const said = Object.entries(env).filter((entry): entry is [string, string | null] => entry[1] !== undefined);
  return {name, execPath: located, execArgv: execArgv ?? null, env: Object.fromEntries(said)};
}

function nodeStart({name, execPath, execArgv}: UntriedNode, nodeOptions: string | undefined): NodeStart {
  const flags = execArgv ?? flagsOfJest();
  return {name, execPath, flags, inheritsFlags: execArgv === null, nodeOptions};
}

/** The flags of Jest's own process that its workers get, as jest-worker has it: a debugger's port is Jest's own. */
export function flagsOfJest(): string[] {
  return process.execArgv.filter(flag => !/^--(debug|inspect)/.test(flag));
}

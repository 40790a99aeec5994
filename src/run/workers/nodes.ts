/**
 * The nodes of a run: kinds of worker. The runner starts each node once before the run, so that a node that cannot
 * start is reported once, and not by each of its workers.
 */
import {resolve} from 'node:path';
import {isPath, nodesInThreads, nodesNotStarted, type FailedStart, type NodeStart} from '../../core/texts/nodes';
import type {NodeOption} from '../../core/rules/options';
import {NodeTrial} from './nodeTrial';
import {WaysOut} from './waysOut';

/** A node with everything that its workers need to start. */
export interface RunNode {
  readonly name: string;
  /** Its process.version, as in `v22.9.0`. */
  readonly version: string;
  /** An absolute path, or a command in the node's PATH. */
  readonly execPath: string;
  /** null: the flags of Jest's own process. */
  readonly execArgv: readonly string[] | null;
  /** The option `env` without its undefined values; null removes a variable. */
  readonly env: Readonly<Record<string, string | null>>;
}

type UntriedNode = Omit<RunNode, 'version'>;

export interface NodeSurroundings {
  readonly rootDir: string;
  /** The environment of Jest's own process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Whether Jest uses workerThreads. */
  readonly threads: boolean;
  /** The time limit of a start, in ms. Default 60 s: enough for a busy machine and for preloaded modules. */
  readonly limitMs?: number;
}

const START_LIMIT_MS = 60_000;

/**
 * Starts each node once, all at the same time, as its workers will be started.
 *
 * @returns the nodes in the order of the option
 * @throws {NodesError} one error that lists all that cannot be started, or are too old
 */
export async function prepareNodes(
  nodes: readonly NodeOption[],
  {rootDir, environment, threads, limitMs = START_LIMIT_MS}: NodeSurroundings,
): Promise<readonly RunNode[]> {
  if (threads) throw nodesInThreads();
  const trials: NodeTrial[] = [];
  // The trials lead their own process groups, so a user's Ctrl-C does not reach a hung one.
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

/** The environment of a node's workers. @param environment the variables that all nodes have */
export function nodeEnvironment(
  {name, env}: Pick<RunNode, 'name' | 'env'>,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const merged = Object.entries({...environment, ...env, XDIST_NODE: name});
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function runNode({name, execPath = process.execPath, execArgv, env = {}}: NodeOption, rootDir: string): UntriedNode {
  // The start searches a command in the PATH of the node's own environment.
  const located = isPath(execPath) ? resolve(rootDir, execPath) : execPath;
  const said = Object.entries(env).filter((entry): entry is [string, string | null] => entry[1] !== undefined);
  return {name, execPath: located, execArgv: execArgv ?? null, env: Object.fromEntries(said)};
}

function nodeStart({name, execPath, execArgv}: UntriedNode, nodeOptions: string | undefined): NodeStart {
  // As jest-worker has it: a debugger's port is Jest's own.
  const flags = execArgv ?? process.execArgv.filter(flag => !/^--(debug|inspect)/.test(flag));
  return {name, execPath, flags, inheritsFlags: execArgv === null, nodeOptions};
}

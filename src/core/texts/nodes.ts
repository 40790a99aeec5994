/** The trial start of a node before the run: parses its answer, and explains why a node cannot start. */
import {describeTimeSpan} from './timeSpan';

/** The oldest major version of Node that workers run on. The same as `engines` in package.json. */
export const OLDEST_NODE = 20;

/** How the process of a node is started. */
export interface NodeStart {
  readonly name: string;
  /** A path, or a command that the node's PATH contains. */
  readonly execPath: string;
  readonly flags: readonly string[];
  /** Whether the node has no `execArgv`, so that `flags` are those of Jest's own process. */
  readonly inheritsFlags: boolean;
  /** undefined if the node's environment has no NODE_OPTIONS. */
  readonly nodeOptions: string | undefined;
}

export type StartTrouble =
  | {readonly kind: 'no-file'}
  /** The file exists, but not the interpreter or the loader that it needs. */
  | {readonly kind: 'no-interpreter'}
  | {readonly kind: 'no-command'; readonly searched: string | undefined}
  | {readonly kind: 'not-executable'}
  /** The operating system refused for another reason, in its own words. */
  | {readonly kind: 'refused'; readonly message: string}
  | {readonly kind: 'exit'; readonly code: number; readonly stderr: string}
  | {readonly kind: 'signal'; readonly signal: string; readonly stderr: string}
  | {readonly kind: 'silent'; readonly limitMs: number; readonly stderr: string}
  | {readonly kind: 'too-old'; readonly version: string};

export interface FailedStart {
  readonly start: NodeStart;
  readonly trouble: StartTrouble;
}

/** Some nodes cannot start. The message names each of them, shows the evidence and says what to do. */
export class NodesError extends Error {
  constructor(text: string) {
    const message = `jest-runner-xdist: ${text}\n`;
    super(message);
    this.name = 'NodesError';
    // Jest prints the stack. Our frames would not help a user.
    this.stack = message;
  }
}

/** @param failures all failures of a run, so that a user can fix all of them before the next run */
export function nodesNotStarted(failures: readonly FailedStart[], rootDir: string): NodesError {
  const head = `${failures.length === 1 ? 'a node' : 'some nodes'} cannot be started.`;
  return new NodesError([head, ...failures.map(failure => describeFailure(failure, rootDir))].join('\n\n'));
}

export function nodesInThreads(): NodesError {
  return new NodesError(
    'the option "nodes" does not work with Jest\'s workerThreads: a thread always has the Node, the flags and the time ' +
      "zone of Jest's own process. Remove one of the two options.",
  );
}

/** Whether an execPath is a path and not a command. The same on all systems, because they may share the config file. */
export function isPath(execPath: string): boolean {
  return /[\\/]/.test(execPath);
}

/** @returns the probe's process.version; null if the answer does not come from the probe */
export function parseVersion(answer: string): string | null {
  return /^(v\d+\.\d+\.\d+\S*)\n/.exec(answer)?.[1] ?? null;
}

/** @param version as in process.version */
export function isTooOld(version: string): boolean {
  return Number.parseInt(version.slice(1), 10) < OLDEST_NODE;
}

function describeFailure({start, trouble}: FailedStart, rootDir: string): string {
  const evidence = 'stderr' in trouble ? `\n${lastWords(trouble.stderr)}` : '';
  const text =
    `"${start.name}": ${describeTrouble(start, trouble)}\nStarted as: ${commandLine(start)}${evidence}\n` +
    adviceOn(start, trouble, rootDir);
  return `  • ${text.replace(/\n(?=.)/g, '\n    ')}`;
}

function describeTrouble({execPath}: NodeStart, trouble: StartTrouble): string {
  switch (trouble.kind) {
    case 'no-file':
      return `there is no file ${execPath}.`;
    case 'no-interpreter':
      return `${execPath} exists, but something that it needs does not: the interpreter in its first line, or the loader of its libraries.`;
    case 'no-command':
      return `there is no command ${execPath} in the node's PATH, which is ${trouble.searched ?? 'not set'}.`;
    case 'not-executable':
      return `${execPath} cannot be executed: it is a folder, or its permissions do not allow it.`;
    case 'refused':
      return `the system refuses to start it: ${trouble.message}.`;
    case 'exit':
      return trouble.code === 0
        ? 'it exited with code 0, but did not run the script that the runner gave it.'
        : `it exited with code ${trouble.code} before it ran the script that the runner gave it.`;
    case 'signal':
      return `it was killed by signal ${trouble.signal} before it ran the script that the runner gave it.`;
    case 'silent':
      return `the runner killed it because it did not run the script that the runner gave it within ${describeTimeSpan(trouble.limitMs)}.`;
    case 'too-old':
      return `it is Node ${trouble.version}, but test files need Node ${OLDEST_NODE} or later.`;
  }
}

function adviceOn(start: NodeStart, trouble: StartTrouble, rootDir: string): string {
  switch (trouble.kind) {
    case 'no-file':
      return `Correct its execPath: a path is relative to rootDir, ${rootDir}; a name without a slash is a command in PATH.`;
    case 'no-command':
      return 'Install it, or give its execPath as a path.';
    case 'no-interpreter':
    case 'not-executable':
    case 'refused':
      return "Correct its execPath, or remove it to use the Node of Jest's own process.";
    case 'too-old':
      return 'Set its execPath to a newer Node, or remove it from "nodes".';
    case 'exit':
    case 'signal':
    case 'silent':
      return `What may be wrong: ${suspects(start).join('; ')}.`;
  }
}

/** Where a bad flag may come from: Node prints a flag that it does not know, but not its origin. */
function suspects({flags, inheritsFlags, nodeOptions}: NodeStart): string[] {
  const list = ['its execPath, which must be a Node executable'];
  if (flags.length > 0) {
    list.push(
      inheritsFlags ? "its flags, which are those of Jest's own process (execArgv: [] means none)" : 'its execArgv',
    );
  }
  if (nodeOptions) list.push('its NODE_OPTIONS (env: {NODE_OPTIONS: null} removes it)');
  return list;
}

/** Without our script, and without the other variables, which may be secrets. */
function commandLine({execPath, flags, nodeOptions}: NodeStart): string {
  const options = nodeOptions ? [`NODE_OPTIONS=${JSON.stringify(nodeOptions)}`] : [];
  return [...options, ...[execPath, ...flags].map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[^\s"'\\$]+$/.test(word) ? word : JSON.stringify(word);
}

function lastWords(stderr: string): string {
  return stderr === ''
    ? 'Nothing was written to its standard error.'
    : `The end of its standard error:\n${stderr.replace(/^/gm, '  | ')}`;
}

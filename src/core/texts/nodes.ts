/** The trial start of a node, before anything runs: what it answers, and what a user reads where it cannot be started. */
import {describeTimeSpan} from './timeSpan';

/** The oldest major version of Node that workers run on: that of `engines` in package.json. */
export const OLDEST_NODE = 20;

/** How the process of a node is started. */
export interface NodeStart {
  readonly name: string;
  /** A path, or a command that is looked for in its PATH. */
  readonly execPath: string;
  readonly flags: readonly string[];
  /** Whether they are those of Jest's own process, for want of others. */
  readonly inheritsFlags: boolean;
  /** undefined: it has none. */
  readonly nodeOptions: string | undefined;
}

export type StartTrouble =
  | {readonly kind: 'no-file'}
  /** It is there, and something that it needs is not. */
  | {readonly kind: 'no-interpreter'}
  | {readonly kind: 'no-command'; readonly searched: string | undefined}
  | {readonly kind: 'not-executable'}
  /** The system's own words for anything else that keeps it from being started. */
  | {readonly kind: 'refused'; readonly message: string}
  | {readonly kind: 'exit'; readonly code: number; readonly stderr: string}
  | {readonly kind: 'signal'; readonly signal: string; readonly stderr: string}
  | {readonly kind: 'silent'; readonly limitMs: number; readonly stderr: string}
  | {readonly kind: 'too-old'; readonly version: string};

export interface FailedStart {
  readonly start: NodeStart;
  readonly trouble: StartTrouble;
}

/** Nodes that cannot be had. Its message names each, with the evidence, and says what to do. */
export class NodesError extends Error {
  constructor(text: string) {
    const message = `jest-runner-xdist: ${text}\n`;
    super(message);
    this.name = 'NodesError';
    // Jest prints the stack; frames of ours would tell a user nothing.
    this.stack = message;
  }
}

/** @param failures all of a run: told one by one, each would take a run to be found */
export function nodesNotStarted(failures: readonly FailedStart[], rootDir: string): NodesError {
  const head = `${failures.length === 1 ? 'a node' : 'some nodes'} cannot be started.`;
  return new NodesError([head, ...failures.map(failure => describeFailure(failure, rootDir))].join('\n\n'));
}

export function nodesInThreads(): NodesError {
  return new NodesError(
    'the option "nodes" cannot be combined with Jest\'s workerThreads: a thread has the Node, the flags and the time zone of ' +
      "Jest's own process. Remove one of the two.",
  );
}

/** Whether an execPath is one; else it is a command. The same on all systems, as it stands in a file that they may share. */
export function isPath(execPath: string): boolean {
  return /[\\/]/.test(execPath);
}

/** @returns process.version, as the probe tells it; null: it is not the probe that speaks */
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
      return `${execPath} is there, but not what it needs: the interpreter that its first line names, or the loader of its libraries.`;
    case 'no-command':
      return `there is no command ${execPath} in its PATH, which is ${trouble.searched ?? 'not set'}.`;
    case 'not-executable':
      return `${execPath} cannot be executed: it is a folder, or its permissions do not allow it.`;
    case 'refused':
      return `the system refuses to start it: ${trouble.message}.`;
    case 'exit':
      return trouble.code === 0
        ? 'it ended without having run the file that it was given, with exit code 0.'
        : `it ended before it ran the file that it was given, with exit code ${trouble.code}.`;
    case 'signal':
      return `it was killed by signal ${trouble.signal} before it ran the file that it was given.`;
    case 'silent':
      return `it was killed, as it had not run the file that it was given within ${describeTimeSpan(trouble.limitMs)}.`;
    case 'too-old':
      return `it is Node ${trouble.version}, and the oldest that test files can be run on is ${OLDEST_NODE}.`;
  }
}

function adviceOn(start: NodeStart, trouble: StartTrouble, rootDir: string): string {
  switch (trouble.kind) {
    case 'no-file':
      return `Correct its execPath: a path is relative to rootDir, ${rootDir}, and a command without a slash is looked for in PATH.`;
    case 'no-command':
      return 'Install it, or give its execPath as a path.';
    case 'no-interpreter':
    case 'not-executable':
    case 'refused':
      return "Correct its execPath, or leave it out for the Node of Jest's own process.";
    case 'too-old':
      return 'Set its execPath to a newer one, or take it out of "nodes".';
    case 'exit':
    case 'signal':
    case 'silent':
      return `What may be wrong: ${suspects(start).join('; ')}.`;
  }
}

/** Node names a flag that it does not know, but not where that comes from. */
function suspects({flags, inheritsFlags, nodeOptions}: NodeStart): string[] {
  const list = ['its execPath, which must be a Node'];
  if (flags.length > 0) {
    list.push(
      inheritsFlags ? "its flags, which are those of Jest's own process (execArgv: [] is none)" : 'its execArgv',
    );
  }
  if (nodeOptions) list.push('its NODE_OPTIONS (env: {NODE_OPTIONS: null} takes it away)');
  return list;
}

/** Without the file that it runs, which is ours, and without its other variables, which may be secrets. */
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

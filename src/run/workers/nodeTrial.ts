/** The trial start of one node: starts its process and reads its version, or finds out why it does not answer. */
import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {isPath, isTooOld, parseVersion, type NodeStart, type StartTrouble} from '../../core/texts/nodes';
import {OutputTail} from './workerOutput';
import {LEADS_A_GROUP, signalGroup} from './processGroup';

/** How long (ms) to wait for the output of an ended process: a process that it has started may hold the pipes open. */
const OUTPUT_GRACE_MS = 1000;

export interface NodeTrialOptions {
  readonly start: NodeStart;
  /** All environment variables of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** The time (ms) after which the process is killed. */
  readonly limitMs: number;
}

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class NodeTrial {
  /** The version of the node, as in `v22.9.0`, or why there is none. Never rejects. */
  readonly outcome: Promise<string | StartTrouble>;
  #child: ChildProcess | null = null;
  #over = false;

  constructor(options: NodeTrialOptions) {
    this.outcome = this.#run(options)
      .catch((error: NodeJS.ErrnoException) => whyNotStarted(error, options))
      .finally(() => (this.#over = true));
  }

  /** Also kills the processes that it has started: an execPath may be a script that starts the node. */
  kill(): void {
    const pid = this.#child?.pid;
    if (pid !== undefined && !this.#over) signalGroup(pid, 'SIGKILL');
  }

  async #run({start, environment, limitMs}: NodeTrialOptions): Promise<string | StartTrouble> {
    const child = spawn(start.execPath, [...start.flags, join(__dirname, '..', '..', 'worker', 'nodeProbe.js')], {
      env: environment,
      detached: LEADS_A_GROUP,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const ended = endOf(child);
    // If the system is out of files, there are no pipes, and `ended` reports the error.
    const [, , errors, answers] = (child.stdio as unknown as readonly Readable[] | undefined) ?? [];
    const stderr = errors && new OutputTail(errors);
    let answer = '';
    answers?.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      this.kill();
    }, limitMs);
    try {
      const {code, signal} = await ended;
      const version = parseVersion(answer);
      if (version !== null) return isTooOld(version) ? {kind: 'too-old', version} : version;
      const evidence = {stderr: stderr?.text() ?? ''};
      if (silent) return {kind: 'silent', limitMs, ...evidence};
      return signal === null ? {kind: 'exit', code: code ?? 0, ...evidence} : {kind: 'signal', signal, ...evidence};
    } finally {
      clearTimeout(timer);
      errors?.destroy();
      answers?.destroy();
    }
  }
}

/** Rejects if the process cannot start. */
function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({code, signal}));
    child.once('exit', (code, signal) => void setTimeout(() => resolve({code, signal}), OUTPUT_GRACE_MS).unref());
  });
}

function whyNotStarted(
  {code, message}: NodeJS.ErrnoException,
  {start: {execPath}, environment}: NodeTrialOptions,
): StartTrouble {
  if (code === 'EACCES') return {kind: 'not-executable'};
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return {kind: 'refused', message};
  if (!isPath(execPath)) return {kind: 'no-command', searched: environment.PATH};
  return {kind: existsSync(execPath) ? 'no-interpreter' : 'no-file'};
}

/**
 * The fixture host as Jest's process knows it: one process, started at the first setup, that sets shared
 * fixtures up and takes them down, each in a process of its own. When is not decided here.
 */
import {spawn, type ChildProcess} from 'node:child_process';
import {Socket} from 'node:net';
import {join} from 'node:path';
import type {Config} from '@jest/types';
import {hostEnded, setupFailure, teardownFailure, type ProcessEnd} from '../core/fixtureFailures';
import {
  parseFromFixtureHost,
  type FixtureSetup,
  type FromFixtureHost,
  type ToFixtureHost,
} from '../core/fixtureMessages';
import {LineBuffer} from '../core/messages';
import type {FixtureFailure} from '../core/protocol';
import type {SlotNumber} from '../core/units';
import type {SharedOutput} from './workerOutput';
import {LEADS_A_GROUP} from './workerProcess';

export type {FixtureSetup};

export interface FixtureInstance {
  /** Unique in the run. */
  readonly key: string;
  /** Absolute real path of the module. */
  readonly path: string;
  /** As a user reads it: relative to rootDir. */
  readonly title: string;
  /** The project by whose config the module is transformed. */
  readonly configId: string;
  /** The number of the worker it is for; null: for all. */
  readonly worker: SlotNumber | null;
  /** The instances that it needs, by the name that it calls each by: they are up. */
  readonly needs: Readonly<Record<string, string>>;
}

export interface FixtureHostOptions {
  /** By id. */
  readonly configs: ReadonlyMap<string, Config.ProjectConfig>;
  /** Of the running Jest's @jest/transform. */
  readonly transformPath: string;
  readonly rootDir: string;
  readonly runId: string;
  /** What a setup and a teardown may take, in ms each; 0: any time. */
  readonly timeoutMs: number;
  /** Of the host and all fixtures: whole. */
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: Pick<SharedOutput, 'add'>;
  readonly stderr: Pick<SharedOutput, 'add'>;
  /** One has ended that was up, and nobody had told it to. */
  readonly onDeath?: (key: string, failure: FixtureFailure) => void;
  /** What the host said is no message, or could not be dealt with. It runs no code of the user's. */
  readonly onFault?: (error: unknown) => void;
  /** The module that the process loads; undefined: ours. */
  readonly hostPath?: string;
}

const RUN_ENDED = 'the run has ended';

/** Whoever waits for word of a fixture. */
interface Waiting<Answer> {
  readonly title: string;
  readonly resolve: (answer: Answer) => void;
}

export class FixtureHost {
  readonly #options: FixtureHostOptions;
  #child: ChildProcess | null = null;
  /** Why there is nothing to be had of it: it is gone, or was told to end. */
  #gone: string | null = null;
  /** The titles of the fixtures that are up, or on their way, by key. */
  readonly #titles = new Map<string, string>();
  readonly #setups = new Map<string, Waiting<FixtureSetup>>();
  readonly #teardowns = new Map<string, Waiting<FixtureFailure | null>>();
  #hearClosed: ((failures: readonly FixtureFailure[]) => void) | null = null;
  #closing: Promise<readonly FixtureFailure[]> | null = null;
  #letGo = false;

  constructor(options: FixtureHostOptions) {
    this.#options = options;
  }

  /** Titles of those that are being set up. */
  get settingUp(): string[] {
    return [...this.#setups.values()].map(({title}) => title);
  }

  /** The host starts with the first one. Never rejects. */
  async setUp({key, path, title, configId, worker, needs}: FixtureInstance): Promise<FixtureSetup> {
    if (this.#child === null && this.#gone === null) this.#start();
    if (this.#gone !== null) return {failure: setupFailure(title, {kind: 'no-host', why: this.#gone})};
    this.#titles.set(key, title);
    const config = this.#options.configs.get(configId);
    const fixtures = Object.entries(needs).map(([name, is]) => ({name, is}));
    const setup = await new Promise<FixtureSetup>(resolve => {
      this.#setups.set(key, {title, resolve});
      this.#tell({type: 'set-up', fixture: {key, path, title, config, worker, fixtures}});
    });
    if ('failure' in setup) this.#titles.delete(key);
    return setup;
  }

  /** Once its setup has ended. Never rejects. null: it went well, or there is no such fixture. */
  async tearDown(key: string): Promise<FixtureFailure | null> {
    const title = this.#titles.get(key);
    if (title === undefined) return null;
    this.#titles.delete(key);
    if (this.#gone !== null) return teardownFailure(title, {kind: 'no-host', why: this.#gone});
    return new Promise(resolve => {
      this.#teardowns.set(key, {title, resolve});
      this.#tell({type: 'take-down', key});
    });
  }

  /** Takes down all that is up, in reverse order of setup, and ends the host. Resolves with what failed. */
  close(): Promise<readonly FixtureFailure[]> {
    return (this.#closing ??= this.#close());
  }

  /** This process is about to end, nothing may be waited for: the host takes everything down by itself. */
  letGo(): void {
    this.#letGo = true;
    this.#lose('Jest is about to end');
    for (const stream of this.#streams()) stream.destroy();
  }

  async #close(): Promise<readonly FixtureFailure[]> {
    const child = this.#child;
    if (child === null) {
      this.#gone ??= RUN_ENDED;
      return [];
    }
    const why = this.#gone;
    if (why !== null) return this.#failAll(why);
    const ended = new Promise(resolve => child.once('close', resolve));
    const failures = await new Promise<readonly FixtureFailure[]>(resolve => {
      this.#hearClosed = resolve;
      this.#gone = RUN_ENDED;
      this.#tell({type: 'close'});
    });
    if (!this.#letGo) await ended;
    return failures;
  }

  #start(): void {
    const {transformPath, rootDir, runId, timeoutMs, environment, stdout, stderr} = this.#options;
    const {hostPath = join(__dirname, '..', 'fixtures', 'host.js')} = this.#options;
    let child: ChildProcess;
    try {
      child = spawn(process.execPath, [hostPath], {
        // Out of reach of a terminal's Ctrl-C: it has something to do then.
        detached: LEADS_A_GROUP,
        env: {...environment},
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        windowsHide: true,
      });
    } catch (error) {
      this.#gone = hostEnded({kind: 'not-started', message: (error as Error).message});
      return;
    }
    this.#child = child;
    child.on('error', ({message}) => {
      if (child.pid === undefined) this.#lose(hostEnded({kind: 'not-started', message}));
    });
    const pipe = child.stdio?.[3] as Socket | null | undefined;
    // Where the system has no more processes or files to give there are none; 'error' follows.
    if (!child.stdout || !child.stderr || !pipe) return;
    stdout.add(child.stdout);
    stderr.add(child.stderr);
    const lines = new LineBuffer();
    pipe.on('error', () => undefined); // a host that dies resets it; 'close' follows
    pipe.setEncoding('utf8').on('data', (chunk: string) => {
      if (pipe.destroyed) return;
      try {
        for (const line of lines.push(chunk)) this.#hear(parseFromFixtureHost(line));
      } catch (error) {
        pipe.destroy(); // then it takes down what is up, and ends
        this.#lose(
          `the process that looks after all shared fixtures cannot be understood: ${(error as Error).message}`,
        );
        this.#options.onFault?.(error);
      }
    });
    // Both: it may have ended before its last words are read.
    const silent = new Promise(resolve => pipe.once('close', resolve));
    child.once('exit', (code, signal) => {
      const end: ProcessEnd = signal === null ? {kind: 'exit', code: code ?? 0} : {kind: 'signal', signal};
      void silent.then(() => this.#lose(hostEnded(end)));
    });
    // Not --inspect, with its port, as jest-worker has it.
    const nodeArguments = process.execArgv.filter(argument => !/^--(debug|inspect)/.test(argument));
    this.#tell({type: 'begin', run: {rootDir, runId, transformPath, timeoutMs, nodeArguments}});
  }

  #tell(message: ToFixtureHost): void {
    (this.#child?.stdio?.[3] as Socket | null | undefined)?.write(`${JSON.stringify(message)}\n`);
    this.#keepAlive();
  }

  #hear(message: FromFixtureHost): void {
    switch (message.type) {
      case 'set-up':
        take(this.#setups, message.key)?.resolve(message.setup);
        break;
      case 'taken-down':
        take(this.#teardowns, message.key)?.resolve(message.failure);
        break;
      case 'died':
        this.#options.onDeath?.(message.key, message.failure);
        break;
      case 'closed':
        this.#titles.clear();
        this.#hearClosed?.(message.failures);
    }
    this.#keepAlive();
  }

  #lose(why: string): void {
    this.#gone ??= why;
    for (const {title, resolve} of this.#setups.values()) {
      resolve({failure: setupFailure(title, {kind: 'no-host', why})});
    }
    for (const {title, resolve} of this.#teardowns.values()) resolve(teardownFailure(title, {kind: 'no-host', why}));
    this.#setups.clear();
    this.#teardowns.clear();
    this.#hearClosed?.(this.#failAll(why));
    this.#keepAlive();
  }

  #failAll(why: string): FixtureFailure[] {
    const failures = [...this.#titles.values()].map(title => teardownFailure(title, {kind: 'no-host', why}));
    this.#titles.clear();
    return failures;
  }

  /** The host keeps this process alive as long as something is waited for, and no longer. */
  #keepAlive(): void {
    const waits = !this.#letGo && (this.#setups.size > 0 || this.#teardowns.size > 0 || this.#hearClosed !== null);
    for (const handle of [this.#child, ...this.#streams()]) {
      if (waits) handle?.ref();
      else handle?.unref();
    }
  }

  #streams(): readonly Socket[] {
    return ((this.#child?.stdio ?? []) as readonly unknown[]).filter(stream => stream instanceof Socket);
  }
}

function take<Answer>(waiting: Map<string, Answer>, key: string): Answer | undefined {
  const taken = waiting.get(key);
  waiting.delete(key);
  return taken;
}

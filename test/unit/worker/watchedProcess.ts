/**
 * Starts real processes with a real watchdog. The watchdog thread needs a JavaScript file, so the sources are compiled
 * first.
 */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import {LineBuffer} from '../../../src/core/wire/values';
import {
  parseFromWatchdog,
  parseWatchdogHello,
  type FromWatchdog,
  type WatchdogHello,
} from '../../../src/core/wire/watchdogMessages';
import {temporaryFolder} from '../run/temporaryFolder';

export interface ProcessOptions {
  /** `dead-parent`: the socket's listener was killed. `no-socket`: the socket's file does not exist. */
  readonly transport?: 'socket' | 'in-band' | 'dead-parent' | 'no-socket';
  readonly ownsGroup?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
  readonly nodeArguments?: readonly string[];
  /** In the folder where it runs, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a watchdog in band prints last. */
export const REMEDY = 'Run it again.';

type Message<Type> = Extract<FromWatchdog, {type: Type}>;

/** A process that runs a script, in which `Watchdog` and `transport` are known, and what its watchdog says. */
export class WatchedProcess {
  /** All that the watchdog has said, but its hello. */
  readonly heard: FromWatchdog[] = [];
  readonly hello: Promise<WatchdogHello>;
  /** Resolves when it, and whoever has inherited its standard output, is gone. */
  readonly end: Promise<ProcessEnd>;
  /** Resolves when the watchdog has closed its connection. */
  readonly hungUp: Promise<void>;
  readonly path: string;
  readonly #child: ChildProcess;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #greet!: (hello: WatchdogHello) => void;
  #onHungUp!: () => void;
  #awaited: (() => void)[] = [];
  #read = 0;
  #stdout = '';
  #stderr = '';

  private constructor(workerFolder: string, script: string, options: ProcessOptions) {
    const folder = temporaryFolder(options.files);
    this.path = join(folder, 'script.js');
    const socket = join(folder, 's');
    const {transport: kind = 'socket', ownsGroup = false} = options;
    const path = kind === 'socket' ? socket : join(folder, 'other');
    if (kind === 'dead-parent') leaveSocket(path);
    const transport =
      kind === 'in-band'
        ? {kind, remedy: REMEDY, core: require.resolve('@jest/core')}
        : {kind: 'socket', path, token: 'secret', slot: 2, generation: 3, ownsGroup};
    const prelude = `const {Watchdog} = require(${JSON.stringify(join(workerFolder, 'watchdog.js'))}); const transport = ${JSON.stringify(transport)};`;
    writeFileSync(this.path, `${prelude}\n${script}`);
    this.hello = new Promise(resolve => (this.#greet = resolve));
    this.hungUp = new Promise(resolve => (this.#onHungUp = resolve));
    this.#server = createServer(connection => this.#hear(connection)).listen(socket);
    // A group of its own, in which nothing is left when the tests are over.
    this.#child = spawn(process.execPath, [...(options.nodeArguments ?? []), this.path], {
      cwd: folder,
      detached: true,
      env: {...process.env, NODE_OPTIONS: '', ...options.environment},
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += String(chunk);
      this.#wake();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += String(chunk);
      this.#wake();
    });
    this.end = new Promise(resolve =>
      this.#child.once('close', (code, signal) => resolve({code, signal, stdout: this.#stdout, stderr: this.#stderr})),
    );
  }

  static start(workerFolder: string, script: string, options: ProcessOptions = {}): WatchedProcess {
    const started = new WatchedProcess(workerFolder, script, options);
    running.add(started);
    return started;
  }

  get folder(): string {
    return join(this.path, '..');
  }

  /** The next message of a type, after those that were asked for before. */
  async next<Type extends FromWatchdog['type']>(
    type: Type,
    fits: (message: Message<Type>) => boolean = () => true,
  ): Promise<Message<Type>> {
    for (;;) {
      const message = this.heard[this.#read];
      if (message === undefined) {
        await new Promise<void>(resolve => this.#awaited.push(resolve));
      } else {
        this.#read++;
        if (message.type === type && fits(message as Message<Type>)) return message as Message<Type>;
      }
    }
  }

  /** Resolves when it has printed that, on either of its outputs. */
  async printed(text: string): Promise<void> {
    while (!this.#stdout.includes(text) && !this.#stderr.includes(text))
      await new Promise<void>(resolve => this.#awaited.push(resolve));
  }

  /** How often the watchdog has said something of a type, as far as it was read. */
  count(type: FromWatchdog['type']): number {
    return this.heard.slice(0, this.#read).filter(message => message.type === type).length;
  }

  /** A `message` event in the process. */
  send(message: string): void {
    this.#child.send(message);
  }

  /** As when the parent is killed. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async remove(): Promise<void> {
    try {
      process.kill(-(this.#child.pid ?? 0), 'SIGKILL');
    } catch {
      // It is gone.
    }
    await this.end;
    this.hangUp();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #hear(connection: Socket): void {
    this.#sockets.push(connection);
    const lines = new LineBuffer();
    let greeted = false;
    connection.on('error', () => undefined);
    connection.on('close', this.#onHungUp);
    connection.setEncoding('utf8').on('data', (chunk: string) => {
      for (const line of lines.push(chunk)) {
        const hello = greeted ? null : parseWatchdogHello(line);
        greeted = true;
        if (hello === null) this.heard.push(parseFromWatchdog(line));
        else this.#greet(hello);
      }
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#awaited.splice(0)) wake();
  }
}

/** What a killed listener leaves behind: the file of a socket on which nobody listens. */
function leaveSocket(path: string): void {
  const listener = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', listener, path]);
  if (!existsSync(path)) throw new Error(`The killed listener left no ${path}`);
}

const running = new Set<WatchedProcess>();

afterEach(async () => {
  await Promise.all([...running].map(started => started.remove()));
  running.clear();
});

/** The side of Jest's process of the stock host. It starts before the first test and closes after the last. */
import {spawn, type ChildProcess} from 'node:child_process';
import {Socket} from 'node:net';
import {join} from 'node:path';
import {hostEnded, type ProcessEnd} from '../core/texts/fixtureFailures';
import type {FixtureFailure} from '../core/wire/workerMessages';
import {parseFromStockHost, type FromStockHost, type StockRun, type ToStockHost} from '../core/wire/stockMessages';
import {Line} from '../fixtures/line';
import {LEADS_A_GROUP} from '../run/workers/processGroup';
import {printedError} from './printedError';

const OUT_OF_TURN = 'jest-runner-xdist: the process that looks after all shared fixtures said something out of turn.';

export class StockHost {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #line: Line<ToStockHost>;
  /** Rejects if the stock host ends although nobody asked it to. */
  readonly #gone: Promise<never>;
  #hear: (message: FromStockHost) => void = () => undefined;
  #lives = true;
  #socketPath = '';

  /** @throws (rejects) if the stock host cannot start, or cannot read the project's options */
  static async start(run: StockRun): Promise<StockHost> {
    const host = new StockHost();
    const answer = await host.#ask({type: 'begin', run});
    if (answer.type !== 'listening') {
      host.#pipe.destroy();
      throw printedError(answer.type === 'refused' ? answer.message : OUT_OF_TURN);
    }
    host.#socketPath = answer.socketPath;
    return host;
  }

  private constructor() {
    // Without --inspect, whose port is in use.
    const nodeArguments = process.execArgv.filter(argument => !/^--(debug|inspect)/.test(argument));
    const child = spawn(process.execPath, [...nodeArguments, join(__dirname, 'stockMain.js')], {
      // A terminal's Ctrl-C must not reach the stock host, because it still has to tear down fixtures.
      detached: LEADS_A_GROUP,
      // The last pipe carries messages, and its end says that Jest is gone.
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      windowsHide: true,
    });
    let giveUp: (error: unknown) => void = () => undefined;
    const unintelligible = new Promise<never>((_resolve, reject) => (giveUp = reject));
    const end = new Promise<ProcessEnd>(resolve => {
      child.on('error', ({message}) => resolve({kind: 'not-started', message}));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? {kind: 'exit', code: code ?? 0} : {kind: 'signal', signal}),
      );
    });
    this.#child = child;
    // If the system is out of processes or files, there is no pipe.
    this.#pipe = (child.stdio?.[3] as Socket | null | undefined) ?? new Socket();
    this.#line = new Line(this.#pipe, {
      line: text => this.#hear(parseFromStockHost(text)),
      broken: error => giveUp(printedError(`${OUT_OF_TURN}\n${(error as Error).message}`)),
      closed: () => undefined,
    });
    const silent = new Promise(resolve => this.#pipe.once('close', resolve));
    const gone = end.then(async ended => {
      this.#lives = false;
      // Its last messages may not be read yet.
      if (ended.kind !== 'not-started') await silent;
      throw printedError(`jest-runner-xdist: ${hostEnded(ended)}.`);
    });
    this.#gone = Promise.race([gone, unintelligible]);
    this.#gone.catch(() => undefined); // in case nobody awaits it
    this.#keepAlive(false);
  }

  /** Whether the process runs. */
  get lives(): boolean {
    return this.#lives;
  }

  /** The socket for questions about the fixtures of a file. */
  get socketPath(): string {
    return this.#socketPath;
  }

  /** Tears down all fixtures and ends the stock host. Rejects if it is gone. @returns the failures */
  async close(): Promise<readonly FixtureFailure[]> {
    const answer = await this.#ask({type: 'close'});
    this.#keepAlive(true);
    await this.#gone.catch(() => undefined);
    if (answer.type !== 'closed') throw printedError(OUT_OF_TURN);
    return answer.failures;
  }

  async #ask(message: ToStockHost): Promise<FromStockHost> {
    const heard = new Promise<FromStockHost>(resolve => (this.#hear = resolve));
    this.#keepAlive(true);
    void this.#line.send(message);
    try {
      return await Promise.race([heard, this.#gone]);
    } finally {
      this.#keepAlive(false);
    }
  }

  /** The stock host keeps Jest's process alive only while an answer is awaited. */
  #keepAlive(waits: boolean): void {
    for (const handle of [this.#child, this.#pipe]) {
      if (waits) handle.ref();
      else handle.unref();
    }
  }
}

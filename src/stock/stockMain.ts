/**
 * The stock host's process. Under Jest's own runner, it manages shared fixtures, which our runner does in Jest's own
 * process. Jest's process cannot do so here: in band it is blocked while a test waits for an answer. The stock host
 * answers on a socket. When Jest is gone, in whatever way, it exits too, and the fixture host tears down all fixtures.
 */
import {randomUUID} from 'node:crypto';
import {createServer, Socket} from 'node:net';
import type {Config} from '@jest/types';
import {withoutFleet} from '../core/rules/fleetVariables';
import {LineBuffer} from '../core/wire/values';
import {parseFixtureQuestion, parseToStockHost, type FromStockHost, type StockRun} from '../core/wire/stockMessages';
import {Line} from '../fixtures/line';
import type {HandedOver} from '../realm/handover';
import {FixtureHost} from '../run/fixtures/fixtureHost';
import {readOptionFiles, resolveFoundOptions} from '../run/optionSources';
import {jestOf} from '../run/jest/runningJest';
import {rulesReader} from '../run/runRules';
import {SocketFolder} from '../run/workers/socketFolder';
import {warn} from '../run/warn';
import {SharedOutput} from '../run/workers/workerOutput';
import {FixturesOnDemand} from './fixturesOnDemand';

// The readers of these streams may be gone.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

/** The longest question, in characters: it contains a path and a number. */
const LONGEST_QUESTION = 2 ** 16;

let fixtures: FixturesOnDemand | null = null;
let folder: SocketFolder | null = null;

const line: Line<FromStockHost> = new Line<FromStockHost>(new Socket({fd: 3}), {
  line: text => void hear(text).catch(broken),
  broken,
  closed: leave,
});

/** An error in the stock host. Jest sees the exit code. */
function broken(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
  leave();
}

async function hear(text: string): Promise<void> {
  const message = parseToStockHost(text);
  switch (message.type) {
    case 'begin':
      return line.send(await begin(message.run));
    case 'close':
      await line.send({type: 'closed', failures: (await fixtures?.close()) ?? []});
      // Wait until the fixtures' last output is written.
      await Promise.all([process.stdout, process.stderr].map(written));
      leave();
  }
}

async function begin({rootDir, corePath, config}: StockRun): Promise<FromStockHost> {
  try {
    fixtures = fixturesOf({rootDir, corePath, config});
    folder = new SocketFolder((config as Config.ProjectConfig).cacheDirectory);
    await listen(fixtures, folder);
    return {type: 'listening', socketPath: folder.socketPath};
  } catch (error) {
    return {type: 'refused', message: (error as Error).message};
  }
}

function fixturesOf({rootDir, corePath, config}: StockRun): FixturesOnDemand {
  const jest = jestOf(corePath);
  const options = resolveFoundOptions(readOptionFiles(rootDir));
  const project = config as Config.ProjectConfig; // not parsed: the running Jest made it
  const runId = randomUUID().slice(0, 8);
  return new FixturesOnDemand({
    host: new FixtureHost({
      configs: new Map([[project.id, project]]),
      transformPath: jest.modules.transform,
      rootDir,
      runId,
      timeoutMs: options.fixtureTimeout,
      environment: {...withoutFleet(process.env), XDIST_RUN_ID: runId},
      stdout: new SharedOutput(process.stdout),
      stderr: new SharedOutput(process.stderr),
    }),
    docblock: jest.docblock(),
    rootDir,
    configId: project.id,
    rulesOf: rulesReader({jest, rootDir, options}),
    warn,
  });
}

function listen(fixtures: FixturesOnDemand, {socketPath}: SocketFolder): Promise<void> {
  const server = createServer(socket => {
    socket.on('error', () => undefined); // the client is gone
    const lines = new LineBuffer(LONGEST_QUESTION);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      try {
        for (const text of lines.push(chunk)) void answer(socket, text, fixtures);
      } catch {
        socket.destroy(); // the peer is not one of our clients
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
}

async function answer(socket: Socket, text: string, fixtures: FixturesOnDemand): Promise<void> {
  try {
    const question = parseFixtureQuestion(text);
    const {testPath} = question;
    const handedOver: HandedOver = {testPath, fixtures: await fixtures.valuesFor(question)};
    socket.end(`${JSON.stringify(handedOver)}\n`);
  } catch {
    socket.destroy(); // the peer is not one of our clients
  }
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()));
}

function leave(): void {
  fixtures?.letGo();
  folder?.remove();
  process.exit();
}

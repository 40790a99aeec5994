/**
 * The main module of a worker's process. jest-worker loads it and makes one call, `serve`, which lasts as long as the
 * worker serves. The parent hears messages, and the process's death, only during a call.
 */
import type {FromWorker, WorkerSetup} from '../core/wire/workerMessages';
import {DepartureRecorder} from './guard/departure';
import {ExitRecorder} from './guard/exitRecord';
import {JestChannel} from './guard/jestChannel';
import {Watchdog} from './guard/watchdog';
import {Orders} from './orders';
import {ParentLine} from './parentLine';
import {WorkerLoop} from './workerLoop';

export async function serve(setup: WorkerSetup): Promise<void> {
  const {token, slot, generation, socketPath, ownsGroup, modules} = setup;
  const exit = new ExitRecorder(setup.exitRecordPath);
  const channel = new JestChannel(error => exit.leave(error));
  exit.explainWith(() => channel.closed);
  // jest-worker numbers the workers of each farm from 1, and every slot is a farm of its own. In a thread, jest-worker
  // sets the variable after it has made the environment. For a process, this changes nothing.
  process.env.JEST_WORKER_ID = String(slot);

  const watchdog = Watchdog.start({
    transport: {kind: 'socket', path: socketPath, token, slot, generation, ownsGroup},
  });
  const orders = new Orders({
    // If the parent is gone, the order 'close' follows.
    answer: (message: FromWorker) => void line.send(message).catch(() => undefined),
    expectExit: () => exit.expectExit(),
  });
  const line = await ParentLine.connect(
    socketPath,
    {token, slot, generation, pid: process.pid},
    modules.jestWorker,
    channel,
    order => orders.hear(order),
  );
  const run = await runOf(setup, orders, line);
  if (run === null) {
    line.close();
    return;
  }
  const loop = await WorkerLoop.load({line, orders, watchdog, exit}, run);
  if (setup.ahead !== null) await line.send({type: 'ready'});
  await loop.serve();
  const departure = new DepartureRecorder(setup.departurePath);
  departure.save(() => loop.filesEnd());
  departure.begin(loop.resources, setup.graceMs);
  line.close();
}

/** @returns the setup of the run; null: the worker has waited for the run and cannot serve it */
async function runOf(setup: WorkerSetup, orders: Orders, line: ParentLine): Promise<WorkerSetup | null> {
  const {ahead} = setup;
  if (ahead === null) return setup;
  const {waitForRun} = require('./ahead/ahead') as typeof import('./ahead/ahead'); // only watch mode loads this
  return waitForRun({setup, ahead, order: orders.run, tell: news => line.send(news)});
}

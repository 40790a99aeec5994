/**
 * A worker's process. jest-worker loads this module and makes one call, `serve`, which lasts as long as the worker does.
 * The parent hears a message, or the process's death, only while a call is under way.
 */
import type {FromWorker, WorkerSetup} from '../core/wire/workerMessages';
import {DepartureRecorder} from './guard/departure';
import {ExitRecorder} from './guard/exitRecord';
import {JestChannel} from './guard/jestChannel';
import {Watchdog} from './guard/watchdog';
import {Orders} from './orders';
import {ParentLine} from './parentLine';
import type {BetweenRuns} from './rest/betweenRuns';
import {Stay} from './rest/stay';
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
  const stay = new Stay();
  const orders = new Orders({
    // If the parent is gone, the order 'close' follows.
    answer: (message: FromWorker) => void line.send(message).catch(() => undefined),
    expectExit: () => exit.expectExit(),
    stay,
  });
  const line = await ParentLine.connect(
    socketPath,
    {token, slot, generation, pid: process.pid},
    modules.jestWorker,
    channel,
    order => orders.hear(order),
  );
  const leave = () => {
    exit.expectExit();
    process.exit(0);
  };
  const between = setup.mayStay ? loadBetweenRuns(setup, leave) : null;
  const loop = await WorkerLoop.load({line, orders, watchdog, exit, stay, between, leave}, setup);
  await loop.serve();
  const departure = new DepartureRecorder(setup.departurePath);
  departure.save(() => loop.filesEnd());
  departure.begin(loop.resources, setup.graceMs);
  line.close();
}

/** Only watch mode loads this. */
function loadBetweenRuns({modules, compileCache, heapLimitBytes}: WorkerSetup, leave: () => never): BetweenRuns {
  const {BetweenRuns} = require('./rest/betweenRuns') as typeof import('./rest/betweenRuns');
  return BetweenRuns.begin({modules, compileCache, heapLimitBytes, leave});
}

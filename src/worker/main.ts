/**
 * A worker process. jest-worker loads this module and makes one call, `serve`, that lasts as long as
 * the worker does: while it is under way the parent hears every message, and of the process's death.
 */
import type {FromWorker, UnitOutcome, UnitOrder, WorkerSetup} from '../core/protocol';
import {ExitRecorder} from './exitRecord';
import {JestFileRunner} from './jestFile';
import {Lease} from './lease';
import {ParentLine} from './parentLine';

export async function serve(setup: WorkerSetup): Promise<void> {
  const exit = new ExitRecorder(setup.exitRecordPath);
  // jest-worker numbers the workers of each farm from 1, and every slot is a farm of its own. In a
  // thread it sets the variable after the environment was made; for processes this changes nothing.
  process.env.JEST_WORKER_ID = String(setup.slot);

  const lease = new Lease();
  const {slot, generation} = setup;
  const line: ParentLine = await ParentLine.connect(
    setup.socketPath,
    {slot, generation, pid: process.pid},
    setup.modules.jestWorker,
    order => {
      switch (order.type) {
        case 'give':
          lease.give(order.units);
          break;
        case 'take-back':
          void line.send({type: 'units-returned', asked: order.units, units: lease.takeBack(order.units)});
          break;
        case 'close':
          exit.expectExit();
          lease.close();
          break;
      }
    },
  );
  // The parent has heard of us and gives us work while Jest's modules load.
  const files = await JestFileRunner.load(setup);
  exit.listenersAreDeadly();
  for (let unit = await lease.next(); unit !== null; unit = await lease.next()) {
    await line.send({type: 'unit-started', unit: unit.id});
    const done = await runUnit(files, unit, setup.heapLimitBytes);
    await sendDone(line, done);
    if (done.retiring) break;
  }
  line.close();
}

type UnitDone = Extract<FromWorker, {type: 'unit-done'}>;

async function runUnit(files: JestFileRunner, unit: UnitOrder, heapLimitBytes: number | null): Promise<UnitDone> {
  const start = performance.now();
  const end = await files.run(unit);
  const outcome: UnitOutcome =
    'result' in end ? {type: 'result', result: end.result} : {type: 'error', error: serializeError(end.thrown)};
  return {
    type: 'unit-done',
    unit: unit.id,
    ms: performance.now() - start,
    retiring: heapLimitBytes !== null && process.memoryUsage().heapUsed > heapLimitBytes,
    outcome,
  };
}

async function sendDone(line: ParentLine, done: UnitDone): Promise<void> {
  try {
    await line.send(done);
  } catch (error) {
    // A result that cannot be written as JSON (a BigInt in failureDetails, on Jest 29). The stock
    // runner's worker dies of it; the file must have a result all the same.
    const {message, stack} = serializeError(error);
    await line.send({
      ...done,
      outcome: {
        type: 'error',
        error: {message: `The result of this test file cannot be sent to Jest: ${message}`, stack, type: 'Error'},
      },
    });
  }
}

function serializeError(error: unknown): Extract<UnitOutcome, {type: 'error'}>['error'] {
  // testWorker throws plain {code, message, stack, type} objects; `code` must come along.
  if (typeof error === 'object' && error !== null) {
    const {message, stack} = error as {message?: unknown; stack?: unknown};
    return {...error, message: String(message), stack: typeof stack === 'string' ? stack : '', type: 'Error'};
  }
  return {message: String(error), stack: '', type: 'Error'};
}

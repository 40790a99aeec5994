/**
 * A worker process. jest-worker loads this module and makes one call, `serve`, that lasts as long as
 * the worker does: while it is under way the parent hears every message, and of the process's death.
 */
import type {
  FromWorker,
  MemoryUse,
  Slice,
  SplitOrder,
  ToWorker,
  UnitOrder,
  UnitOutcome,
  WorkerSetup,
} from '../core/wire/workerMessages';
import {monotonicMs, nextTurn} from '../pristine/clock';
import {heapUsedBytes, residentBytes} from '../pristine/memory';
import {relative} from '../pristine/path';
import type {BetweenRuns} from './rest/betweenRuns';
import {DepartureRecorder} from './guard/departure';
import {ExitRecorder} from './guard/exitRecord';
import {FollowedFile} from './circus/followedFile';
import {JestFileRunner} from './jestFile';
import {missingCapabilities, probe} from './jestProbes';
import {JestChannel} from './guard/jestChannel';
import {Journal} from './guard/journal';
import {Lease} from './lease';
import {OpenResources} from './guard/openResources';
import {ParentLine} from './parentLine';
import {Phases} from './guard/phases';
import {sendable} from './sendable';
import {SlicedFile} from './circus/slicedFile';
import type {CircusFile} from './circus/testFramework';
import {describeThrown, formatOf, type Format} from './thrown';
import {Watchdog} from './guard/watchdog';

export async function serve(setup: WorkerSetup): Promise<void> {
  const exit = new ExitRecorder(setup.exitRecordPath);
  const channel = new JestChannel(error => exit.leave(error));
  exit.explainWith(() => channel.closed);
  // jest-worker numbers the workers of each farm from 1, and every slot is a farm of its own. In a
  // thread it sets the variable after the environment was made; for processes this changes nothing.
  process.env.JEST_WORKER_ID = String(setup.slot);

  const watchdog = Watchdog.start({
    transport: {
      kind: 'socket',
      path: setup.socketPath,
      token: setup.token,
      slot: setup.slot,
      generation: setup.generation,
      ownsGroup: setup.ownsGroup,
    },
  });
  let lease = new Lease();
  let mayRest = false;
  let wake: (order: NextRun | null) => void = () => undefined;
  const nextRun = () => new Promise<NextRun | null>(resolve => (wake = resolve));
  let next = nextRun();
  let open: {readonly unit: number; readonly file: SlicedFile} | null = null;
  const {token, slot, generation} = setup;
  const answer = (message: FromWorker) => void line.send(message).catch(() => undefined); // the parent is gone: 'close' follows
  const line: ParentLine = await ParentLine.connect(
    setup.socketPath,
    {token, slot, generation, pid: process.pid},
    setup.modules.jestWorker,
    channel,
    order => {
      switch (order.type) {
        case 'give':
          lease.give(order.units);
          break;
        case 'take-back':
          answer({type: 'units-returned', asked: order.units, units: lease.takeBack(order.units)});
          break;
        case 'give-tests':
          if (open?.unit === order.unit) open.file.give(order.groups, order.last);
          break;
        case 'discard':
          if (open?.unit === order.unit) open.file.discard();
          else if (lease.takeBack([order.unit]).length > 0) answer(neverBegun(order.unit));
          break;
        case 'close':
          exit.expectExit();
          lease.close();
          open?.file.discard();
          wake(null);
          break;
        case 'rest':
          mayRest = true;
          lease.close();
          open?.file.discard();
          break;
        case 'run':
          wake(order);
          break;
      }
    },
  );
  const leave = () => {
    exit.expectExit();
    process.exit(0);
  };
  const between = setup.mayStay ? loadBetweenRuns(setup, leave) : null;
  // The parent has heard of us and gives us work while Jest's modules load.
  let phases = new Phases(watchdog, {slowMs: setup.slowTimeoutMs, hardMs: setup.hardTimeoutMs});
  phases.workerStarts();
  let files = await JestFileRunner.load(setup);
  exit.listenersAreDeadly();
  const folder = process.cwd(); // Jest's: its reporters name files relative to that
  const journal = new Journal(setup.journalPath);
  const resources = new OpenResources();
  const format = formatOf(setup.modules.testWorker);
  /** The run has ended. @returns what the next one takes; null: it has to do without this process */
  const stay = async (): Promise<WorkerSetup | null> => {
    if (!mayRest) return null;
    if (between === null) {
      await line.send({type: 'leaving', reason: 'modules that this Jest loads are not where they were'});
      return null;
    }
    const objection = await between.objection(resources);
    if (objection !== null) {
      await line.send({type: 'leaving', reason: objection});
      return null;
    }
    await line.send({type: 'resting'});
    files.filesEnd();
    const remains = await between.tidy();
    if (remains !== null) {
      await line.send({type: 'leaving', reason: remains}).catch(leave);
      leave(); // at once: nobody is to hear of what remains
    }
    const order = await next;
    if (order === null) return null;
    next = nextRun();
    mayRest = false;
    lease = new Lease();
    const changed = between.begin(order.environment);
    if (changed === null) return order.setup;
    await line.send({type: 'leaving', reason: changed});
    return null;
  };
  let {heapLimitBytes} = setup;
  for (;;) {
    phases.waitsForFile();
    const unit = await lease.next();
    if (unit === null) {
      phases.fileEnds(); // the parent waits for the process's end, and no longer than it may take
      const run = await stay();
      if (run === null) break;
      files = await JestFileRunner.load(run);
      phases = new Phases(watchdog, {slowMs: run.slowTimeoutMs, hardMs: run.hardTimeoutMs});
      ({heapLimitBytes} = run);
      exit.listenersAreDeadly();
      await line.send({type: 'ready'});
      continue;
    }
    const sliced = unit.split && slicedFile(unit.id, unit.split, {journal, phases, line});
    open = sliced && {unit: unit.id, file: sliced};
    const canFollow = files.canFollow(unit.configId);
    if (canFollow) journal.begin(unit.id);
    else journal.skip();
    const followed = sliced ?? new FollowedFile(journal, phases, unit.snapshots === 'keep-obsolete');
    resources.fileBegins();
    const shown = relative(folder, unit.path);
    phases.tellsBegin(shown);
    await line.send({type: 'unit-started', unit: unit.id});
    const file = canFollow ? followed : null;
    phases.fileBegins(shown, unit.hardTimeoutMs, file !== null);
    const done = await runUnit({files, unit, sliced, file, heapLimitBytes, format});
    open = null;
    phases.tellsEnd();
    resources.fileEnded(unit.path);
    await sendDone(line, done, format);
    if (done.retiring) break;
  }
  phases.fileEnds();
  const departure = new DepartureRecorder(setup.departurePath);
  departure.save(() => files.filesEnd());
  departure.begin(resources, setup.graceMs);
  line.close();
}

type NextRun = Extract<ToWorker, {type: 'run'}>;

/** Loaded in watch mode alone. @returns null: this Jest does not let a worker stay */
function loadBetweenRuns({modules, compileCache, heapLimitBytes}: WorkerSetup, leave: () => never): BetweenRuns | null {
  const {BetweenRuns, pathsOfJest} = require('./rest/betweenRuns') as typeof import('./rest/betweenRuns');
  if (!probe('restingWorkers', pathsOfJest(modules))) return null;
  return BetweenRuns.begin({modules, compileCache, heapLimitBytes, leave});
}

type UnitDone = Extract<FromWorker, {type: 'unit-done'}>;

interface SlicedFileSurroundings {
  readonly journal: Journal;
  readonly phases: Phases;
  readonly line: ParentLine;
}

function slicedFile(unit: number, order: SplitOrder, {journal, phases, line}: SlicedFileSurroundings): SlicedFile {
  return new SlicedFile({
    unit,
    order,
    journal,
    phases,
    send: message => void line.send(message).catch(() => undefined), // the parent is gone: 'close' follows
    now: monotonicMs,
    listen: nextTurn,
  });
}

/** What stands for the result of a unit that is not wanted from this worker any more. */
const NOT_WANTED: UnitOutcome = {type: 'error', error: {message: 'It was not needed.', stack: '', type: 'Error'}};

function neverBegun(unit: number): UnitDone {
  return {type: 'unit-done', unit, ms: 0, retiring: false, outcome: NOT_WANTED, slice: null};
}

interface UnitRun {
  readonly files: JestFileRunner;
  readonly unit: UnitOrder;
  readonly sliced: SlicedFile | null;
  /** What follows the file; null: it cannot be followed. */
  readonly file: CircusFile | null;
  readonly heapLimitBytes: number | null;
  readonly format: Format;
}

async function runUnit({files, unit, sliced, file, heapLimitBytes, format}: UnitRun): Promise<UnitDone> {
  const memoryBefore = heapLimitBytes === null ? null : memoryUse();
  const start = monotonicMs();
  const end = await files.run(unit, file);
  let outcome: UnitOutcome;
  let slice: Slice | null = null;
  try {
    if ('thrown' in end) throw end.thrown;
    outcome = {type: 'result', result: end.result};
    slice = sliced?.slice(end.result) ?? null;
  } catch (error) {
    outcome = {type: 'error', error: describeThrown(error, format)};
  }
  if (sliced?.discarded === true) [outcome, slice] = [NOT_WANTED, null];
  const ms = monotonicMs() - start;
  const memory = memoryOver(heapLimitBytes, memoryBefore);
  const lacks = missingCapabilities();
  return {
    type: 'unit-done',
    unit: unit.id,
    ms,
    retiring: memory !== null,
    outcome,
    slice,
    ...(memory !== null && {memory}),
    ...(lacks.length > 0 && {jestLacks: lacks}),
  };
}

/** In bytes. */
interface HeldMemory {
  readonly heap: number;
  readonly rss: number;
}

function memoryUse(): HeldMemory {
  return {heap: heapUsedBytes(), rss: residentBytes()};
}

/** null: the heap is within its limit. */
function memoryOver(heapLimitBytes: number | null, before: HeldMemory | null): MemoryUse | null {
  if (heapLimitBytes === null || before === null) return null;
  const after = memoryUse();
  if (after.heap <= heapLimitBytes) return null;
  return {heap: {before: before.heap, after: after.heap}, rss: {before: before.rss, after: after.rss}};
}

async function sendDone(line: ParentLine, done: UnitDone, format: Format): Promise<void> {
  try {
    await line.send(done);
  } catch {
    await sendReduced(line, done, format);
  }
}

/** The stock runner's worker dies of a result that JSON cannot hold; the file's tests are to keep their results. */
async function sendReduced(line: ParentLine, done: UnitDone, format: Format): Promise<void> {
  try {
    await line.send(sendable(done) as UnitDone);
  } catch (error) {
    // It is too large, say. The file must have a result all the same.
    const {message, stack} = describeThrown(error, format);
    await line.send({
      ...done,
      outcome: {
        type: 'error',
        error: {message: `The result of this test file cannot be sent to Jest: ${message}`, stack, type: 'Error'},
      },
    });
  }
}

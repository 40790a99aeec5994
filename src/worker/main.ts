/**
 * A worker process. jest-worker loads this module and makes one call, `serve`, that lasts as long as
 * the worker does: while it is under way the parent hears every message, and of the process's death.
 */
import type {
  FromWorker,
  MemoryUse,
  Slice,
  SplitOrder,
  UnitOrder,
  UnitOutcome,
  WorkerSetup,
} from '../core/wire/workerMessages';
import {heapUsedBytes, residentBytes} from '../pristine/memory';
import {relative} from '../pristine/path';
import {monotonicMs, nextTurn} from '../pristine/clock';
import {DepartureRecorder} from './guard/departure';
import {ExitRecorder} from './guard/exitRecord';
import {FollowedFile} from './circus/followedFile';
import type {RunOrder} from './ahead/ahead';
import {JestFileRunner} from './jestFile';
import {missingCapabilities} from './jestProbes';
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
  const lease = new Lease();
  let begin: (order: RunOrder | null) => void = () => undefined;
  const order = new Promise<RunOrder | null>(resolve => (begin = resolve));
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
          begin(null);
          break;
        case 'run':
          begin(order);
          break;
      }
    },
  );
  const {ahead} = setup;
  const waited = ahead && (await loadWaitForRun()({setup, ahead, order, tell: news => line.send(news)}));
  if (ahead !== null && waited === null) {
    line.close();
    return;
  }
  const run = waited ?? setup;
  // The parent has heard of us and gives us work while Jest's modules load.
  const phases = new Phases(watchdog, {slowMs: run.slowTimeoutMs, hardMs: run.hardTimeoutMs});
  phases.workerStarts();
  const files = await JestFileRunner.load(run);
  exit.listenersAreDeadly();
  const folder = process.cwd(); // Jest's: its reporters name files relative to that
  const journal = new Journal(setup.journalPath);
  const resources = new OpenResources();
  const format = formatOf(run.modules.testWorker);
  const {heapLimitBytes} = run;
  if (ahead !== null) await line.send({type: 'ready'});
  let modulesTold = 0;
  for (;;) {
    phases.waitsForFile();
    const unit = await lease.next();
    if (unit === null) {
      phases.fileEnds(); // the parent waits for the process's end, and no longer than it may take
      break;
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
    if (run.tellsLoaded) modulesTold = await tellLoaded(line, modulesTold);
    await sendDone(line, done, format);
    if (done.retiring) break;
  }
  phases.fileEnds();
  const departure = new DepartureRecorder(setup.departurePath);
  departure.save(() => files.filesEnd());
  departure.begin(resources, setup.graceMs);
  line.close();
}

/** Loaded in watch mode alone. */
function loadWaitForRun(): typeof import('./ahead/ahead').waitForRun {
  return (require('./ahead/ahead') as typeof import('./ahead/ahead')).waitForRun;
}

/** @param before how many modules were loaded when it was told last @returns how many are loaded now */
async function tellLoaded(line: ParentLine, before: number): Promise<number> {
  const loaded = Object.keys(require.cache);
  if (loaded.length === before) return before;
  const {aheadModules} = require('./ahead/aheadModules') as typeof import('./ahead/aheadModules');
  await line.send({type: 'loaded', modules: aheadModules(loaded)});
  return loaded.length;
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

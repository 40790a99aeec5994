/** The loop of a worker over units and over runs: takes the next unit, runs it, and sends the news of its end. */
import type {SplitOrder, UnitOrder, WorkerSetup} from '../core/wire/workerMessages';
import {monotonicMs, nextTurn} from '../pristine/clock';
import {relative} from '../pristine/path';
import {FollowedFile} from './circus/followedFile';
import {SlicedFile} from './circus/slicedFile';
import type {ExitRecorder} from './guard/exitRecord';
import {Journal} from './guard/journal';
import {OpenResources} from './guard/openResources';
import {Phases} from './guard/phases';
import type {Watchdog} from './guard/watchdog';
import {JestFileRunner} from './jestFile';
import type {Orders} from './orders';
import type {ParentLine} from './parentLine';
import type {BetweenRuns} from './rest/betweenRuns';
import type {Stay} from './rest/stay';
import {formatOf, type Format} from './thrown';
import {runUnit, sendDone, type UnitDone} from './unitRun';

export interface WorkerLoopOptions {
  readonly line: ParentLine;
  readonly orders: Orders;
  readonly watchdog: Watchdog;
  readonly exit: ExitRecorder;
  readonly stay: Stay;
  /** null: the process ends with its run. */
  readonly between: BetweenRuns | null;
  /** Ends the process at once. */
  readonly leave: () => never;
}

/** What serves one run. */
interface RunTools {
  readonly files: JestFileRunner;
  readonly phases: Phases;
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly heapLimitBytes: number | null;
}

export class WorkerLoop {
  readonly #options: WorkerLoopOptions;
  readonly #journal: Journal;
  readonly #format: Format;
  readonly #resources: OpenResources;
  /** Jest's folder: its reporters name files relative to that. A test may change the process's. */
  readonly #folder: string;
  #run: RunTools;

  private constructor(options: WorkerLoopOptions, {journalPath, modules}: WorkerSetup, run: RunTools) {
    this.#options = options;
    this.#folder = process.cwd();
    this.#journal = new Journal(journalPath);
    this.#resources = new OpenResources();
    this.#format = formatOf(modules.testWorker);
    this.#run = run;
  }

  /** Loads Jest. The parent knows of the worker, and gives it work meanwhile. */
  static async load(options: WorkerLoopOptions, setup: WorkerSetup): Promise<WorkerLoop> {
    const phases = phasesOf(options.watchdog, setup);
    phases.workerStarts();
    const files = await JestFileRunner.load(setup);
    options.exit.listenersAreDeadly();
    return new WorkerLoop(options, setup, {files, phases, heapLimitBytes: setup.heapLimitBytes});
  }

  /** What the tests have opened and not closed. */
  get resources(): OpenResources {
    return this.#resources;
  }

  /** Resolves when the worker takes no more work. */
  async serve(): Promise<void> {
    do {
      if (await this.#runUnits()) break;
    } while (await this.#beginNextRun());
    this.#run.phases.fileEnds();
  }

  /** The process runs no further file: saves what later processes use. */
  filesEnd(): void {
    this.#run.files.filesEnd();
  }

  /** @returns whether the worker retires; if not, the parent has no more work for it in this run */
  async #runUnits(): Promise<boolean> {
    const {orders, line} = this.#options;
    for (;;) {
      this.#run.phases.waitsForFile();
      const unit = await orders.nextUnit();
      if (unit === null) return false;
      const done = await this.#runUnit(unit);
      await sendDone(line, done, this.#format);
      if (done.retiring) return true;
    }
  }

  async #runUnit(unit: UnitOrder): Promise<UnitDone> {
    const {orders, line} = this.#options;
    const {files, phases, heapLimitBytes} = this.#run;
    const sliced = unit.split && this.#slicedFile(unit.id, unit.split);
    if (sliced !== null) orders.opens(unit.id, sliced);
    const canFollow = files.canFollow(unit.configId);
    if (canFollow) this.#journal.begin(unit.id);
    else this.#journal.skip();
    const followed = sliced ?? new FollowedFile(this.#journal, phases, unit.snapshots === 'keep-obsolete');
    this.#resources.fileBegins();
    const shown = relative(this.#folder, unit.path);
    phases.tellsBegin(shown);
    await line.send({type: 'unit-started', unit: unit.id});
    const file = canFollow ? followed : null;
    phases.fileBegins(shown, unit.hardTimeoutMs, file !== null);
    const done = await runUnit({files, unit, sliced, file, heapLimitBytes, format: this.#format});
    orders.unitEnded();
    phases.tellsEnd();
    this.#resources.fileEnded(unit.path);
    return done;
  }

  #slicedFile(unit: number, order: SplitOrder): SlicedFile {
    const {line} = this.#options;
    return new SlicedFile({
      unit,
      order,
      journal: this.#journal,
      phases: this.#run.phases,
      send: message => void line.send(message).catch(() => undefined), // if the parent is gone, 'close' follows
      now: monotonicMs,
      listen: nextTurn,
    });
  }

  /** @returns whether there is a next run for this process */
  async #beginNextRun(): Promise<boolean> {
    const {between, stay, orders, line, exit, watchdog, leave} = this.#options;
    this.#run.phases.fileEnds(); // the parent waits for the process's end, and no longer than that may take
    if (between === null) return false;
    const setup = await stay.untilNextRun({
      between,
      line,
      resources: this.#resources,
      filesEnd: () => this.filesEnd(),
      leave,
    });
    if (setup === null) return false;
    orders.beginRun();
    const files = await JestFileRunner.load(setup);
    this.#run = {files, phases: phasesOf(watchdog, setup), heapLimitBytes: setup.heapLimitBytes};
    exit.listenersAreDeadly();
    await line.send({type: 'ready'});
    return true;
  }
}

function phasesOf(watchdog: Watchdog, {slowTimeoutMs, hardTimeoutMs}: WorkerSetup): Phases {
  return new Phases(watchdog, {slowMs: slowTimeoutMs, hardMs: hardTimeoutMs});
}

/** The loop of a worker over units: takes the next unit, runs it, and sends the news of its end. */
import type {CutTests} from '../core/wire/fileCut';
import type {SplitOrder, UnitOrder, WorkerSetup} from '../core/wire/workerMessages';
import {monotonicMs, nextTurn} from '../pristine/clock';
import {dirname, relative} from '../pristine/path';
import {CutFile} from './circus/cutFile';
import {FollowedFile} from './circus/followedFile';
import {SlicedFile} from './circus/slicedFile';
import type {CircusFile} from './circus/testFramework';
import type {ExitRecorder} from './guard/exitRecord';
import {Journal} from './guard/journal';
import {OpenResources} from './guard/openResources';
import {Phases} from './guard/phases';
import type {Watchdog} from './guard/watchdog';
import {JestFileRunner} from './jestFile';
import type {Orders} from './orders';
import type {ParentLine} from './parentLine';
import {FileProfiler} from './profile/fileProfiler';
import {formatOf, type Format} from './thrown';
import {runUnit, sendDone, type UnitDone} from './unitRun';

export interface WorkerLoopOptions {
  readonly line: ParentLine;
  readonly orders: Orders;
  readonly watchdog: Watchdog;
  readonly exit: ExitRecorder;
}

export class WorkerLoop {
  readonly #options: WorkerLoopOptions;
  readonly #journal: Journal;
  readonly #format: Format;
  readonly #resources: OpenResources;
  /** Jest's folder. Its reporters print paths relative to it. A test may change the process's directory. */
  readonly #folder: string;
  readonly #files: JestFileRunner;
  readonly #phases: Phases;
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly #heapLimitBytes: number | null;
  /** Whether the parent wants to know which modules are loaded, and how many the worker has reported. */
  readonly #tellsLoaded: boolean;
  #modulesTold = 0;

  private constructor(options: WorkerLoopOptions, setup: WorkerSetup, files: JestFileRunner, phases: Phases) {
    this.#options = options;
    this.#folder = process.cwd();
    this.#journal = new Journal(setup.journalPath);
    options.exit.beforeExit(() => this.#journal.flush());
    this.#resources = new OpenResources();
    this.#format = formatOf(setup.modules.testWorker);
    this.#files = files;
    this.#phases = phases;
    this.#heapLimitBytes = setup.heapLimitBytes;
    this.#tellsLoaded = setup.tellsLoaded;
  }

  /** Loads Jest. The parent already knows the worker, and gives it work meanwhile. */
  static async load(options: WorkerLoopOptions, setup: WorkerSetup): Promise<WorkerLoop> {
    const {slowTimeoutMs, hardTimeoutMs} = setup;
    const profiler = new FileProfiler(require.resolve('jest-runtime', {paths: [dirname(setup.modules.testWorker)]}));
    const phases = new Phases(options.watchdog, {slowMs: slowTimeoutMs, hardMs: hardTimeoutMs}, profiler);
    phases.workerStarts();
    const files = await JestFileRunner.load(setup, profiler);
    options.exit.listenersAreDeadly();
    return new WorkerLoop(options, setup, files, phases);
  }

  /** The resources that the tests have opened and not closed. */
  get resources(): OpenResources {
    return this.#resources;
  }

  /** Resolves when the worker takes no more work. */
  async serve(): Promise<void> {
    const {orders, line} = this.#options;
    for (;;) {
      this.#phases.waitsForFile();
      const unit = await orders.nextUnit();
      if (unit === null) break;
      const done = await this.#runUnit(unit);
      if (this.#tellsLoaded) await this.#tellLoaded();
      await sendDone(line, done, this.#format);
      if (done.retiring) break;
    }
    this.#phases.fileEnds(); // the parent now waits for the process's end, and has its own limit
  }

  /** The process runs no further file: saves what later processes use. */
  filesEnd(): void {
    this.#files.filesEnd();
  }

  async #runUnit(unit: UnitOrder): Promise<UnitDone> {
    const {orders, line} = this.#options;
    const [files, phases] = [this.#files, this.#phases];
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
    const file = this.#cut(unit, canFollow ? followed : null);
    phases.fileBegins(shown, unit.hardTimeoutMs, canFollow);
    const done = await runUnit({
      files,
      unit,
      sliced,
      file,
      heapLimitBytes: this.#heapLimitBytes,
      format: this.#format,
    });
    orders.unitEnded();
    phases.tellsEnd();
    this.#resources.fileEnded(unit.path);
    return done;
  }

  #cut({id, cut}: UnitOrder, file: CircusFile | null): CircusFile | null {
    if (cut === null) return file;
    // The parent must know the tests before one of them can end the process.
    const onCut = (tests: CutTests) => this.#options.line.send({type: 'unit-cut', unit: id, tests});
    return new CutFile({cut, file, onCut});
  }

  #slicedFile(unit: number, order: SplitOrder): SlicedFile {
    const {line} = this.#options;
    return new SlicedFile({
      unit,
      order,
      journal: this.#journal,
      phases: this.#phases,
      send: message => void line.send(message).catch(() => undefined), // if the parent is gone, 'close' follows
      now: monotonicMs,
      listen: nextTurn,
    });
  }

  /** Tells the parent which modules other processes may load ahead, if this process has loaded new ones. */
  async #tellLoaded(): Promise<void> {
    const loaded = Object.keys(require.cache);
    if (loaded.length === this.#modulesTold) return;
    this.#modulesTold = loaded.length;
    const {aheadModules} = require('./ahead/aheadModules') as typeof import('./ahead/aheadModules');
    await this.#options.line.send({type: 'loaded', modules: aheadModules(loaded)});
  }
}

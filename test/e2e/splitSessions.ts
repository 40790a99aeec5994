/**
 * A child process that runs test files with the worker's own code and an install's real Jest. It runs a file whole, and
 * in several sessions one after the other. In the sessions, it plays the parent's part according to a plan. Its
 * arguments are the install's folder and the project's; it answers every case that it gets.
 */
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import type {TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import type * as Merge from '../../src/core/results/merge';
import type * as Protocol from '../../src/core/wire/workerMessages';
import type {Granularity} from '../../src/core/plan/units';
import type * as SnapshotFile from '../../src/run/files/snapshotFile';
import type * as JestFile from '../../src/worker/jestFile';
import type * as Followed from '../../src/worker/circus/followedFile';
import type * as Journals from '../../src/worker/guard/journal';
import type * as PhasesModule from '../../src/worker/guard/phases';
import type * as Sliced from '../../src/worker/circus/slicedFile';

/** When a batch of tests is given: as soon as the file is open, at news of it, when its messages are read, or when it waits. */
export type Moment = 'at once' | 'at news' | 'while reading' | 'when waiting';

export interface SessionPlan {
  readonly batches: readonly {readonly size: number; readonly moment: Moment}[];
  /** Whether the last batch says that it is the last one; else an empty one does. */
  readonly lastSaysSo: boolean;
  /** How far (ms) its clock goes on each time it is read. */
  readonly clockStep: number;
}

export interface SplitCase {
  readonly name: string;
  readonly source: string;
  /** An earlier state of the file, which has left its snapshots. */
  readonly earlier: string | null;
  readonly updateSnapshot: Config.SnapshotUpdateState;
  readonly pattern: string | null;
  readonly granularity: Granularity;
  /** By group: the session that it is given to. */
  readonly owners: readonly number[];
  readonly sessions: readonly SessionPlan[];
  /** One session more, with the first one's tests, that is discarded after so many messages. */
  readonly discardAfter: number | null;
}

/** What can be seen of one worker's run of a file. */
export interface FileRun {
  readonly result: TestResult | null;
  readonly error: string | null;
  readonly probes: readonly string[];
}

export interface SplitAnswer {
  readonly tests: readonly Protocol.CollectedTest[];
  readonly whole: FileRun & {readonly snapshots: string | null};
  readonly merged: {
    readonly result: TestResult | null;
    readonly error: string | null;
    readonly snapshots: string | null;
  };
  readonly sessions: readonly (FileRun & {readonly slice: Protocol.Slice | null})[];
  readonly discarded: FileRun | null;
}

/** Where Jest's own events of tests are cut: `test-case-start` and `-result` come in between. */
export type FromSessions =
  {readonly type: 'begins'; readonly who: string} | {readonly type: 'answer'; readonly answer: SplitAnswer};

type Opened = Extract<Protocol.FromWorker, {type: 'unit-opened'}>;

const HANGS_AFTER_MS = 20_000;

const [install = '', root = ''] = process.argv.slice(2);
const fromInstall = createRequire(join(install, 'package.json'));
const fromRunner = (path: string): unknown =>
  fromInstall(join(install, 'node_modules', 'jest-runner-xdist', 'dist', path));
const fromJest = createRequire(fromInstall.resolve('jest'));
const fromCore = createRequire(fromJest.resolve('@jest/core'));

const {mergeSlices} = fromRunner('core/results/merge.js') as typeof Merge;
const {parseFromWorker, parseToWorker} = fromRunner('core/wire/workerMessages.js') as typeof Protocol;
const {saveSnapshots} = fromRunner('run/files/snapshotFile.js') as typeof SnapshotFile;
const {JestFileRunner} = fromRunner('worker/jestFile.js') as typeof JestFile;
const {SlicedFile} = fromRunner('worker/circus/slicedFile.js') as typeof Sliced;
const {FollowedFile} = fromRunner('worker/circus/followedFile.js') as typeof Followed;
const {Journal} = fromRunner('worker/guard/journal.js') as typeof Journals;
const {Phases} = fromRunner('worker/guard/phases.js') as typeof PhasesModule;
/** Nobody watches. */
const phases = new Phases({begin: () => undefined, idle: () => undefined}, {slowMs: 0, hardMs: 0});
const {SnapshotState} = fromCore('jest-snapshot') as {SnapshotState: SnapshotFile.SnapshotStateClass};

interface Configs {
  readonly globalConfig: Config.GlobalConfig;
  readonly configs: readonly Config.ProjectConfig[];
}

const configs: Promise<Configs> = (
  fromCore('jest-config') as {readConfigs(argv: object, projects: readonly string[]): Promise<Configs>}
).readConfigs({_: [], $0: '', ci: false}, [root]);

/** What goes between processes does so as JSON. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

async function makeRunner({updateSnapshot, pattern}: Pick<SplitCase, 'updateSnapshot' | 'pattern'>) {
  const {globalConfig, configs: all} = await configs;
  const [config] = all;
  if (config === undefined) throw new Error('no config');
  const setup = sent({
    compileCache: null,
    modules: {testWorker: join(dirname(fromCore.resolve('jest-runner')), 'testWorker.js')},
    globalConfig: {...globalConfig, updateSnapshot, testNamePattern: pattern ?? '', verbose: false},
    context: {},
    serializableResolvers: [
      {config, serializableModuleMap: {duplicates: [], map: [], mocks: [], rootDir: config.rootDir}},
    ],
  });
  return {config, runner: await JestFileRunner.load(setup as unknown as Protocol.WorkerSetup)};
}

const tell = (message: FromSessions) => process.send?.(message);

class CaseRun {
  readonly #case: SplitCase;
  readonly #file: string;
  readonly #snapshotFile: string;

  constructor(one: SplitCase) {
    this.#case = one;
    this.#file = join(root, one.name);
    this.#snapshotFile = this.#snapshotsOf(this.#file);
  }

  async run(): Promise<SplitAnswer> {
    const {earlier, source, sessions: plans, discardAfter} = this.#case;
    let snapshots: string | null = null;
    if (earlier !== null) {
      const file = join(root, `earlier-${this.#case.name}`);
      writeFileSync(file, earlier);
      await this.#runWhole(file, {updateSnapshot: 'new', pattern: null});
      snapshots = read(this.#snapshotsOf(file));
      for (const left of [file, this.#snapshotsOf(file)]) rmSync(left, {force: true});
    }
    writeFileSync(this.#file, source);
    this.#putSnapshots(snapshots);
    tell({type: 'begins', who: 'whole'});
    const whole = {...(await this.#runWhole(this.#file, this.#case)), snapshots: read(this.#snapshotFile)};
    this.#putSnapshots(snapshots);

    const sessions: (FileRun & {slice: Protocol.Slice | null})[] = [];
    let opened: Opened | null = null;
    for (const [number, plan] of plans.entries()) {
      tell({type: 'begins', who: `session ${number}`});
      const {found, ...run} = await this.#runSession(
        number,
        plan,
        number === 0 ? null : (opened?.fingerprint ?? ''),
        null,
      );
      if (number === 0 && found !== null) opened = found;
      sessions.push(run);
    }
    const tests = opened?.tests ?? [];
    let discarded: FileRun | null = null;
    const [first] = plans;
    if (discardAfter !== null && first !== undefined) {
      tell({type: 'begins', who: 'discarded'});
      discarded = await this.#runSession(0, first, opened?.fingerprint ?? '', discardAfter);
    }
    tell({type: 'begins', who: 'merge'});
    let merged: SplitAnswer['merged'];
    try {
      if (read(this.#snapshotFile) !== snapshots) throw new Error('a session has written to the snapshots');
      merged = {result: sent(await this.#merge(sessions, tests)), error: null, snapshots: read(this.#snapshotFile)};
    } catch (error) {
      merged = {result: null, error: textOf(error), snapshots: null};
    }
    this.#putSnapshots(null);
    rmSync(this.#file, {force: true});
    return {tests, whole, merged, sessions, discarded};
  }

  #snapshotsOf(file: string): string {
    return join(dirname(file), '__snapshots__', `${basename(file)}.snap`);
  }

  #putSnapshots(text: string | null): void {
    if (text === null) return rmSync(this.#snapshotFile, {force: true});
    mkdirSync(dirname(this.#snapshotFile), {recursive: true});
    writeFileSync(this.#snapshotFile, text);
  }

  async #runWhole(path: string, options: Pick<SplitCase, 'updateSnapshot' | 'pattern'>): Promise<FileRun> {
    const {config, runner} = await makeRunner(options);
    const end = await runner.run(
      {
        id: 0,
        configId: config.id,
        path,
        hardTimeoutMs: null,
        split: null,
        cut: null,
        fixtures: null,
        snapshots: 'as-configured',
      },
      new FollowedFile(new Journal(''), phases),
    );
    return {...outcome(end), probes: takeProbes(path)};
  }

  /** @param collected the fingerprint of what the first session found; null: this is the first */
  async #runSession(number: number, plan: SessionPlan, collected: string | null, discardAfter: number | null) {
    const {config, runner} = await makeRunner(this.#case);
    const split = {granularity: this.#case.granularity, grouping: 'none' as const, collected, resumes: null};
    const feeder = new Feeder(plan, group => this.#case.owners[group] ?? 0, number, discardAfter);
    let time = 0;
    const file = new SlicedFile({
      unit: 7,
      order: split,
      journal: new Journal(''), // never begun: it keeps nothing
      phases,
      send: message => feeder.hear(parseFromWorker(sent(message))),
      now: () => (time += plan.clockStep),
      listen: () => feeder.read(),
    });
    feeder.start(file, collected !== null ? this.#groups : null);
    let timer: NodeJS.Timeout | undefined;
    const hangs = new Promise<JestFile.FileEnd>(resolve => {
      timer = setTimeout(
        () => resolve({thrown: new Error(`hangs: ${feeder.describe()}`), profile: null}),
        HANGS_AFTER_MS,
      );
    });
    const end = await Promise.race([
      runner.run(
        {
          id: 7,
          configId: config.id,
          path: this.#file,
          hardTimeoutMs: null,
          split,
          cut: null,
          fixtures: null,
          snapshots: 'as-configured',
        },
        file,
      ),
      hangs,
    ]);
    clearTimeout(timer);
    this.#groups ??= feeder.groups;
    const run = {...outcome(end), probes: takeProbes(this.#file)};
    let slice: Protocol.Slice | null = null;
    let error = run.error ?? feeder.error;
    try {
      if ('result' in end) slice = sent(file.slice(end.result));
    } catch (thrown) {
      error ??= textOf(thrown);
    }
    return {...run, error, slice, found: feeder.opened};
  }

  #groups: readonly number[] | null = null;

  async #merge(sessions: SplitAnswer['sessions'], tests: SplitAnswer['tests']): Promise<TestResult> {
    const {updateSnapshot} = this.#case;
    const {globalConfig, configs: all} = await configs;
    const {snapshotFormat, rootDir} = all[0]!;
    const {expand} = globalConfig;
    const slices = sessions.map(({result, slice, error}, number) => {
      if (result === null || slice === null || error !== null)
        throw new Error(error ?? `session ${number} has no slice`);
      return {slot: number + 1, result, slice, apart: 'split' as const};
    });
    return mergeSlices(slices, tests, {
      mergeCoverage: () => ({}),
      mergeV8Coverage: () => [],
      saveSnapshots: changes =>
        saveSnapshots(changes, {updateSnapshot, expand, snapshotFormat, rootDir, prettierPath: null}, SnapshotState),
      slowTestThresholdS: 5,
    });
  }
}

/** The parent's part towards one session. */
class Feeder {
  opened: Opened | null = null;
  error: string | null = null;
  groups: readonly number[] = [];
  readonly #plan: SessionPlan;
  readonly #ownerOf: (group: number) => number;
  readonly #number: number;
  readonly #discardAfter: number | null;
  #file: Sliced.SlicedFile | null = null;
  #batches: {readonly groups: readonly number[]; readonly moment: Moment; readonly last: boolean}[] = [];
  #heard = 0;
  #log: string[] = [];

  constructor(plan: SessionPlan, ownerOf: (group: number) => number, number: number, discardAfter: number | null) {
    this.#plan = plan;
    this.#ownerOf = ownerOf;
    this.#number = number;
    this.#discardAfter = discardAfter;
  }

  /** @param groups of the file's tests; null: not known yet */
  start(file: Sliced.SlicedFile, groups: readonly number[] | null): void {
    this.#file = file;
    if (groups !== null) this.groups = groups;
    if (this.#discardAfter === 0) file.discard();
  }

  hear(message: Protocol.FromWorker): void {
    this.#log.push(JSON.stringify(message).slice(0, 120));
    if (++this.#heard === this.#discardAfter) this.#file?.discard();
    if (message.type === 'unit-opened') {
      if (this.#number > 0 && message.tests !== null) this.error = 'another session has found other tests';
      this.opened = message;
      if (message.tests !== null) {
        this.groups = [...new Set(message.tests.flatMap(({group}) => group ?? []))].sort((a, b) => a - b);
      }
      this.#deal();
      this.#later(() => this.#give('at once'));
    } else if (message.type === 'unit-indivisible') {
      this.error = message.reason;
    } else if (message.type === 'tests-progress') {
      const {running} = message;
      if (running === null) this.#later(() => this.#give('when waiting'));
      else this.#later(() => this.#give('at news'));
    }
  }

  /** The worker reads what has arrived. */
  async read(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve));
    this.#give('while reading');
  }

  describe(): string {
    return JSON.stringify({left: this.#batches, log: this.#log}, null, 1);
  }

  #deal(): void {
    const mine = this.groups.filter(group => this.#ownerOf(group) === this.#number);
    for (const {size, moment} of this.#plan.batches) {
      if (mine.length > 0) this.#batches.push({groups: mine.splice(0, size), moment, last: false});
    }
    if (mine.length > 0) this.#batches.push({groups: mine, moment: 'when waiting', last: false});
    const last = this.#plan.lastSaysSo ? this.#batches.pop() : undefined;
    this.#batches.push({groups: last?.groups ?? [], moment: last?.moment ?? 'when waiting', last: true});
    // It says nothing of waiting for its first tests: it has opened the file.
    this.#batches[0] = {...this.#batches[0]!, moment: 'at once'};
  }

  #give(moment: Moment): void {
    const waits = moment === 'when waiting';
    if (!waits && this.#batches[0]?.moment !== moment) return;
    do {
      const batch = this.#batches.shift();
      if (batch === undefined) return;
      const {groups, last} = batch;
      this.#log.push(`give ${groups.join(' ')}${last ? ' last' : ''}`);
      const order = parseToWorker(JSON.stringify({type: 'give-tests', unit: 7, groups, last}));
      if (order.type === 'give-tests') this.#file?.give(order.groups, order.last);
    } while (this.#batches[0]?.moment === 'at once');
  }

  #later(act: () => void): void {
    setImmediate(act);
  }
}

function outcome(end: JestFile.FileEnd): {result: TestResult | null; error: string | null} {
  return 'result' in end ? {result: sent(end.result), error: null} : {result: null, error: textOf(end.thrown)};
}

function textOf(error: unknown): string {
  const {stack, message} = error as {stack?: string; message?: string};
  return stack ?? message ?? String(error);
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function takeProbes(path: string): string[] {
  const lines = (read(`${path}.probe`) ?? '').split('\n').filter(line => line !== '');
  rmSync(`${path}.probe`, {force: true});
  return lines;
}

process.on('message', (one: SplitCase) => {
  new CaseRun(one).run().then(
    answer => tell({type: 'answer', answer}),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

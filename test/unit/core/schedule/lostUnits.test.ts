import type {AssertionResult} from '@jest/test-result';
import type {JournalRecord, SnapshotActivity} from '../../../../src/core/wire/journal';
import type {JournalTest} from '../../../../src/core/wire/journalTest';
import {
  deadConsole,
  deadSession,
  digestOf,
  readContent,
  snapshotsOf,
  type DeadSession,
} from '../../../../src/core/results/deadSession';
import {
  diedTogether,
  hasRemains,
  hasRest,
  loseSession,
  newLostUnit,
  notRunOf,
  resumptionOf,
  settle,
} from '../../../../src/core/schedule/lostUnits';

type Opened = Extract<JournalRecord, {type: 'opened'}>;
type Console = Opened['console'];

const unit: JournalRecord = {type: 'unit', unit: 0, at: 1000};
const names = (...modes: (JournalTest['mode'] | 'early')[]): JournalTest[] =>
  modes.map((mode, place) => ({
    titles: ['block', `test ${place}`],
    mode: mode === 'early' ? 'run' : mode,
    early: mode === 'early',
  }));
const six = names('run', 'run', 'run', 'run', 'run', 'run');
const opened = (tests = six, fields: Partial<Opened> = {}): Opened => ({
  type: 'opened',
  listing: 'f00',
  tests,
  ms: 10,
  console: [],
  snapshots: null,
  ...fields,
});
const began = (place: number): JournalRecord => ({type: 'test', place, at: 1000 + place, rss: 7});
const ended = (
  place: number,
  fields: {status?: AssertionResult['status']; console?: Console; snapshots?: SnapshotActivity} = {},
): JournalRecord => ({
  type: 'ended',
  place,
  willRetry: false,
  result: {fullName: `block test ${place}`, status: fields.status ?? 'passed'} as AssertionResult,
  console: fields.console ?? [],
  snapshots: fields.snapshots ?? null,
});
const ran = (...places: number[]) => places.flatMap(place => [began(place), ended(place)]);
const hook = (which: 'beforeAll' | 'afterAll', from = 0, to = 6): JournalRecord => ({
  type: 'hook',
  hook: which,
  titles: ['block'],
  from,
  to,
});
const hookEnded: JournalRecord = {type: 'hook-ended'};
const finished: JournalRecord = {type: 'finished'};

/** A worker's death, and the journal that it left. */
interface LostSession {
  readonly slot: number;
  readonly journal: readonly JournalRecord[];
  readonly shared: boolean;
  readonly innocent: boolean;
  /** What took too long, because of which it was killed; null: that is not how it died. */
  readonly hung: string | null;
}

/** The policy over journals, as the scheduler and dispatch use it together. */
class Salvage {
  readonly lost;
  readonly #sessions = new Map<number, DeadSession>();
  #parts = 0;

  constructor(resumes: boolean) {
    this.lost = newLostUnit(resumes);
  }

  lose({slot, journal, shared, innocent, hung}: LostSession): string {
    const part = ++this.#parts;
    const digest = digestOf(journal, hung);
    const fate = loseSession(this.lost, {digest, part, shared, innocent, hung: hung !== null && !innocent});
    const content = readContent(journal);
    if (fate.type === 'kept' && fate.blamed !== null && content !== null) {
      this.#sessions.set(part, deadSession(slot, content, fate.blamed));
    }
    return fate.type;
  }

  reported(places: readonly number[]): void {
    settle(this.lost, places);
  }

  get sessions(): DeadSession[] {
    return this.lost.deaths.map(part => this.#sessions.get(part)!);
  }

  get together(): DeadSession[] {
    return diedTogether(this.lost).map(part => this.#sessions.get(part)!);
  }

  get hasRest(): boolean {
    return hasRest(this.lost);
  }

  get isEmpty(): boolean {
    return !hasRemains(this.lost);
  }

  get notRun(): number[] {
    return notRunOf(this.lost);
  }

  get loads(): number {
    return this.lost.loads;
  }

  get listed(): string | null {
    return this.lost.listed?.listing ?? null;
  }

  resumption() {
    return resumptionOf(this.lost);
  }

  giveUp(): void {
    this.lost.givenUp = true;
  }
}

/** The death of a worker that had loaded the file and done this. */
const death = (lines: readonly JournalRecord[], fields: Partial<LostSession> = {}): LostSession => ({
  slot: 1,
  journal: [unit, opened(), ...lines],
  shared: false,
  innocent: false,
  hung: null,
  ...fields,
});
const atLoad = (fields: Partial<LostSession> = {}) => death([], {journal: [unit], ...fields});

/** What has come of a file whose workers died so. */
function salvage(...deaths: LostSession[]): Salvage {
  const salvaged = new Salvage(true);
  for (const one of deaths) expect(salvaged.lose(one)).toBe('kept');
  return salvaged;
}

const last = (salvaged: Salvage): DeadSession => salvaged.sessions.at(-1)!;
/** What is to be run next, of a file of six tests. */
const next = (salvaged: Salvage) =>
  salvaged.hasRest
    ? [0, 1, 2, 3, 4, 5].filter(place => salvaged.resumption()?.leaveOut.includes(place) === false)
    : null;

describe('the crash item', () => {
  test.each<[string, JournalRecord[], DeadSession['crash'], readonly number[], readonly number[] | null]>([
    ['a test that ran', [...ran(0), began(1)], {type: 'test', place: 1, hook: null}, [1], [2, 3, 4, 5]],
    [
      'a test that ran as the last one',
      [...ran(0, 1, 2, 3, 4), began(5)],
      {type: 'test', place: 5, hook: null},
      [5],
      null,
    ],
    [
      'a test that ran once more',
      [...ran(0), began(1), ended(1, {status: 'failed'}), began(1)],
      {type: 'test', place: 1, hook: null},
      [1],
      [2, 3, 4, 5],
    ],
    ['nothing, before the first test', [], {type: 'between', after: null}, [], [0, 1, 2, 3, 4, 5]],
    ['nothing, between two', ran(0, 3), {type: 'between', after: 3}, [], [1, 2, 4, 5]],
    ['nothing, after a hook', [hook('beforeAll'), hookEnded], {type: 'between', after: null}, [], [0, 1, 2, 3, 4, 5]],
    ['the teardown', [...ran(0, 1, 2, 3, 4, 5), finished], {type: 'teardown'}, [], null],
    [
      'a beforeAll hook, of a block',
      [...ran(0), hook('beforeAll', 1, 3)],
      {type: 'hook', hook: 'beforeAll', titles: ['block']},
      [1, 2],
      [3, 4, 5],
    ],
    [
      'a beforeAll hook, after some of its tests',
      [...ran(1), hook('beforeAll', 0, 3)],
      {type: 'hook', hook: 'beforeAll', titles: ['block']},
      [0, 2],
      [3, 4, 5],
    ],
    [
      'an afterAll hook',
      [...ran(0, 1), hook('afterAll', 0, 2)],
      {type: 'hook', hook: 'afterAll', titles: ['block']},
      [],
      [2, 3, 4, 5],
    ],
    [
      'a test, whatever hook ran before',
      [hook('beforeAll'), hookEnded, began(0)],
      {type: 'test', place: 0, hook: null},
      [0],
      [1, 2, 3, 4, 5],
    ],
  ])('is %s', (_what, lines, crash, failed, rest) => {
    const salvaged = salvage(death(lines));
    expect(last(salvaged)).toMatchObject({crash, failed, slot: 1, startedAt: 1000});
    expect(next(salvaged)).toEqual(rest);
  });

  test('is nothing of the file if another one was to blame: what ran is run again', () => {
    const salvaged = salvage(death([...ran(0), began(1), began(2)], {innocent: true}));
    expect(last(salvaged)).toMatchObject({crash: {type: 'innocent'}, failed: []});
    expect(next(salvaged)).toEqual([1, 2, 3, 4, 5]);
  });

  test('is no test of a block that nobody runs', () => {
    const tests = names('run', 'skip', 'todo', 'run');
    const salvaged = salvage(death([], {journal: [unit, opened(tests), hook('beforeAll', 0, 4)]}));
    expect(last(salvaged).failed).toEqual([0, 3]);
    // They have no result, and nothing is to be run for that.
    expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2]});
  });
});

describe('what had ended', () => {
  test('is kept with its last result', () => {
    const salvaged = salvage(death([began(0), ended(0, {status: 'failed'}), ...ran(0, 1)]));
    const {ended: results, began: order} = last(salvaged);
    expect([...results].map(([place, {result}]) => [place, result.status])).toEqual([
      [0, 'passed'],
      [1, 'passed'],
    ]);
    expect(order).toEqual([0, 1]);
  });

  test('is not what has begun once more', () => {
    expect([...last(salvage(death([...ran(0, 1), began(0)]))).ended.keys()]).toEqual([1]);
  });

  test('is left out of what is run next, as is what others have reported', () => {
    const salvaged = salvage(death(ran(0)));
    salvaged.reported([4]);
    expect(salvaged.resumption()).toEqual({listing: 'f00', leaveOut: [0, 4]});
    expect(salvaged.notRun).toEqual([1, 2, 3, 5]);
    salvaged.reported([1, 2, 3, 5]);
    expect(salvaged).toMatchObject({hasRest: false, notRun: []});
  });

  test('says what its console and the loading wrote, and of which test that was', () => {
    const line = (message: string) => [{message, origin: '', type: 'log' as const}];
    const session = last(
      salvage(
        death([], {
          journal: [unit, opened(six, {console: line('load')}), ...ran(2), began(1), ended(1, {console: line('one')})],
        }),
      ),
    );
    expect(deadConsole(session)).toEqual({entries: [...line('load'), ...line('one')], places: [-1, 1]});
  });
});

describe('several tests that ran when a worker died', () => {
  const both = [...ran(0), began(1), began(2)];

  test('are run alone, one after the other; then the others', () => {
    const salvaged = salvage(death(both));
    expect(last(salvaged)).toMatchObject({crash: {type: 'together', places: [1, 2]}, failed: []});
    expect(next(salvaged)).toEqual([1]);
    salvaged.reported([1]);
    expect(next(salvaged)).toEqual([2]);
    expect(salvaged.together).toEqual([]);
    salvaged.reported([2]);
    expect(next(salvaged)).toEqual([3, 4, 5]);
    // None did it again: that is the file's failure.
    expect(salvaged.together).toEqual([salvaged.sessions[0]]);
  });

  test('of these the one is to blame that does it again', () => {
    const salvaged = salvage(death(both));
    salvaged.reported([1]);
    salvaged.lose(death([began(2)]));
    expect(last(salvaged)).toMatchObject({crash: {type: 'test', place: 2, hook: null}, failed: [2]});
    expect(next(salvaged)).toEqual([3, 4, 5]);
    expect(salvaged.together).toEqual([]);
  });

  test('one that ended alone, in a worker that died then, is not run once more', () => {
    const salvaged = salvage(death(both), death([...ran(1), finished]));
    expect(next(salvaged)).toEqual([2]);
    salvaged.lose(death(ran(2)));
    expect(next(salvaged)).toEqual([3, 4, 5]);
    expect(salvaged.together).toEqual([salvaged.sessions[0]]);
  });

  test('nor one that a hook has failed meanwhile: that explains it', () => {
    const salvaged = salvage(death(both), death([hook('beforeAll', 1, 3)]));
    expect(last(salvaged).failed).toEqual([1, 2]);
    expect(next(salvaged)).toEqual([3, 4, 5]);
    expect(salvaged.together).toEqual([]);
  });

  test('in one worker do not make forget those in another', () => {
    const shared = {shared: true};
    const salvaged = salvage(death(both, shared), death([began(3), began(4)], {...shared, slot: 2}));
    const alone: unknown[] = [];
    for (let run = next(salvaged); run?.length === 1 && run[0] !== 5; run = next(salvaged)) {
      alone.push(run[0]);
      salvaged.reported(run);
    }
    expect(alone).toEqual([1, 2, 3, 4]);
    expect(next(salvaged)).toEqual([5]);
    expect(salvaged.together).toEqual(salvaged.sessions);
  });

  test('have all failed if nothing is run again', () => {
    const salvaged = new Salvage(false);
    expect(salvaged.lose(death(both))).toBe('kept');
    expect(last(salvaged)).toMatchObject({crash: {type: 'together', places: [1, 2]}, failed: [1, 2]});
    expect(salvaged).toMatchObject({hasRest: false, notRun: [3, 4, 5], together: []});
  });

  test('are also those that start with the file, and have not ended', () => {
    const early = names('run', 'early', 'early', 'run', 'early', 'run');
    const salvaged = salvage(death([], {journal: [unit, opened(early), ...ran(1), began(0)]}));
    expect(last(salvaged).crash).toEqual({type: 'together', places: [0, 2, 4]});
    // Alone, it starts without them.
    salvaged.lose(death([], {journal: [unit, opened(early), began(0)]}));
    expect(last(salvaged)).toMatchObject({crash: {type: 'test', place: 0, hook: null}, failed: [0]});
    expect(next(salvaged)).toEqual([2]);
  });
});

describe('a worker that dies while it loads the file', () => {
  test('is forgiven once: the file begins anew; then it is to blame', () => {
    const salvaged = new Salvage(true);
    expect(salvaged.lose(atLoad())).toBe('whole');
    expect(salvaged).toMatchObject({isEmpty: true, listed: null});
    expect(salvaged.resumption()).toBeNull();
    expect(salvaged.lose(atLoad())).toBe('blame');
  });

  test.each<[string, JournalRecord[]]>([
    ['no journal', []],
    ['the journal of nothing', [opened()]],
    ['one that breaks off', [unit]],
  ])('leaves %s', (_what, journal) => {
    expect(new Salvage(true).lose(atLoad({journal}))).toBe('whole');
  });

  test('is not forgiven if nothing is run again', () => {
    expect(new Salvage(false).lose(atLoad())).toBe('blame');
  });

  test('is forgiven thrice if another file was to blame', () => {
    const salvaged = new Salvage(true);
    const fates = [1, 2, 3, 4].map(() => salvaged.lose(atLoad({innocent: true})));
    expect(fates).toEqual(['whole', 'whole', 'whole', 'blame']);
  });

  test('is not blamed for one that another file has killed before', () => {
    const salvaged = new Salvage(true);
    expect(salvaged.lose(atLoad({innocent: true}))).toBe('whole');
    expect(salvaged.lose(atLoad())).toBe('whole');
  });

  test('is not forgiven if it hung: so would another', () => {
    expect(new Salvage(true).lose(atLoad({hung: 'a.test.js › (while it is loaded)'}))).toBe('blame');
    const salvaged = salvage(death(ran(0)), atLoad({hung: 'a.test.js › (while it is loaded)'}));
    expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2, 3, 4, 5]});
  });

  test('is counted', () => {
    const salvaged = new Salvage(true);
    expect(salvaged.loads).toBe(0);
    salvaged.lose(atLoad());
    salvaged.lose(atLoad());
    expect(salvaged.loads).toBe(2);
  });

  test('keeps what had ended before', () => {
    const salvaged = salvage(death(ran(0)), atLoad());
    expect(next(salvaged)).toEqual([1, 2, 3, 4, 5]);
    expect(salvaged.lose(atLoad())).toBe('kept');
    expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2, 3, 4, 5]});
  });
});

describe('workers that die one after the other', () => {
  test('are enough when the file has come no further twice', () => {
    const salvaged = salvage(death(ran(0)), death([]));
    expect(salvaged.hasRest).toBe(true);
    expect(salvaged.lose(death([]))).toBe('kept');
    expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2, 3, 4, 5]});
  });

  test('go on for ever as long as each brings it further, whoever has reported that', () => {
    const salvaged = salvage(death([]), death(ran(0)), death([]));
    salvaged.reported([1]);
    expect(salvaged.lose(death([]))).toBe('kept');
    salvaged.reported([2]);
    expect(salvaged.lose(death([]))).toBe('kept');
    expect(next(salvaged)).toEqual([3, 4, 5]);
  });

  test('are blamed for one test each', () => {
    const salvaged = salvage(...[0, 1, 2, 3, 4, 5].map(place => death([began(place)])));
    expect(salvaged.sessions.map(({failed}) => failed)).toEqual([[0], [1], [2], [3], [4], [5]]);
    expect(salvaged).toMatchObject({hasRest: false, notRun: []});
  });

  test('of the faults of other files, may come no further thrice', () => {
    const innocent = {innocent: true};
    const salvaged = salvage(...[1, 2, 3].map(() => death([began(0)], innocent)));
    expect(next(salvaged)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(salvaged.lose(death([began(0)], innocent))).toBe('kept');
    expect(salvaged.hasRest).toBe(false);
  });

  test('find that the file has other tests: nothing more is run, and nothing of that is kept', () => {
    const salvaged = salvage(death(ran(0)));
    const other = opened(six, {listing: 'ba2'});
    expect(salvaged.lose(death([], {journal: [unit, other, ...ran(1)]}))).toBe('kept');
    expect(salvaged.sessions).toHaveLength(1);
    expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2, 3, 4, 5]});
  });
});

describe('a file whose tests are shared', () => {
  test("begins anew if a hook kills, as its other tests are not one worker's", () => {
    const salvaged = new Salvage(true);
    salvaged.reported([0, 1]);
    expect(salvaged.lose(death([hook('beforeAll')], {shared: true}))).toBe('whole');
    // What others had reported is not wanted any more.
    expect(salvaged.lose(death([...ran(2), began(3)]))).toBe('kept');
    expect(next(salvaged)).toEqual([0, 1, 4, 5]);
  });

  test('forgets then what had been kept', () => {
    const salvaged = salvage(death([...ran(0), began(1), began(2)], {shared: true}));
    expect(salvaged.lose(death([hook('afterAll')], {shared: true}))).toBe('whole');
    expect(salvaged).toMatchObject({isEmpty: true, sessions: [], listed: null, together: []});
    expect(salvaged.resumption()).toBeNull();
    salvaged.lose(death([began(0)]));
    expect(next(salvaged)).toEqual([1, 2, 3, 4, 5]);
  });

  test('forgets then, too, how often its workers have died for nothing', () => {
    const salvaged = salvage(death([], {shared: true}), atLoad());
    salvaged.reported([0]);
    expect(salvaged.lose(death([hook('afterAll')], {shared: true}))).toBe('whole');
    expect([salvaged.lose(atLoad()), salvaged.lose(atLoad())]).toEqual(['whole', 'blame']);
    expect(salvaged.loads).toBe(2);
  });

  test('keeps what had ended if another file was to blame', () => {
    expect(next(salvage(death([...ran(0), hook('beforeAll')], {shared: true, innocent: true})))).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});

test("onCrash 'fail-file': what had ended is kept, and nothing more is run", () => {
  const salvaged = new Salvage(false);
  expect(salvaged.lose(death([...ran(0), began(1)]))).toBe('kept');
  expect(last(salvaged).failed).toEqual([1]);
  expect(salvaged).toMatchObject({hasRest: false, notRun: [2, 3, 4, 5]});
});

test('a file that is given up is run no further', () => {
  const salvaged = salvage(death(ran(0)));
  salvaged.giveUp();
  expect(salvaged).toMatchObject({hasRest: false, notRun: [1, 2, 3, 4, 5]});
});

describe('the snapshots of a dead session', () => {
  const activity = (fields: Partial<SnapshotActivity>): SnapshotActivity => ({
    written: {},
    checked: [],
    dirty: false,
    inline: [],
    counts: {added: 0, matched: 0, unmatched: 0, updated: 0},
    ...fields,
  });
  const keys = [
    'block test 0 1',
    'block test 0 2',
    'block test 1 1',
    'block test 1: hint 1',
    'block test 10 1',
    'old 1',
  ];
  const snapshots = (lines: JournalRecord[], failed: string[] = []) =>
    snapshotsOf(
      last(salvage(death([], {journal: [unit, opened(six, {snapshots: {path: '/a.snap', keys}}), ...lines]}))),
      failed,
    );

  test('are what its tests have written, and the counts of the last one', () => {
    const counts = {added: 2, matched: 1, unmatched: 0, updated: 0};
    const result = snapshots([
      began(0),
      ended(0, {snapshots: activity({written: {a: '1', b: '2'}, dirty: true, counts: {...counts, added: 1}})}),
      began(1),
      ended(1, {snapshots: activity({written: {b: null, c: '3'}, dirty: true, inline: ['x'], counts})}),
    ]);
    expect(result.counts).toEqual(counts);
    expect(result.changes).toMatchObject({path: '/a.snap', written: {a: '1', c: '3'}, dirty: true, inline: ['x']});
  });

  test('are obsolete where no test has asked for them', () => {
    const asked = ended(0, {snapshots: activity({checked: ['block test 0 1']})});
    expect(snapshots([began(0), asked]).changes?.unchecked).toEqual(keys.slice(1));
  });

  test.each<[string, JournalRecord[], string[]]>([
    ['failed', [began(1), ended(1, {status: 'failed'})], []],
    ['was skipped', [began(1), ended(1, {status: 'pending'})], []],
    ['was to blame', [began(1)], ['block test 1']],
  ])('are not obsolete where their test %s', (_why, lines, failed) => {
    expect(snapshots(lines, failed).changes?.unchecked).toEqual([
      'block test 0 1',
      'block test 0 2',
      'block test 10 1',
      'old 1',
    ]);
  });

  test('are none where the file has none', () => {
    expect(snapshotsOf(last(salvage(death(ran(0)))), [])).toEqual({
      changes: null,
      counts: {added: 0, matched: 0, unmatched: 0, updated: 0},
    });
  });
});

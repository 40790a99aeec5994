import {hookCrash, notRun, outsideCrash, testCrash, togetherCrash} from '../../../../src/core/texts/crashTexts';
import type {DeathReport} from '../../../../src/core/texts/deaths';
import type {DeadSession} from '../../../../src/core/results/deadSession';
import type {CrashItem} from '../../../../src/core/results/journalDigest';

const MB = 2 ** 20;
const report: DeathReport = {
  death: {kind: 'signal', signal: 'SIGKILL'},
  slot: 2,
  generation: 1,
  pid: 4711,
  stderr: 'last words\n',
};

/** A session of four tests, "a" to "d" in a block, in which some have begun. */
function session(crash: CrashItem, fields: Partial<DeadSession> = {}): DeadSession {
  const tests = ['a', 'b', 'c', 'd'].map(name => ({titles: ['block', name], mode: 'run' as const, early: false}));
  return {
    slot: 2,
    startedAt: 0,
    opened: {type: 'opened', listing: 'f00', tests, ms: 1, console: [], snapshots: null},
    ended: new Map(),
    toRetry: new Map(),
    began: [],
    running: new Map(),
    crash,
    failed: [],
    ...fields,
  };
}

const told = (crash: CrashItem, fields: Partial<DeadSession> = {}, coverage = false) => ({
  session: session(crash, fields),
  report,
  coverage,
});

describe('a test that ran', () => {
  const ran = (began: readonly number[], rss: number, coverage = false) =>
    testCrash(
      2,
      told({type: 'test', place: 2, hook: null}, {began, running: new Map([[2, {at: 0, rss}]]), failed: [2]}, coverage),
    );

  test('is told how its worker died, where, after which tests, and with what last words', () => {
    expect(ran([0, 1, 2], 150.4 * MB)).toBe(
      'The worker process died while this test ran: it was killed by signal SIGKILL.\n' +
        'The test ran in worker w2 (pid 4711), after 2 of the file\'s other tests: "block a", "block b".\n' +
        'When the test began, the worker used 150 MB of memory (RSS).\n\n' +
        'The end of the standard error of worker w2 (pid 4711):\n| last words',
    );
  });

  test('is told if it was the first there', () => {
    expect(ran([2], MB)).toContain("as the first of the file's tests there.\n");
  });

  test('is not told of memory that nobody has measured', () => {
    expect(ran([2], 0)).toContain("The test ran in worker w2 (pid 4711), as the first of the file's tests there.\n");
    expect(testCrash(2, told({type: 'test', place: 2, hook: null}))).not.toContain('memory');
  });

  test('is told that coverage is lost, where that is collected', () => {
    expect(ran([2], 0, true)).toContain('\nThe coverage data of that process is lost.\n');
    expect(ran([2], 0)).not.toContain('coverage');
  });
});

test.each([
  [[], 'beforeAll', 'while a beforeAll hook of the file ran'],
  [['block'], 'beforeAll', 'while a beforeAll hook of "block" ran'],
  [['outer', 'inner'], 'afterAll', 'while an afterAll hook of "outer › inner" ran'],
])('a hook of %j: %s', (titles, hook, text) => {
  expect(hookCrash(titles, hook, told({type: 'between', after: null}))).toContain(
    `The worker process died ${text}: it was killed by signal SIGKILL.\nThe hook ran in worker w2 (pid 4711).\n\n`,
  );
});

describe('what is no failure of a test', () => {
  test.each<[string, CrashItem, string]>([
    ['before the first test', {type: 'between', after: null}, 'while no test ran, before the first test began'],
    ['between two', {type: 'between', after: 1}, 'while no test ran, after "block b"'],
    ['at the end', {type: 'teardown'}, 'after all tests, during the teardown of the test environment'],
    ['in a hook', {type: 'hook', hook: 'afterAll', titles: ['block']}, 'while an afterAll hook of "block" ran'],
  ])('is told of the file: %s', (_when, crash, text) => {
    expect(outsideCrash(told(crash))).toContain(
      `The worker process died ${text}: it was killed by signal SIGKILL.\nThe ${text.includes('hook') ? 'hook' : 'file'} ran in worker w2 (pid 4711).\n\n`,
    );
  });

  test.each<[string, CrashItem, number[]]>([
    ['a test has failed', {type: 'test', place: 1, hook: null}, [1]],
    ['tests are to be run one by one', {type: 'together', places: [1, 2]}, []],
    ['another file was to blame', {type: 'innocent'}, []],
    ["a block's tests have failed", {type: 'hook', hook: 'beforeAll', titles: ['block']}, [0, 1]],
  ])('is not told where %s', (_why, crash, failed) => {
    expect(outsideCrash(told(crash, {failed}))).toBeNull();
  });
});

test('one that hung is said to have hung', () => {
  const hung: DeathReport = {
    ...report,
    death: {
      kind: 'hung',
      name: 'the test "block a"',
      ms: 61_000,
      limitMs: 60_000,
      limitBy: '1.5 x its Jest timeout of 40 s; hardTimeout is 5 s',
      began: true,
      place: {kind: 'native'},
    },
  };
  expect(testCrash(0, {...told({type: 'test', place: 0, hook: null}), report: hung})).toContain(
    'The worker process hung while this test ran: the runner killed it after 61 s (limit: 60 s, ' +
      '1.5 x its Jest timeout of 40 s; hardTimeout is 5 s).\n',
  );
});

test('tests that killed only together are named', () => {
  expect(togetherCrash([1, 3], told({type: 'together', places: [1, 3]}))).toContain(
    'The worker process died while these tests ran at the same time: it was killed by signal SIGKILL.\n' +
      '  "block b", "block d"\n' +
      'The tests ran again, one at a time, and no worker died. Their results are from that second try.\n' +
      'The tests ran in worker w2 (pid 4711).\n',
  );
});

test('a test that was not run says why', () => {
  expect(notRun('no worker is left.')).toBe('This test was not run: no worker is left.');
});

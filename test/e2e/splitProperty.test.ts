/**
 * Splits random suites at random. However a file is split, the merged result equals that of one ordinary run. Most
 * cases run in a child process that plays the parent's part (splitSessions.ts), and a few with the real command. A
 * failing case prints the file's source and the split.
 */
import {fork, type ChildProcess} from 'node:child_process';
import {join} from 'node:path';
import type {AssertionResult, TestResult} from '@jest/test-result';
import fc, {cases} from '../random';
import {expectSameAsStock, withoutSplitNotes} from './parity';
import {JEST_LINES, Project, onEachLine, type JestLine} from './project';
import {print, sometimes, suites, type Block, type Suite, type Test} from './randomSuites';
import {workersOf} from './splitting';
import type {FromSessions, Moment, SessionPlan, SplitAnswer, SplitCase} from './splitSessions';

const CASES = cases(50);
const LONGEST_MS = Math.max(240_000, CASES * 2000);

const sessionPlan: fc.Arbitrary<SessionPlan> = fc.record({
  batches: fc.array(
    fc.record({
      size: fc.integer({min: 1, max: 4}),
      moment: fc.constantFrom<Moment>('at once', 'at news', 'while reading', 'when waiting'),
    }),
    {maxLength: 5},
  ),
  lastSaysSo: fc.boolean(),
  clockStep: fc.constantFrom(0, 4, 30),
});

interface Split extends Pick<SplitCase, 'updateSnapshot' | 'pattern' | 'owners' | 'sessions' | 'discardAfter'> {
  readonly earlier: boolean;
}

const split: fc.Arbitrary<Split> = fc.constantFrom(1, 2, 2, 3, 3, 4).chain(sessions =>
  fc.record({
    earlier: fc.boolean(),
    updateSnapshot: fc.constantFrom('new' as const, 'none' as const, 'all' as const),
    pattern: sometimes(fc.constantFrom('a', 'b$', '^a b', 'e|f', 'no such test')),
    // The file's first worker is given its first tests.
    owners: fc.array(fc.nat(sessions - 1), {minLength: 40, maxLength: 40}).map(([_, ...others]) => [0, ...others]),
    sessions: fc.array(sessionPlan, {minLength: sessions, maxLength: sessions}),
    discardAfter: sometimes(fc.nat(6)),
  }),
);

/** What Jest's own code told the parent while a file ran. */
type JestEvents = Readonly<Record<string, readonly unknown[]>>;

class Sessions {
  readonly project: Project;
  #child: ChildProcess | null = null;
  #number = 0;

  constructor(line: JestLine) {
    this.project = new Project(line, 'split at random', {'environment.js': ENVIRONMENT});
  }

  async run(one: Omit<SplitCase, 'name'>): Promise<{answer: SplitAnswer; events: JestEvents}> {
    const child = (this.#child ??= this.#start());
    let stderr = '';
    const events: Record<string, unknown[]> = {};
    let who: unknown[] = [];
    const hearText = (text: string) => (stderr += text);
    child.stderr?.on('data', hearText);
    const answer = await new Promise<SplitAnswer>((resolve, reject) => {
      child.once('exit', code => {
        this.#child = null;
        reject(new Error(`the child ended with ${code}: ${stderr}`));
      });
      child.on('message', (message: FromSessions | [number, unknown]) => {
        if (Array.isArray(message)) who.push(message[1]);
        else if (message.type === 'begins') events[message.who] = who = [];
        else resolve(message.answer);
      });
      child.send({...one, name: `case${++this.#number}.test.js`});
    });
    child.removeAllListeners('message').removeAllListeners('exit');
    child.stderr?.off('data', hearText);
    return {answer, events};
  }

  end(): void {
    this.#child?.kill();
  }

  #start(): ChildProcess {
    const {folder} = this.project;
    const jiti = join(__dirname, '..', '..', 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');
    const child = fork(jiti, [join(__dirname, 'splitSessions.ts'), join(folder, '..', '..'), folder], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8');
    return child;
  }
}

/** An environment of the user's own that hears of tests and of blocks. */
const ENVIRONMENT = `
const {appendFileSync} = require('fs');
const {TestEnvironment} = require('jest-environment-node');
const nameOf = test => (test.parent ? nameOf(test.parent) + ' ' : '') + test.name;
module.exports = class extends TestEnvironment {
  constructor(config, context) { super(config, context); this.probes = context.testPath + '.probe'; }
  async handleTestEvent(event) {
    if (event.describeBlock && event.name.startsWith('run_')) appendFileSync(this.probes, event.name + ' ' + nameOf(event.describeBlock) + '\\n');
    if (event.test && event.name.startsWith('test_')) appendFileSync(this.probes, 'event ' + event.name + ' ' + nameOf(event.test) + '\\n');
  }
};
`;

describe.each(JEST_LINES)('Jest %s', line => {
  let sessions: Sessions;
  beforeAll(() => {
    sessions = new Sessions(line);
  });
  afterAll(() => sessions.end());

  test(
    'a file that is split at random gives what it gives whole',
    async () => {
      await fc.assert(
        fc.asyncProperty(suites({line}), split, async (suite, {earlier, ...rest}) => {
          const one = {
            ...rest,
            source: print(suite, {
              probes: true,
              snapshotsPass: rest.updateSnapshot === 'all' || (rest.updateSnapshot === 'new' && !earlier),
            }),
            earlier: earlier ? print(suite, {earlier: true}) : null,
            granularity: suite.granularity,
          };
          const {answer, events} = await sessions.run(one);
          try {
            expectSameResult(suite, answer);
            expectSameHooks(suite, answer);
            expectSameEvents(answer, events);
          } catch (error) {
            (error as Error).message += `\n\n${describeCase(one, answer)}`;
            throw error;
          }
        }),
        // On a slow machine fewer cases have to do.
        {numRuns: CASES, interruptAfterTimeLimit: LONGEST_MS / 2, markInterruptAsFailure: false},
      );
      sessions.project.remove();
    },
    LONGEST_MS,
  );
});

onEachLine('the real command gives the same for a random suite that is split', async (line, make) => {
  const command = fc.record({
    suite: suites({line, forCommand: true}),
    maxWorkers: fc.integer({min: 2, max: 4}),
    args: fc.constantFrom([], [], ['--ci'], ['-u'], ['-t', 'a']),
    earlier: fc.boolean(),
  });
  const workers: number[] = [];
  const tryAll = fc.asyncProperty(command, async ({suite, maxWorkers, args, earlier}) => {
    const source = withWaits(print(suite, {pragma: true}));
    // With a single file the stock runner has no workers.
    const project = make({'random.test.js': source, 'other.test.js': 'test("other", () => {});\n'});
    const {xdist} = await expectSameAsStock(project, ['-w', String(maxWorkers), ...args], {
      outputs: ['__snapshots__'],
      split: true,
      before: async (_project, run) => {
        if (!earlier) return;
        project.write('random.test.js', withWaits(print(suite, {earlier: true})));
        await run(['-w', '2']);
        project.write('random.test.js', source);
      },
    });
    workers.push(workersOf(xdist.log, 'random.test.js').length);
  });
  // Each is opened to be shared. Whether a second worker pays depends on how fast this machine is at the moment.
  do {
    // A smaller one takes as long: it is not looked for.
    await fc.assert(tryAll, {numRuns: cases(3), endOnFailure: true});
  } while (Math.max(...workers) < 2);
  expect(Math.min(...workers)).toBeGreaterThan(0);
});

/** With so much to wait for that mostly another worker pays. */
function withWaits(source: string): string {
  const only = source.includes('.only') ? '.only' : '';
  return `${source}test${only}.each([...'abcdefghijkl'])('waits %s', () => pause(100));\n`;
}

function describeCase(one: Omit<SplitCase, 'name'>, {tests}: SplitAnswer): string {
  const {source, earlier, owners, ...rest} = one;
  return [
    '--- the file',
    source,
    ...(earlier === null ? [] : ['--- as it was before, in an earlier run', earlier]),
    '--- its tests: [session] (group) name',
    ...tests.map(({name, group}) => `[${group === null ? '-' : (owners[group] ?? 0)}] (${group ?? '-'}) ${name}`),
    '--- the split',
    JSON.stringify(rest, null, 1),
  ].join('\n');
}

function expectSameResult(suite: Suite, {whole, merged, sessions}: SplitAnswer): void {
  expect({error: merged.error, sessions: sessions.map(({error}) => error)}).toEqual({
    error: whole.error,
    sessions: sessions.map(() => null),
  });
  expect(merged.snapshots).toEqual(whole.snapshots);
  if (merged.result === null || whole.result === null) return;
  const [ours, theirs] = [merged.result, whole.result].map(result => normalized(result));
  expect(ours).toEqual(theirs);
  expect(consoleOf(merged.result)).toEqual(consoleOf(whole.result));
  if (!retriesAny(suite)) expect(consoleInOrder(merged.result)).toEqual(consoleInOrder(whole.result));
  for (const {status, failureMessages} of merged.result.testResults) {
    const notes = failureMessages.join('').split('This file was split: ').length - 1;
    expect(notes).toBe(status === 'failed' && sessions.length > 1 ? 1 : 0);
  }
}

/** Where the ends of stacks say only from where a queue was run. */
const stackEnds = /\n +at \S+ \(node:internal\/.*\)/g;

function normalized(result: TestResult): unknown {
  const {perfStats: _, console: __, testResults, ...rest} = result;
  return texts({...rest, testResults: testResults.map(withoutTimes)});
}

function withoutTimes({
  duration: _,
  startAt: __,
  numPassingAsserts,
  ...test
}: AssertionResult & {startAt?: unknown}): unknown {
  // Those that run at a time share one counter: which of them an assertion is counted for is chance.
  const isShared = test.fullName.includes('concurrent');
  return {...test, numPassingAsserts: isShared ? 0 : numPassingAsserts};
}

/** Without what is ours in all texts, and what only says from where the queue of microtasks was run. */
function texts(value: unknown): unknown {
  if (typeof value === 'string') return withoutSplitNotes(value).replace(stackEnds, '');
  if (Array.isArray(value)) return value.map(texts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, texts(field)]));
}

function consoleOf({console}: TestResult): unknown {
  return (console ?? []).map(({message, type, origin}) => texts(`${type} ${message} ${origin}`)).sort();
}

/** What tests print that run one at a time; hooks of a block may do so before or after the tests of other workers. */
function consoleInOrder({console}: TestResult): unknown {
  return (console ?? []).map(({message}) => message).filter(message => message.startsWith('test '));
}

/** A retry comes after the other tests of the block, in whatever worker. */
function retriesAny({retry, root}: Suite): boolean {
  const inBlock = (child: Block | Test): boolean =>
    child.type === 'block' && (child.retries > 0 || child.children.some(inBlock));
  return retry !== null || root.children.some(inBlock);
}

function expectSameHooks(suite: Suite, {whole, sessions, discarded, tests}: SplitAnswer): void {
  const all = (which: (line: string) => boolean) => ({
    split: sessions.flatMap(({probes}) => probes.filter(which)).sort(),
    whole: whole.probes.filter(which).sort(),
  });
  const isBlocks = (line: string) => /^(beforeAll|afterAll) /.test(line);
  const around = all(line => !isBlocks(line) && !line.startsWith('run_'));
  expect(around.split).toEqual(around.whole);
  const isRoots = (line: string) => isBlocks(line) && line.endsWith(' root');
  const blocks = all(line => isBlocks(line) && !isRoots(line));
  // Their tests are in one worker; or every worker that has some of them runs the hooks, and no other.
  if (suite.granularity === 'tests') expect(blocks.split).toEqual(blocks.whole);
  else expect(unique(blocks.split)).toEqual(unique(blocks.whole));
  const roots = whole.probes.filter(isRoots);
  for (const {probes, slice} of sessions) {
    const own = probes.filter(isRoots);
    if (slice !== null && slice.tests.length === 0) expect(own).toEqual([]);
    if (slice !== null && slice.ran.length > 0) expect(own).toEqual(roots);
    if (suite.granularity === 'each')
      expect(repeated(probes.filter(isBlocks))).toEqual(repeatedOf(whole.probes, probes));
  }
  for (const {probes} of sessions) {
    const heard = (event: string) =>
      probes.flatMap(line => (line.startsWith(event) ? line.slice(event.length) : [])).sort();
    expect(heard('run_describe_start')).toEqual(heard('run_describe_finish'));
  }
  const heardOf = all(line => line.startsWith('run_'));
  expect(unique(heardOf.split)).toEqual(unique(heardOf.whole));
  const ofFirst = new Set(sessions[0]?.probes.filter(line => line.startsWith('test ')));
  for (const line of discarded?.probes ?? []) {
    if (line.startsWith('test ')) expect(ofFirst).toContain(line);
  }
  expect(tests.length).toBe(whole.result?.testResults.length ?? 0);
}

const unique = (lines: readonly string[]) => [...new Set(lines)];

/** Lines with how often they are there. */
function repeated(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

/** How often a whole run has each of the hooks of blocks that a session ran. */
function repeatedOf(whole: readonly string[], session: readonly string[]): Record<string, number> {
  const ran = new Set(session);
  return repeated(whole.filter(line => /^(beforeAll|afterAll) /.test(line) && ran.has(line)));
}

/** What reporters hear of tests. */
function expectSameEvents({sessions}: SplitAnswer, events: JestEvents): void {
  const told = (list: readonly unknown[] = []) =>
    list
      .map(event =>
        JSON.stringify(texts(event), (key, value: unknown) =>
          ['duration', 'startedAt', 'startAt', 'numPassingAsserts'].includes(key) ? 0 : value,
        ),
      )
      .sort();
  expect(told(sessions.flatMap((_, number) => events[`session ${number}`] ?? []))).toEqual(told(events.whole));
}

/**
 * Workers die at random, at any moment, of any signal. The run loses no test and reports none twice. Only tests that a
 * signal has hit fail.
 *
 * CHAOS_SEEDS=<n> tries n seeds on each Jest line; CHAOS_SEED=<seed> tries one seed. A seed decides which worker gets
 * which signal, and when. Which test that hits depends on the machine.
 */
import {basename} from 'node:path';
import {accusationsOf, chaosSuite, killAtRandom, type Kill, type TestNote} from './chaos';
import {JEST_LINES, onEachLine, type JestLine, type JestOutput, type Project} from './project';

const SUITE = chaosSuite();
const FILE_COUNT = SUITE.numbers.size;

const KILLS = 20;
const EVERY_MS = 200;

const SEEDS: Readonly<Record<JestLine, number>> = {'29': 1, '30': 3};

function linesOf(seed: number): JestLine[] {
  const {CHAOS_SEEDS: wanted, CHAOS_SEED: only} = process.env;
  if (only !== undefined) return Number(only) === seed ? [...JEST_LINES] : [];
  return JEST_LINES.filter(line => seed <= (wanted === undefined ? SEEDS[line] : Number(wanted)));
}

const last = Math.max(
  Number(process.env.CHAOS_SEED ?? 0),
  Number(process.env.CHAOS_SEEDS ?? 0),
  ...Object.values(SEEDS),
);

for (let seed = 1; seed <= last; seed++) {
  const lines = linesOf(seed);
  if (lines.length === 0) continue;
  onEachLine(
    `with ${KILLS} workers killed at random (seed ${seed}) every test has one result`,
    async (line, make) => {
      const project = make(SUITE.files);
      let kills: Kill[] = [];
      const output = await project.run(['-w', '4'], {
        env: {XDIST_IN_BAND: 'never'},
        meanwhile: async jest => {
          kills = await killAtRandom(project, jest, {seed, kills: KILLS, everyMs: EVERY_MS});
        },
      });
      expect(await project.leftProcesses()).toEqual([]);
      if (output.json === null)
        throw new Error(`Jest left with ${output.exitCode ?? output.signal}:\n${output.stderr}`);
      expect(kills).toHaveLength(KILLS);
      expectOneResultEach(output);
      expectOneReportEach(output);
      const hits = expectFailuresOfKills(output, kills);
      expectRightTestsBlamed(project, output, kills);
      if (process.env.CHAOS_SEEDS !== undefined) tell(line, seed, output, kills, hits);
    },
    lines,
  );
}

type Result = NonNullable<JestOutput['json']>['testResults'][number];

function resultsOf({json}: JestOutput): Result[] {
  if (json === null) throw new Error('the run has come to no result');
  return json.testResults;
}

/** The one case in which nothing is known of a file's tests. */
function failedAtLoad({assertionResults, message}: Result): boolean {
  return (
    assertionResults.length === 0 &&
    /died while it loaded this test file[^]*The previous worker died the same way/.test(message)
  );
}

/** A test's own name has a number of its own: t0 to t199. */
function numberOf(name: string): number {
  return Number(/t(\d+)$/.exec(name)?.[1]);
}

function expectOneResultEach(output: JestOutput): void {
  const results = resultsOf(output);
  expect(new Set(results.map(({name}) => name)).size).toBe(FILE_COUNT);
  expect(results).toHaveLength(FILE_COUNT);
  for (const result of results) {
    if (failedAtLoad(result)) continue;
    // In the order of the source, too.
    expect(result.assertionResults.map(({fullName}) => numberOf(fullName))).toEqual(
      SUITE.numbers.get(basename(result.name)),
    );
    for (const {status} of result.assertionResults) expect(['passed', 'failed']).toContain(status);
  }
  const all = results.flatMap(({assertionResults}) => assertionResults);
  expect(output.json).toMatchObject({
    numTotalTests: all.length,
    numPassedTests: all.filter(({status}) => status === 'passed').length,
    numFailedTests: all.filter(({status}) => status === 'failed').length,
    wasInterrupted: false,
  });
}

/** What reporters hear: each file's start and end once, each test's end once, and as it stands in the result. */
function expectOneReportEach(output: JestOutput): void {
  for (const name of ['file-start', 'file-result']) {
    const paths = output.events.filter(({event}) => event === name).map(({path}) => path);
    expect({name, paths: new Set(paths).size, events: paths.length}).toEqual({
      name,
      paths: FILE_COUNT,
      events: FILE_COUNT,
    });
  }
  const heard = output.events
    .filter(({event}) => event === 'case-result')
    .map(({result}) => result as {fullName: string; status: string})
    .map(({fullName, status}) => `${fullName}: ${status}`);
  const told = resultsOf(output).flatMap(({assertionResults}) =>
    assertionResults.map(({fullName, status}) => `${fullName}: ${status}`),
  );
  expect(heard.sort()).toEqual(told.sort());
}

/** @returns how many deaths hit a running test, a hook, a loading, or else a file */
function expectFailuresOfKills(output: JestOutput, kills: readonly Kill[]): Map<string, number> {
  const accusations = accusationsOf(output.json as NonNullable<JestOutput['json']>);
  const signalOf = new Map(kills.map(({pid, signal}) => [pid, signal]));
  const hits = new Map<string, number>();
  for (const [pid, signal] of signalOf) {
    const of = accusations.filter(accusation => accusation.pid === pid);
    const [first] = of;
    if (first === undefined) continue;
    for (const accusation of of) expect(accusation).toMatchObject({signal, file: first.file, at: first.at});
    // One item for each death; but a beforeAll hook has no result of its own, the tests of its block have.
    if (!first.at.includes('beforeAll hook')) expect(of).toHaveLength(1);
    hits.set(first.at, (hits.get(first.at) ?? 0) + 1);
  }
  for (const accusation of accusations) {
    if (!signalOf.has(accusation.pid)) throw new Error(`nobody killed that one: ${JSON.stringify(accusation)}`);
  }
  // Nothing else fails; what was not run says so, and two deaths in a row in which nothing could be run are the reason.
  for (const {name, assertionResults} of resultsOf(output)) {
    for (const {fullName, status, failureMessages} of assertionResults) {
      if (status === 'passed') continue;
      const text = (failureMessages ?? []).join('\n');
      const blamed = accusations.some(accusation => accusation.file === name && accusation.test === fullName);
      expect({fullName, text, explained: blamed || NOT_RUN.test(text)}).toMatchObject({explained: true});
    }
  }
  return hits;
}

const NOT_RUN = /^This test was not run: the file's worker died, and those that went on with it came no further/;

/** A test that had begun in a process that was killed, and never ended, is the one that failed of it. */
function expectRightTestsBlamed(project: Project, output: JestOutput, kills: readonly Kill[]): void {
  const notes = project.lines<TestNote>('notes').filter(({file}) => !SUITE.concurrent.has(basename(file)));
  const results = new Map(
    resultsOf(output).flatMap(({name, assertionResults}) =>
      assertionResults.map((test): [string, typeof test] => [`${name} ${test.fullName}`, test]),
    ),
  );
  // A file that began anew, whole, has run its tests once more.
  const anew = new Set(
    output.log.flatMap(line => ('command' in line && line.command.type === 'begin-again' ? [line.command.unit] : [])),
  );
  const plan = output.log.flatMap(line => ('plan' in line ? line.plan.units : []));
  const ranOnce = (file: string) => !plan.some(({id, file: {path}}) => path === file && anew.has(id));
  const times = new Map<string, number>();
  for (const {what, file, name, pid} of notes) {
    const key = `${file} ${name}`;
    if (what === 'begins') times.set(key, (times.get(key) ?? 0) + 1);
    const ended = notes.some(other => other.what === 'ends' && other.pid === pid && other.name === name);
    if (ended || !kills.some(kill => kill.pid === pid) || !ranOnce(file)) continue;
    const test = results.get(key);
    expect({key, pid, status: test?.status}).toEqual({key, pid, status: 'failed'});
    expect(test?.failureMessages?.join('\n')).toMatch(new RegExp(`while this test ran[^]*\\(pid ${pid}\\)`));
  }
  // What has begun is never run again, whatever became of it.
  for (const [key, count] of times) {
    if (ranOnce(key.slice(0, key.indexOf('.js ') + 3))) expect({key, count}).toEqual({key, count: 1});
  }
  for (const [key, {status}] of results) {
    if (status === 'passed' && times.has(key)) {
      expect(notes.filter(({what, file, name}) => what === 'ends' && `${file} ${name}` === key)).not.toEqual([]);
    }
  }
}

function tell(
  line: JestLine,
  seed: number,
  output: JestOutput,
  kills: readonly Kill[],
  hits: ReadonlyMap<string, number>,
): void {
  const count = (wanted: string) =>
    resultsOf(output).flatMap(({assertionResults}) => assertionResults.filter(({status}) => status === wanted)).length;
  const notRun = resultsOf(output).flatMap(({assertionResults}) =>
    assertionResults.filter(({failureMessages}) => NOT_RUN.test((failureMessages ?? []).join('\n'))),
  ).length;
  process.stderr.write(
    `chaos ${JSON.stringify({
      line,
      seed,
      kills: kills.length,
      whileStarting: kills.filter(({ready}) => !ready).length,
      hits: Object.fromEntries(hits),
      passed: count('passed'),
      failed: count('failed'),
      notRun,
      filesWithoutTests: resultsOf(output).filter(({assertionResults}) => assertionResults.length === 0).length,
      joins: output.log.filter(entry => 'command' in entry && entry.command.type === 'join').length,
      resumes: output.log.filter(entry => 'command' in entry && entry.command.type === 'resume').length,
    })}\n`,
  );
}

/** Measures how long the recordings of many shards take to become one report of Jest. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {createEmptyTestResult, type AssertionResult, type TestResult} from '@jest/test-result';
import type {RecordedFile, RecordingLine, ToldName} from '../src/recording';
import {RUN, writeRecording} from '../test/recordedRuns';
import {prepareSuite, type Install} from './turns';

const SHARDS = 100;
const FILES = 10;
const TESTS = 20;
/** Each shard has one test of each of these files. */
const CUT_FILES = 2;
const SOURCES = 200;
/** The sources that a test file covers. */
const COVERED = 20;
const STATEMENTS = 100;
/** The limit, in seconds, without coverage. */
const GOAL_S = 20;

export function benchmarkMerge(installs: readonly Install[]): void {
  for (const install of installs) for (const coverage of [false, true]) measure(install, coverage);
}

function measure(install: Install, coverage: boolean): void {
  const paths = Array.from({length: SHARDS * FILES}, (_, at) => `file${at}.test.js`);
  const cut = Array.from({length: CUT_FILES}, (_, at) => `cut${at}.test.js`);
  const files = Object.fromEntries([...paths, ...cut].map(path => [path, '']));
  const {folder, environment} = prepareSuite(install, 'merge', files, {args: []});
  const ours = join(install.folder, 'node_modules', 'jest-runner-xdist');
  const {version} = JSON.parse(readFileSync(join(ours, 'package.json'), 'utf8')) as {version: string};
  const recordings = join(folder, 'shards');
  mkdirSync(recordings);
  for (let shard = 1; shard <= SHARDS; shard++) {
    const own = paths.slice((shard - 1) * FILES, shard * FILES);
    const versions = {runner: version, jest: jestVersion(install), node: process.version};
    const lines = recordingOf(shard, own, cut, coverage);
    writeRecording(join(recordings, `${shard}.xdist`), [{...RUN, level: 'full', versions}, ...lines]);
  }
  const start = performance.now();
  const args = [join(ours, 'dist', 'cli', 'main.js'), 'merge', recordings, '--', `--coverage=${coverage}`];
  const {status, stderr} = spawnSync(
    process.execPath,
    [...args, '--coverageReporters=json', '--json', '--outputFile=out.json'],
    {cwd: folder, env: environment, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe']},
  );
  const seconds = (performance.now() - start) / 1000;
  const tests = SHARDS * (FILES * TESTS + CUT_FILES);
  const out = join(folder, 'out.json');
  const found = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as {numPassedTests: number}) : null;
  if (status !== 0 || found?.numPassedTests !== tests) {
    throw new Error(`The merge has ended with ${String(status)} in ${folder}:\n${stderr.slice(-1000)}`);
  }
  console.log(
    `${install.label}  merge: ${SHARDS} recordings of ${tests} tests${coverage ? ', with coverage' : ''}: ` +
      `${seconds.toFixed(1)} s${coverage ? '' : ` (goal: <= ${GOAL_S} s)`}`,
  );
  rmSync(folder, {recursive: true, force: true});
}

/** The lines after the first. */
function recordingOf(
  shard: number,
  own: readonly string[],
  cut: readonly string[],
  coverage: boolean,
): readonly RecordingLine[] {
  const files = [...own, ...cut].map((path): RecordedFile => ({project: 0, path}));
  const plan = {planHash: 'p', madeFrom: 'a benchmark', files: files.length, ofOtherRunners: 0, withoutRecording: []};
  const sources = coverage ? Array.from({length: SOURCES}, (_, at) => sourceLine(at)) : [];
  return [
    {type: 'files', files},
    {type: 'shard', index: shard, count: SHARDS, ...plan},
    ...sources,
    ...own.flatMap((path, file) => {
      const covered = coverage ? coverageOf(shard * FILES + file) : null;
      return toldOf(file, resultOf(path, testsOf(TESTS), covered));
    }),
    ...cut.flatMap((path, at): RecordingLine[] => {
      const file = own.length + at;
      const names = testsOf(SHARDS).map(({fullName}) => fullName);
      const tests = testsOf(SHARDS).slice(shard - 1, shard);
      const line: RecordingLine = {type: 'cut', at: 1, file, names, own: [shard - 1], loadEntries: 0, unchecked: []};
      return [line, ...toldOf(file, resultOf(path, tests, coverage ? coverageOf(at) : null))];
    }),
    {type: 'end', at: 1, verdict: 'passed', failedOutside: false},
  ];
}

function toldOf(file: number, result: TestResult): RecordingLine[] {
  const told = (name: ToldName, data: unknown): RecordingLine => ({type: 'told', at: 1, name, file, data});
  return [
    told('test-file-start', null),
    ...result.testResults.flatMap(test => [
      told('test-case-start', {fullName: test.fullName, title: test.title, ancestorTitles: [], startedAt: 1}),
      told('test-case-result', test),
    ]),
    told('test-file-success', result),
  ];
}

function resultOf(path: string, testResults: AssertionResult[], coverage: unknown): TestResult {
  const {length: numPassingTests} = testResults;
  const console = [{message: 'printed '.repeat(20), origin: `    at ${path}:1:1`, type: 'log'}];
  return {
    ...createEmptyTestResult(),
    testFilePath: path,
    numPassingTests,
    testResults,
    console,
    coverage,
  } as TestResult;
}

function testsOf(count: number): AssertionResult[] {
  return Array.from({length: count}, (_, at) => ({
    ancestorTitles: ['a component', 'that is rendered'],
    duration: 3,
    failureDetails: [],
    failureMessages: [],
    fullName: `a component that is rendered shows what number ${at} is`,
    invocations: 1,
    location: null,
    numPassingAsserts: 1,
    retryReasons: [],
    status: 'passed',
    title: `shows what number ${at} is`,
  }));
}

const place = (line: number) => ({start: {line, column: 0}, end: {line, column: 40}});

function sourceLine(at: number): RecordingLine {
  const statementMap = Object.fromEntries(Array.from({length: STATEMENTS}, (_, line) => [line, place(line + 1)]));
  const data = {path: null, statementMap, fnMap: {}, branchMap: {}, s: null, f: null, b: null, hash: `${at}`};
  return {type: 'source', id: `${at}`, source: {kind: 'istanbul', data}};
}

function coverageOf(file: number): unknown {
  const counters = {s: Array<number>(STATEMENTS).fill(1), f: [], b: []};
  return Array.from({length: COVERED}, (_, at) => {
    const source = (file + at) % SOURCES;
    return [`source${source}.js`, `${source}`, counters];
  });
}

function jestVersion({folder}: Install): string {
  const manifest = readFileSync(join(folder, 'node_modules', 'jest', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as {version: string}).version;
}

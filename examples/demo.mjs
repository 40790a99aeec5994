/**
 * Runs the tests of examples/express-service with Jest's own runner and with jest-runner-xdist, shows
 * the two side by side, and compares the results test by test. From the repository's root, after
 * `npm run build`:
 *
 *     node examples/demo.mjs
 */
import {spawn} from 'node:child_process';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {environment} from './environment.mjs';
import {installInto, packRunner} from './install.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const service = join(here, 'express-service');
const modules = join(service, 'node_modules');
/** Within node_modules neither git nor Jest looks at it. */
const scratch = join(modules, '.demo');

const WORKERS = 2;
const MEASURED_RUNS = 3;
const RUNNERS = [
  {name: 'stock jest', args: []},
  {name: '--runner=xdist', args: ['--runner=xdist']},
];
/** No run takes this long; it ends one that hangs. */
const RUN_TIMEOUT_MS = 10 * 60_000;

const readJson = path => JSON.parse(readFileSync(path, 'utf8'));

/** One run of the whole suite, from the start of `jest` to its exit. */
async function runJest(runner) {
  const outputFile = join(scratch, 'result.json');
  rmSync(outputFile, {force: true});
  const args = [
    join(modules, 'jest', 'bin', 'jest.js'),
    ...['-w', String(WORKERS), '--ci', '--reporters=default', '--json', '--outputFile', outputFile],
    // Each has a cache of its own: what one has learned of durations must not help the other.
    ...['--cacheDirectory', join(scratch, `cache-${runner.name.replace(/\W+/g, '-')}`)],
    ...runner.args,
  ];
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: service,
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', text => (output += text));
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  const ms = performance.now() - start;
  if (exitCode !== 0) console.error(output);
  if (!existsSync(outputFile)) throw new Error(`${runner.name} wrote no result; it ended with ${exitCode}`);
  return {ms, exitCode, result: readJson(outputFile)};
}

/** Every run, warm-ups too, by runner. Runners take turns at going first: a machine may slow down or speed up. */
async function runAll() {
  const runs = RUNNERS.map(() => []);
  for (let round = 0; round <= MEASURED_RUNS; round++) {
    const order = round % 2 === 0 ? RUNNERS : RUNNERS.toReversed();
    for (const runner of order) {
      const run = await runJest(runner);
      runs[RUNNERS.indexOf(runner)].push(run);
      const label = round === 0 ? 'warm-up' : `run ${round} of ${MEASURED_RUNS}`;
      console.log(`${label.padEnd(12)}${runner.name.padEnd(16)}${seconds(run.ms)}`);
    }
  }
  return runs;
}

/**
 * What a run found, as a map from test to outcome. A file's own outcome is in it too: one that could
 * not be run has no tests.
 */
function outcomes({exitCode, result}) {
  const found = new Map([['exit code', String(exitCode)]]);
  for (const file of result.testResults) {
    const name = relative(service, file.name);
    found.set(name, file.status);
    for (const {fullName, status} of file.assertionResults) {
      const test = `${name} › ${fullName}`;
      // Two tests of a file may have the same name.
      found.set(test, [...(found.get(test)?.split(', ') ?? []), status].join(', '));
    }
  }
  return found;
}

function differences(expected, actual) {
  return [...new Set([...expected.keys(), ...actual.keys()])]
    .filter(test => expected.get(test) !== actual.get(test))
    .map(test => `${test}: ${expected.get(test) ?? 'not there'} / ${actual.get(test) ?? 'not there'}`);
}

const seconds = ms => `${(ms / 1000).toFixed(2)} s`;

const median = values => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The columns of the table: one for each runner. */
function summarize(runs) {
  const measured = runs.slice(1);
  const {exitCode, result} = measured.at(-1);
  const times = measured.map(({ms}) => ms);
  const count = (passed, failed) => `${passed} passed, ${failed} failed`;
  return {
    medianMs: median(times),
    rows: {
      'Test suites': count(result.numPassedTestSuites, result.numFailedTestSuites),
      Tests: count(result.numPassedTests, result.numFailedTests),
      'Exit code': String(exitCode),
      'Wall time, median': seconds(median(times)),
      ...Object.fromEntries(times.map((ms, index) => [`  run ${index + 1}`, seconds(ms)])),
    },
  };
}

function printTable(columns) {
  const [first] = columns;
  const line = (label, cells) =>
    console.log(`${label.padEnd(20)}${cells.map(cell => cell.padEnd(24)).join('')}`.trimEnd());
  line(
    '',
    RUNNERS.map(({name}) => name),
  );
  for (const label of Object.keys(first.rows))
    line(
      label,
      columns.map(({rows}) => rows[label]),
    );
}

installInto(service, packRunner(scratch));
const {version: jest} = readJson(join(modules, 'jest', 'package.json'));
const {version: own} = readJson(join(modules, 'jest-runner-xdist', 'package.json'));
console.log(
  `Node ${process.versions.node}, Jest ${jest}, jest-runner-xdist ${own}, -w ${WORKERS} on ${availableParallelism()} CPUs\n`,
);
const runs = await runAll();
const columns = runs.map(summarize);
const [stock, xdist] = columns;
console.log();
printTable(columns);
console.log(`\nxdist / stock: ${(xdist.medianMs / stock.medianMs).toFixed(2)}`);

const expected = outcomes(runs[0][0]);
const differing = runs.flatMap((ofRunner, index) =>
  ofRunner.flatMap((run, round) =>
    differences(expected, outcomes(run)).map(
      text => `${RUNNERS[index].name}, ${round === 0 ? 'warm-up' : `run ${round}`}: ${text}`,
    ),
  ),
);
if (differing.length === 0) {
  console.log(
    `The results are the same: ${expected.size - 1} outcomes of files and tests, in all ${runs.flat().length} runs.`,
  );
} else {
  console.log(
    `The results differ (first run of stock jest / this run):\n${differing.map(text => `  ${text}`).join('\n')}`,
  );
}
rmSync(scratch, {recursive: true, force: true});
if (differing.length > 0 || runs.flat().some(({exitCode}) => exitCode !== 0)) process.exitCode = 1;

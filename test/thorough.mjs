/**
 * All that `npm test` runs, on each Jest line, and what is exhaustive besides; and all tests once more on Jest's own
 * runner, for a broken runner must not judge itself. Both have to give the same result for each test. Before a release,
 * and every night.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'thorough-'));

/** @returns the result of each test by its file and name, and whether all have passed */
function run(name, command, args) {
  const outputFile = join(folder, `${name}.json`);
  const {status} = spawnSync(command, [...args, '--json', `--outputFile=${outputFile}`], {
    stdio: 'inherit',
    shell: process.platform === 'win32', // npm and npx are batch files there
    env: {...process.env, THOROUGH: '1'},
  });
  return {passed: status === 0, results: status === null ? [] : resultsIn(outputFile)};
}

/** One line for each test, and for each file that could not be run: `failed test/unit/a.test.ts > its name`. */
function resultsIn(outputFile) {
  let json;
  try {
    json = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    return []; // it has not come to run tests
  }
  return json.testResults.flatMap(({name, status, assertionResults}) => {
    const path = relative(process.cwd(), name);
    return [`${status} ${path}`, ...assertionResults.map(test => `${test.status} ${path} > ${test.fullName}`)];
  });
}

/** What is in the one list and not in the other; of equal lines each is one. */
function onlyIn(results, others) {
  const left = [...others];
  return results.filter(line => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const own = run('own', 'npm', ['test', '--']);
const stock = run('stock', 'npx', ['jest']);
const differences = [
  ...onlyIn(own.results, stock.results).map(line => `only on our own runner: ${line}`),
  ...onlyIn(stock.results, own.results).map(line => `only on Jest's runner: ${line}`),
];
for (const line of differences) console.error(line);
const isSame = differences.length === 0 && own.results.length > 0;
console.log(isSame ? `Both runners give the same ${own.results.length} results.` : 'The two runners differ.');
if (!own.passed || !stock.passed || !isSame) process.exitCode = 1;
rmSync(folder, {recursive: true});

/**
 * A fleet on one machine: starts a Redis and three Jests, each in a checkout of its own of examples/express-service,
 * kills one of them in the middle, shows what the fleet's status is then, and what the others report. From the
 * repository's root, after `npm run build`:
 *
 *     node examples/fleet.mjs
 */
import {execFile, spawn} from 'node:child_process';
import {promisify} from 'node:util';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {environment} from './environment.mjs';
import {installInto, packRunner} from './install.mjs';
import {installRedis, startRedis} from './redis.cjs';

const here = dirname(fileURLToPath(import.meta.url));
const service = join(here, 'express-service');
const modules = join(service, 'node_modules');
const MACHINES = ['alpha', 'beta', 'gamma'];
const KILLED = 'beta';

const folder = mkdtempSync(join(tmpdir(), 'xdist-example-fleet-'));
installInto(service, packRunner(join(modules, '.packed')));
const redis = await startRedis(installRedis(join(modules, '.redis')), folder);
console.log(`A Redis runs on port ${redis.port}.`);

/** A checkout: the folders have other names, as on real machines. */
function checkout(name) {
  const path = join(folder, name, `service-of-${name}`);
  mkdirSync(path, {recursive: true});
  for (const entry of ['jest.config.js', 'package.json', 'src', 'test']) {
    cpSync(join(service, entry), join(path, entry), {recursive: true});
  }
  symlinkSync(modules, join(path, 'node_modules'));
  return path;
}

const variables = {
  ...environment(),
  XDIST_FLEET: JSON.stringify({url: `redis://127.0.0.1:${redis.port}`, run: 'example', lease: '5s'}),
};

function start(name) {
  const cwd = checkout(name);
  const jest = spawn(
    process.execPath,
    [
      join(cwd, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...['--ci', '-w', '2', '--runner=xdist', '--cacheDirectory', join(cwd, '.cache')],
      ...['--json', '--outputFile', join(cwd, 'result.json')],
    ],
    {cwd, env: variables, stdio: ['ignore', 'ignore', 'pipe']},
  );
  const machine = {name, cwd, jest, output: ''};
  machine.ended = new Promise((resolve, reject) => {
    jest.on('error', reject);
    jest.on('close', (code, signal) => resolve(code ?? signal));
  });
  jest.stderr.setEncoding('utf8').on('data', text => {
    machine.output += text;
    // It has begun to report: there is work left, and it has some of it.
    if (name === KILLED && /^(PASS|FAIL)/m.test(machine.output) && !jest.killed && jest.kill('SIGKILL')) {
      console.log(`\n${name} was killed.`);
      void showStatus(machine);
    }
  });
  console.log(`${name} runs "npx jest" in ${cwd}.`);
  return machine;
}

/** All machines have the same name here, which is that of this computer. */
async function showStatus({cwd}) {
  const command = join(cwd, 'node_modules', 'jest-runner-xdist', 'dist', 'cli', 'main.js');
  const asked = promisify(execFile)(process.execPath, [command, 'fleet', 'status'], {cwd, env: variables});
  const text = await asked.then(
    ({stdout}) => stdout,
    error => String(error.stderr ?? error), // the machines may be quicker
  );
  console.log(`\n"jest-runner-xdist fleet status" says:\n\n${text.trimEnd().replaceAll(/^(?=.)/gm, '  ')}`);
}

/** @returns what is compared; null: there is no report */
function reportOf({name, cwd, output}, how) {
  const path = join(cwd, 'result.json');
  if (!existsSync(path)) {
    console.log(`\n${name} ended with ${how} and reports nothing:\n${output.trim()}`);
    return null;
  }
  const {numPassedTests, numFailedTests, numTotalTestSuites, success} = JSON.parse(readFileSync(path, 'utf8'));
  const summary = /^Test Suites:[^]*?^Time:.*$/m.exec(output)?.[0] ?? output;
  console.log(`\n${name} ended with ${how} and reports:\n${summary.trim()}`);
  return JSON.stringify({how, numPassedTests, numFailedTests, numTotalTestSuites, success});
}

const machines = MACHINES.map(start);
async function end() {
  for (const {jest} of machines) jest.kill('SIGKILL');
  await redis.kill();
  rmSync(folder, {recursive: true, force: true});
}
process.once('SIGINT', () => void end().then(() => process.exit(130)));
try {
  const reports = [];
  for (const machine of machines) {
    const how = await machine.ended;
    if (machine.name !== KILLED) reports.push(reportOf(machine, how));
    else if (how !== 'SIGKILL') console.log(`\n${machine.name} ended with ${how} before it could be killed.`);
  }
  const isSame = reports[0] !== null && new Set(reports).size === 1;
  console.log(`\nThe reports of the machines that were not killed are ${isSame ? 'the same' : 'DIFFERENT'}.`);
  process.exitCode = isSame ? 0 : 1;
} finally {
  await end();
}

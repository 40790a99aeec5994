/**
 * A fleet on one machine: starts a Redis and three Jests, each in a checkout of its own of examples/express-service,
 * kills one of them in the middle, and shows what the others report. From the repository's root, after `npm run build`:
 *
 *     node examples/fleet.mjs
 */
import {spawn} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
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

function start(name) {
  const cwd = checkout(name);
  const inherited = Object.entries(process.env).filter(([key]) => !/^(JEST_|XDIST_|NODE_ENV$|NODE_OPTIONS$)/.test(key));
  const jest = spawn(
    process.execPath,
    [
      join(cwd, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...['--ci', '-w', '2', '--runner=xdist', '--cacheDirectory', join(cwd, '.cache')],
      ...['--json', '--outputFile', join(cwd, 'result.json')],
    ],
    {
      cwd,
      env: {
        ...Object.fromEntries(inherited),
        XDIST_FLEET: JSON.stringify({url: `redis://127.0.0.1:${redis.port}`, run: 'example', lease: '5s'}),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const machine = {name, cwd, jest, output: ''};
  machine.ended = new Promise((resolve, reject) => {
    jest.on('error', reject);
    jest.on('close', (code, signal) => resolve(code ?? signal));
  });
  jest.stderr.setEncoding('utf8').on('data', text => {
    machine.output += text;
    if (name === KILLED && /^(PASS|FAIL)/m.test(machine.output) && jest.kill('SIGKILL')) {
      console.log(`${name} was killed.`);
    }
  });
  console.log(`${name} runs "npx jest" in ${cwd}.`);
  return machine;
}

try {
  const machines = MACHINES.map(start);
  const reports = [];
  for (const machine of machines) {
    const how = await machine.ended;
    if (machine.name === KILLED) continue;
    const {numPassedTests, numFailedTests, numTotalTestSuites, success} = JSON.parse(
      readFileSync(join(machine.cwd, 'result.json'), 'utf8'),
    );
    reports.push(JSON.stringify({numPassedTests, numFailedTests, numTotalTestSuites, success}));
    const summary = /^Test Suites:[^]*/m.exec(machine.output)?.[0] ?? machine.output;
    console.log(`\n${machine.name} ended with ${how} and reports:\n${summary.trim()}`);
  }
  const isSame = new Set(reports).size === 1;
  console.log(`\nThe reports of the machines that were not killed are ${isSame ? 'the same' : 'DIFFERENT'}.`);
  process.exitCode = isSame ? 0 : 1;
} finally {
  await redis.kill();
  rmSync(folder, {recursive: true, force: true});
}

/**
 * What `npm test` does before it runs tests, side by side: it builds, checks lint, types and the package, and makes the
 * installs of the end-to-end tests, which wait for the network. The first job that fails ends the others. Each job
 * prints when it has ended, so that no job's lines are mixed with another's.
 */
import {spawn} from 'node:child_process';

const isWindows = process.platform === 'win32';

/** Packing must not run `prepack`, which deletes `dist` and builds it anew while other jobs read it. */
const script = (name, ...options) => ({name, command: 'npm', args: ['run', '-s', ...options, name]});

const BUILD = script('build');
/** The longest job runs beside the build. More jobs would delay the installs, which need the build and take long, too. */
const BESIDE_BUILD = script('lint:eslint');
const AFTER_BUILD = [
  {name: 'installs of the end-to-end tests', command: process.execPath, args: ['test/e2e/install.mjs']},
  script('typecheck'),
  script('lint:imports'),
  script('lint:format'),
  script('check:package', '--ignore-scripts'),
];

const secondsSince = begun => ((performance.now() - begun) / 1000).toFixed(0);

/** @returns whether the job has passed, and its process, which the failure of another job ends */
function start({name, command, args}) {
  const begun = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: isWindows && command === 'npm', // npm is a batch file there
    detached: !isWindows, // a group of its own, which `end` signals
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => printed.push(data));
  const passed = new Promise(resolve =>
    child.once('close', (code, signal) => {
      if (signal === null) {
        process.stdout.write(Buffer.concat(printed));
        console.log(`${code === 0 ? 'PASS' : 'FAIL'} ${name} (${secondsSince(begun)} s)`);
      }
      resolve(code === 0);
    }),
  );
  return {child, passed};
}

/** Ends what a job has started, too: an orphaned `npm install` would go on beside the next one in the same folder. */
function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (isWindows) child.kill();
  else process.kill(-child.pid, 'SIGTERM');
}

const running = [];

function endAll() {
  process.exitCode = 1;
  for (const {child} of running) end(child);
}

async function run(job) {
  if (process.exitCode === 1) return false;
  const started = start(job);
  running.push(started);
  const hasPassed = await started.passed;
  if (!hasPassed) endAll();
  return hasPassed;
}

void run(BUILD).then(isBuilt => isBuilt && AFTER_BUILD.forEach(job => void run(job)));
void run(BESIDE_BUILD);
// The terminal signals only its own group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, endAll);

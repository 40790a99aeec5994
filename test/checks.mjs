/**
 * What `npm test` checks without running a test, side by side: lint, types, the package. The first that fails ends the
 * others. Each prints when it has ended, so that nobody's lines are mixed with another's.
 */
import {spawn} from 'node:child_process';

const CHECKS = ['lint:eslint', 'lint:imports', 'lint:format', 'typecheck', 'check:package'];

/** @returns whether it has passed, and the process, which the failure of another ends */
function start(script) {
  const begun = performance.now();
  const child = spawn('npm', ['run', '-s', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // npm is a batch file there
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => printed.push(data));
  const passed = new Promise(resolve =>
    child.once('close', (code, signal) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(0);
      if (signal === null) {
        process.stdout.write(Buffer.concat(printed));
        console.log(`${code === 0 ? 'PASS' : 'FAIL'} ${script} (${seconds} s)`);
      }
      resolve(code === 0);
    }),
  );
  return {child, passed};
}

const running = CHECKS.map(start);
for (const {passed} of running) {
  void passed.then(isPassed => {
    if (isPassed) return;
    process.exitCode = 1;
    for (const {child} of running) child.kill();
  });
}

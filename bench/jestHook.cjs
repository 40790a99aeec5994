/**
 * Node loads this file into the `jest` command before all other modules. It writes JSON to the path in BENCH_OF_JEST,
 * with what only the process itself knows: how long Jest was in its runner (from the load of the runner's module to the
 * end of its runTests), the CPU time of Jest's own process, and the Node version. It is also a reporter, which counts
 * the tests that have passed.
 */
const Module = require('node:module');
const {writeFileSync} = require('node:fs');

const RUNNER = /[\\/](jest-runner-xdist[\\/]dist|jest-runner[\\/]build)[\\/]index\.js$/;
let passedTests = 0;
const report = process.env.BENCH_OF_JEST;
// Workers inherit the variable and the option that loads this file.
if (report !== undefined && process.env.JEST_WORKER_ID === undefined) follow();

function follow() {
  delete process.env.BENCH_OF_JEST;
  let inRunnerMs = 0;
  let begun = null;
  const load = Module._load;
  Module._load = function (request, ...rest) {
    if (!RUNNER.test(request) || begun !== null) return load.call(this, request, ...rest);
    const beforeLoading = performance.now();
    const loaded = load.call(this, request, ...rest);
    const {prototype} = loaded.default ?? loaded;
    const {runTests} = prototype;
    begun = beforeLoading;
    prototype.runTests = async function (...args) {
      try {
        return await runTests.apply(this, args);
      } finally {
        inRunnerMs = performance.now() - begun;
      }
    };
    return loaded;
  };
  process.on('exit', () => {
    const {user, system} = process.cpuUsage();
    writeFileSync(
      report,
      JSON.stringify({inRunnerMs, cpuMs: (user + system) / 1000, passedTests, node: process.version}),
    );
  });
}

module.exports = class {
  onRunComplete(_contexts, {numPassedTests}) {
    passedTests = numPassedTests;
  }
};

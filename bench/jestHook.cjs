/**
 * Loaded into the `jest` command before all else; writes what a process knows of itself alone, as JSON, to where
 * BENCH_OF_JEST says: how long Jest was in its runner, from the loading of that module to the end of its runTests, the
 * CPU time of Jest's own process, and its Node. It is a reporter of that Jest, too, and so knows how many tests have passed.
 */
const Module = require('node:module');
const {writeFileSync} = require('node:fs');

const RUNNER = /[\\/](jest-runner-xdist[\\/]dist|jest-runner[\\/]build)[\\/]index\.js$/;
let passedTests = 0;
const report = process.env.BENCH_OF_JEST;
// Workers inherit it, and the ways of loading this.
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

/**
 * Node loads this file into the workers before all other modules. With BENCH_UNGUARDED, a worker starts no watchdog and
 * keeps no journal. The benchmark measures the cost of both against that. The product itself has no such switch.
 */
const Module = require('node:module');
const {dirname, join} = require('node:path');

const WORKER = /[\\/]jest-runner-xdist[\\/]dist[\\/]worker[\\/]main\.js$/;
if (process.env.BENCH_UNGUARDED === '1' && process.env.JEST_WORKER_ID !== undefined) follow();

function follow() {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    if (WORKER.test(request)) unguard(dirname(request));
    return loaded;
  };
}

function unguard(folder) {
  const {Watchdog} = require(join(folder, 'guard', 'watchdog.js'));
  const {JestFileRunner} = require(join(folder, 'jestFile.js'));
  const nothing = () => undefined;
  Watchdog.start = () => ({begin: nothing, idle: nothing, stop: nothing});
  // The runner keeps no journal for a file that it cannot follow.
  JestFileRunner.prototype.canFollow = () => false;
}

/**
 * Loaded into the workers before all else: with BENCH_UNGUARDED, a worker starts no watchdog and keeps no journal. What
 * both cost is measured against that; in the product there is no such switch.
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
  const {Watchdog} = require(join(folder, 'watchdog.js'));
  const {JestFileRunner} = require(join(folder, 'jestFile.js'));
  const nothing = () => undefined;
  Watchdog.start = () => ({begin: nothing, idle: nothing, stop: nothing});
  // A file that cannot be followed has no journal.
  JestFileRunner.prototype.canFollow = () => false;
}

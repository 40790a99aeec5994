/**
 * A real Redis or Valkey, for the end-to-end tests and for an example: which program it is, and how it starts and ends.
 * The program is the one in PATH, else the one that `installRedis` has brought into a folder, without root.
 */
const {execFileSync, spawn} = require('node:child_process');
const {accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync} = require('node:fs');
const {createServer} = require('node:net');
const {delimiter, join} = require('node:path');

const PROGRAMS = ['redis-server', 'valkey-server'];
/** In Debian and Ubuntu the program is in redis-tools, and redis-server has its name. */
const PACKAGES = ['redis-server', 'redis-tools'];
const HOW_TO = 'Install redis-server (7 or later) or valkey-server with the package manager of your system.';

/** Each port is tried once: between the choice and the start, another process may take it. */
const TRIES = 5;

/**
 * Below the ports that systems give to the near ends of connections: while a server is away, no connection takes its
 * port.
 */
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/** @param folder where `installRedis` has put the program */
function findRedis(folder) {
  for (const name of PROGRAMS) {
    const path = (process.env.PATH ?? '')
      .split(delimiter)
      .map(entry => join(entry, name))
      .find(isProgram);
    if (path !== undefined) return {command: path, env: {}};
  }
  return existsSync(join(folder, 'usr')) ? unpacked(folder) : null;
}

/**
 * Brings the program into the folder, if none is there and none is in PATH. Throws with what was tried.
 *
 * @param folder has nothing else
 */
function installRedis(folder) {
  const found = findRedis(folder);
  if (found !== null) return found;
  const half = `${folder}.half`; // an install that is killed half-way is none
  rmSync(half, {recursive: true, force: true});
  mkdirSync(half, {recursive: true});
  try {
    unpack(half, PACKAGES);
    if (missingLibraries(unpacked(half)).length > 0) unpack(half, librariesOf('redis-tools'));
    const missing = missingLibraries(unpacked(half));
    if (missing.length > 0) throw new Error(`these libraries are missing: ${missing.join(', ')}`);
  } catch (error) {
    rmSync(half, {recursive: true, force: true});
    throw new Error(
      `There is no ${PROGRAMS.join(' or ')} in PATH, and \`apt-get download ${PACKAGES.join(' ')}\` ` +
        `has brought none: ${String(error.stderr ?? '').trim() || error.message}\n${HOW_TO}`,
    );
  }
  rmSync(folder, {recursive: true, force: true});
  renameSync(half, folder);
  return unpacked(folder);
}

/**
 * Starts the server on a free port of loopback; resolves when it takes connections. If this process dies, it ends.
 *
 * @param folder where its data is
 * @param options port: of a server that was here before; args: more arguments
 */
async function startRedis({command, env}, folder, {port, args = []} = {}) {
  for (let tries = 1; ; tries++) {
    const started = await tryStart(command, env, folder, port ?? (await freePort()), args);
    if (typeof started !== 'string') return started;
    if (port !== undefined || tries === TRIES || !/Address already in use/i.test(started)) {
      throw new Error(`${command} has not started:\n${started}`);
    }
  }
}

// The inner process reads from us: when we are gone, it ends the server.
const SCRIPT =
  'exec 3<&0; "$@" 3<&- & server=$!; (read _ <&3; kill -9 $server) 2>/dev/null & reader=$!; ' +
  'echo "pid $server"; wait $server; code=$?; kill $reader 2>/dev/null; exit $code';

/** @returns what the server has printed, if it has ended */
function tryStart(command, env, folder, port, args) {
  const settings = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    ...args,
  ];
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', command, ...settings.map(String)], {
    env: {...process.env, ...env},
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  shell.stdin.on('error', () => undefined);
  const ended = new Promise(resolve => shell.once('close', resolve));
  const end = async signal => {
    // After its exit, its id may be another process's.
    if (shell.exitCode === null && shell.signalCode === null) process.kill(server.pid, signal);
    await ended;
  };
  const server = {
    port,
    pid: 0,
    /** Its data stays in the folder. */
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
  return new Promise((resolve, reject) => {
    let printed = '';
    shell.once('error', reject);
    shell.stdout.on('data', chunk => {
      printed = `${printed}${chunk}`.slice(-10_000);
      server.pid ||= Number(/^pid (\d+)/m.exec(printed)?.[1] ?? 0);
      if (printed.includes('Ready to accept connections')) resolve(server);
    });
    shell.stderr.on('data', chunk => (printed += chunk));
    ended.then(() => resolve(printed));
  });
}

async function freePort() {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', error => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function unpacked(folder) {
  const lib = join(folder, 'usr', 'lib');
  // Its libraries are in a folder that has the name of the architecture.
  const folders = existsSync(lib) ? readdirSync(lib).map(name => join(lib, name)) : [];
  const path = [...folders, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return {command: join(folder, 'usr', 'bin', 'redis-server'), env: {LD_LIBRARY_PATH: path}};
}

const run = (command, args, options) =>
  execFileSync(command, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options});

function unpack(folder, packages) {
  const archives = join(folder, 'archives');
  mkdirSync(archives);
  run('apt-get', ['download', ...packages], {cwd: archives});
  for (const name of readdirSync(archives)) run('dpkg', ['-x', join(archives, name), folder]);
  rmSync(archives, {recursive: true});
}

const librariesOf = name =>
  [...run('apt-cache', ['depends', name]).matchAll(/^\s*Depends: (lib\S+)$/gm)].map(([, library]) => library);

const missingLibraries = ({command, env}) =>
  [...run('ldd', [command], {env: {...process.env, ...env}}).matchAll(/^\s*(\S+) => not found$/gm)].map(
    ([, library]) => library,
  );

module.exports = {findRedis, installRedis, startRedis};

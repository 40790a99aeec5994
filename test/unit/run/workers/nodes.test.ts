import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {NodesError} from '../../../../src/core/texts/nodes';
import type {NodeOption} from '../../../../src/core/rules/options';
import type * as Nodes from '../../../../src/run/workers/nodes';
import {compileRings} from '../../compiledSources';
import {untilListed} from '../../fixtures/processTable';
import {temporaryFolder} from '../temporaryFolder';

// From JavaScript: a node runs a file of ours.
const COMPILED = join(compileRings('run', 'worker'), 'run', 'workers', 'nodes.js');
const {prepareNodes, nodeEnvironment} = require(COMPILED) as typeof Nodes;

const HOUR_MS = 3_600_000;
const {NODE_OPTIONS: _nodeOptions, ...environment} = process.env;

function prepare(nodes: readonly NodeOption[], rootDir = temporaryFolder(), limitMs = HOUR_MS) {
  return prepareNodes(nodes, {rootDir, environment, threads: false, limitMs});
}

/** The lines of the error, by the name of the node that they are about. */
async function failures(...[nodes, rootDir, limitMs]: Parameters<typeof prepare>): Promise<Record<string, string>> {
  const error: unknown = await prepare(nodes, rootDir, limitMs).catch((reason: unknown) => reason);
  if ((error as Error).name !== NodesError.name) throw error;
  const entries = (error as Error).message.split('\n  • ').slice(1);
  return Object.fromEntries(entries.map(entry => [/^"(.*?)": /.exec(entry)?.[1] ?? '', entry]));
}

function script(rootDir: string, name: string): void {
  chmodSync(join(rootDir, name), 0o755);
}

const unixOnly = process.platform === 'win32' ? describe.skip : describe;

test('nodes that start, in the order of the option', async () => {
  const nodes = [
    {name: 'own'},
    {name: 'other', execPath: process.execPath, execArgv: ['--expose-gc'], env: {TZ: 'Asia/Tokyo', CI: null}},
  ];
  expect(await prepare(nodes)).toEqual([
    {name: 'own', version: process.version, execPath: process.execPath, execArgv: null, env: {}},
    {
      name: 'other',
      version: process.version,
      execPath: process.execPath,
      execArgv: ['--expose-gc'],
      env: {TZ: 'Asia/Tokyo', CI: null},
    },
  ]);
});

test('a variable of a node that is undefined was not said', async () => {
  const [node] = await prepare([{name: 'a', env: {TZ: undefined, CI: null, HOME: '/'}}]);
  expect(node && nodeEnvironment(node, {TZ: 'Asia/Tokyo', CI: 'true'})).toEqual({
    TZ: 'Asia/Tokyo',
    HOME: '/',
    XDIST_NODE: 'a',
  });
});

test('what is preloaded may print, and may keep the process alive', async () => {
  const rootDir = temporaryFolder({
    'loud.js': `console.log('v1.0.0'); console.error('v2.0.0'); process.on('exit', () => console.log('v3.0.0')); setInterval(() => {}, 1000);`,
  });
  const env = {NODE_OPTIONS: `--require ${join(rootDir, 'loud.js')}`};
  expect(await prepare([{name: 'loud', env}])).toMatchObject([{version: process.version}]);
});

test('flags and environment are those that the workers will have', async () => {
  const rootDir = temporaryFolder({
    'tell.js': `
      const {TZ, GIVEN, GONE, HOME, XDIST_NODE, JEST_WORKER_ID} = process.env;
      const hour = new Date(0).getHours();
      process.stderr.write(JSON.stringify({hour, TZ, GIVEN, GONE, HOME, XDIST_NODE, flags: process.execArgv}));
      process.exit(3);`,
  });
  const flags = ['--expose-gc', '--require', join(rootDir, 'tell.js')];
  const nodes = [{name: 'teller', execArgv: flags, env: {TZ: 'Asia/Tokyo', GIVEN: '', GONE: null}}];
  const error: unknown = await prepareNodes(nodes, {
    rootDir,
    environment: {...environment, HOME: '/home/me', GONE: 'still here', TZ: 'UTC'},
    threads: false,
  }).catch((reason: unknown) => reason);
  const [, json = ''] = /\| (\{.*\})/.exec((error as Error).message) ?? [];
  expect(JSON.parse(json)).toEqual({
    hour: 9,
    TZ: 'Asia/Tokyo',
    GIVEN: '',
    HOME: '/home/me',
    XDIST_NODE: 'teller',
    flags,
  });
});

test('without an execArgv it has the flags of this process, but for those of a debugger', async () => {
  const {execArgv} = process;
  const rootDir = temporaryFolder({'end.js': 'process.exit(5);'});
  try {
    process.execArgv = ['--inspect-brk=0', '--require', join(rootDir, 'end.js')];
    const told = await failures([{name: 'inherits'}, {name: 'inherits too', env: {A: 'b'}}]);
    expect(told['inherits']).toMatch(`Started as: ${process.execPath} --require ${join(rootDir, 'end.js')}\n`);
    expect(told['inherits too']).toMatch("those of Jest's own process (execArgv: [] means none)");
    expect(await prepare([{name: 'has none', execArgv: []}])).toMatchObject([{version: process.version}]);
  } finally {
    process.execArgv = execArgv;
  }
});

test('all that cannot be started are in one error', async () => {
  const rootDir = temporaryFolder({
    text: 'no program',
    'dies.js': 'process.kill(process.pid, "SIGKILL"); for (;;);',
    'fails.js': 'throw new Error("not today");',
  });
  const preload = (name: string) => ['--require', join(rootDir, name)];
  const told = await failures(
    [
      {name: 'fine'},
      {name: 'gone', execPath: './bin/node'},
      {name: 'inside a file', execPath: './text/node'},
      {name: 'unknown', execPath: 'no-such-node', env: {PATH: '/nowhere:/neither'}},
      {name: 'text', execPath: './text'},
      {name: 'folder', execPath: rootDir},
      {name: 'bad flag', execArgv: ['--foo']},
      {name: 'bad text', execArgv: ['a\0b']},
      {name: 'no preload', env: {NODE_OPTIONS: '--require ./gone.js'}},
      {name: 'fails', execArgv: preload('fails.js')},
      {name: 'dies', execArgv: preload('dies.js')},
      {name: 'checks', execArgv: ['--check']},
    ],
    rootDir,
  );
  expect(Object.keys(told)).toEqual([
    'gone',
    'inside a file',
    'unknown',
    'text',
    'folder',
    'bad flag',
    'bad text',
    'no preload',
    'fails',
    'dies',
    'checks',
  ]);
  expect(told['gone']).toMatch(`there is no file ${join(rootDir, 'bin/node')}.`);
  expect(told['inside a file']).toMatch(`there is no file ${join(rootDir, 'text/node')}.`);
  expect(told['unknown']).toMatch("there is no command no-such-node in the node's PATH, which is /nowhere:/neither.");
  expect(told['text']).toMatch(`${join(rootDir, 'text')} cannot be executed`);
  expect(told['folder']).toMatch(`${rootDir} cannot be executed`);
  expect(told['bad flag']).toMatch(/exited with code 9 [^]* \| .*bad option: --foo\n[^]*its execArgv\.$/m);
  expect(told['bad text']).toMatch('the system refuses to start it: ');
  expect(told['no preload']).toMatch(
    / NODE_OPTIONS="--require \.\/gone\.js" [^]* \| .*Cannot find module '\.\/gone\.js'/,
  );
  expect(told['fails']).toMatch(/exited with code 1 [^]* \| Error: not today/);
  expect(told['dies']).toMatch('it was killed by signal SIGKILL before');
  expect(told['checks']).toMatch('it exited with code 0, but did not run the script that the runner gave it.');
});

unixOnly('a script as execPath', () => {
  test('may start the node: one in PATH, too', async () => {
    const rootDir = temporaryFolder({'bin/my-node': `#!/bin/sh\n'${process.execPath}' "$@"\n`});
    script(rootDir, 'bin/my-node');
    const PATH = `${join(rootDir, 'bin')}:${process.env.PATH}`;
    expect(
      await prepare(
        [
          {name: 'by path', execPath: 'bin/my-node'},
          {name: 'by name', execPath: 'my-node', env: {PATH}},
        ],
        rootDir,
      ),
    ).toMatchObject([
      {version: process.version, execPath: join(rootDir, 'bin/my-node')},
      {version: process.version, execPath: 'my-node'},
    ]);
  });

  test('that is no node is refused, as is a node that is too old', async () => {
    const rootDir = temporaryFolder({
      other: '#!/bin/sh\necho "not me" >&2\nexit 4\n',
      quiet: '#!/bin/sh\n',
      liar: '#!/bin/sh\necho "hello" >&3\n',
      lost: '#!/gone/sh\n',
      old: '#!/bin/sh\necho v18.19.1 >&3\n',
    });
    const names = ['other', 'quiet', 'liar', 'lost', 'old'];
    for (const name of names) script(rootDir, name);
    const told = await failures(
      names.map(name => ({name, execPath: `./${name}`})),
      rootDir,
    );
    expect(told['other']).toMatch(
      /exited with code 4 [^]* \| not me\n[^]*its execPath, which must be a Node executable/,
    );
    expect(told['quiet']).toMatch('it exited with code 0, but did not run the script that the runner gave it.');
    expect(told['liar']).toMatch('it exited with code 0, but did not run the script that the runner gave it.');
    expect(told['lost']).toMatch(`${join(rootDir, 'lost')} exists, but something that it needs does not`);
    expect(told['old']).toMatch('it is Node v18.19.1, but test files need Node 20 or later.');
  });

  const HANGING = {
    script: `#!/bin/sh\n'${process.execPath}' "$@"\n`,
    'hang.js': 'require("fs").writeFileSync(__dirname + "/hangs", ""); console.error("I wait"); for (;;);',
  };
  const hangingNode = (rootDir: string) => ({
    name: 'hangs',
    execPath: './script',
    execArgv: ['--require', join(rootDir, 'hang.js')],
  });

  test('that hangs is ended with what it has started, and its last words are kept', async () => {
    const rootDir = temporaryFolder(HANGING);
    script(rootDir, 'script');
    let told: Record<string, string> = {};
    // On a busy machine it takes a while until it gets there.
    for (let limitMs = 500; told['hangs']?.includes('I wait') !== true; limitMs *= 2) {
      told = await failures([hangingNode(rootDir)], rootDir, limitMs);
    }
    expect(told['hangs']).toMatch(
      /the runner killed it because it did not run the script that the runner gave it within [\d.]+ m?s\./,
    );
    await untilListed(join(rootDir, 'hang.js'), 0);
  });

  test('that hangs is ended by a signal to Jest', async () => {
    const rootDir = temporaryFolder(HANGING);
    script(rootDir, 'script');
    const surroundings = {rootDir, environment, threads: false};
    const waiting = spawn(
      process.execPath,
      [
        '-e',
        `require(${JSON.stringify(COMPILED)}).prepareNodes(...${JSON.stringify([[hangingNode(rootDir)], surroundings])})`,
      ],
      {stdio: 'inherit'},
    );
    const ended = once(waiting, 'exit');
    while (!existsSync(join(rootDir, 'hangs'))) await new Promise(resolve => setTimeout(resolve, 20));
    waiting.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    await untilListed(join(rootDir, 'hang.js'), 0);
  });

  test('that leaves a process behind which holds its output is not waited for', async () => {
    const rootDir = temporaryFolder({
      leaves: `#!/bin/sh\nsleep 3600 &\necho $! > "$(dirname "$0")/pid"\nexec '${process.execPath}' "$@"\n`,
    });
    script(rootDir, 'leaves');
    expect(await prepare([{name: 'leaves', execPath: './leaves'}], rootDir)).toMatchObject([
      {version: process.version},
    ]);
    process.kill(Number(readFileSync(join(rootDir, 'pid'), 'utf8')), 'SIGKILL');
  });
});

test('nodes cannot be had with workerThreads', async () => {
  const surroundings = {rootDir: temporaryFolder(), environment, threads: true};
  await expect(prepareNodes([{name: 'a'}], surroundings)).rejects.toThrow("does not work with Jest's workerThreads");
});

test('the environment of a worker: what all have, what its node says, and the name of that', () => {
  const common = {PATH: '/bin', CI: 'true', TZ: 'UTC', UNSET: undefined, XDIST_NODE: 'of a run around this one'};
  expect(nodeEnvironment({name: 'mine', env: {CI: null, TZ: 'Asia/Tokyo', EMPTY: ''}}, common)).toEqual({
    PATH: '/bin',
    TZ: 'Asia/Tokyo',
    EMPTY: '',
    XDIST_NODE: 'mine',
  });
});

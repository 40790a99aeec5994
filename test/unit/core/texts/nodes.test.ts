import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  isPath,
  isTooOld,
  NodesError,
  nodesInThreads,
  nodesNotStarted,
  OLDEST_NODE,
  parseVersion,
  type NodeStart,
  type StartTrouble,
} from '../../../../src/core/texts/nodes';

const START: NodeStart = {
  name: 'mine',
  execPath: '/opt/node/bin/node',
  flags: [],
  inheritsFlags: true,
  nodeOptions: undefined,
};

/** What is said of one node, without the error's own first line. */
function told(trouble: StartTrouble, start: Partial<NodeStart> = {}): string[] {
  const lines = nodesNotStarted([{start: {...START, ...start}, trouble}], '/app').message.split('\n');
  expect(lines.slice(0, 2)).toEqual(['jest-runner-xdist: a node cannot be started.', '']);
  return lines.slice(2, -1);
}

test('the oldest Node is the one that package.json asks for', () => {
  const {engines} = JSON.parse(readFileSync(join(__dirname, '../../../../package.json'), 'utf8')) as {
    engines: {node: string};
  };
  expect(engines.node).toBe(`>=${OLDEST_NODE}`);
});

test.each([
  ['v20.0.0', false],
  ['v22.9.0', false],
  ['v100.0.0', false],
  ['v25.0.0-nightly2025', false],
  ['v19.9.0', true],
  ['v8.17.0', true],
  ['v0.12.18', true],
])('%s is too old: %p', (version, expected) => {
  expect(isTooOld(version)).toBe(expected);
});

test.each([
  ['v22.9.0\n', 'v22.9.0'],
  ['v25.0.0-nightly2025\n', 'v25.0.0-nightly2025'],
  ['v22.9.0', null],
  ['', null],
  ['22.9.0\n', null],
  ['node v22.9.0\n', null],
])('the answer %j is the version %p', (answer, version) => {
  expect(parseVersion(answer)).toBe(version);
});

test.each([
  ['node22', false],
  ['./node', true],
  ['/opt/node', true],
  ['C:\\node\\node.exe', true],
])('an execPath that is a path: %s, %p', (execPath, expected) => {
  expect(isPath(execPath)).toBe(expected);
});

describe('what a user reads', () => {
  test.each<[StartTrouble, string, string]>([
    [
      {kind: 'no-file'},
      'there is no file /opt/node/bin/node.',
      'Correct its execPath: a path is relative to rootDir, /app; a name without a slash is a command in PATH.',
    ],
    [
      {kind: 'no-interpreter'},
      '/opt/node/bin/node exists, but something that it needs does not: the interpreter in its first line, or the loader of its libraries.',
      "Correct its execPath, or remove it to use the Node of Jest's own process.",
    ],
    [
      {kind: 'not-executable'},
      '/opt/node/bin/node cannot be executed: it is a folder, or its permissions do not allow it.',
      "Correct its execPath, or remove it to use the Node of Jest's own process.",
    ],
    [
      {kind: 'refused', message: 'spawn E2BIG'},
      'the system refuses to start it: spawn E2BIG.',
      "Correct its execPath, or remove it to use the Node of Jest's own process.",
    ],
    [
      {kind: 'too-old', version: 'v18.19.1'},
      'it is Node v18.19.1, but test files need Node 20 or later.',
      'Set its execPath to a newer Node, or remove it from "nodes".',
    ],
  ])('of %j', (trouble, what, advice) => {
    expect(told(trouble)).toEqual([`  • "mine": ${what}`, '    Started as: /opt/node/bin/node', `    ${advice}`]);
  });

  test('of a command that is not in PATH', () => {
    expect(told({kind: 'no-command', searched: '/bin:/usr/bin'}, {execPath: 'node22'})).toEqual([
      `  • "mine": there is no command node22 in the node's PATH, which is /bin:/usr/bin.`,
      '    Started as: node22',
      '    Install it, or give its execPath as a path.',
    ]);
    expect(told({kind: 'no-command', searched: undefined})[0]).toMatch("in the node's PATH, which is not set.");
  });

  test.each<[StartTrouble, string]>([
    [{kind: 'exit', code: 9, stderr: ''}, 'it exited with code 9 before it ran the script that the runner gave it.'],
    [{kind: 'exit', code: 0, stderr: ''}, 'it exited with code 0, but did not run the script that the runner gave it.'],
    [
      {kind: 'signal', signal: 'SIGSEGV', stderr: ''},
      'it was killed by signal SIGSEGV before it ran the script that the runner gave it.',
    ],
    [
      {kind: 'silent', limitMs: 60_000, stderr: ''},
      'the runner killed it because it did not run the script that the runner gave it within 60 s.',
    ],
  ])('of %j', (trouble, what) => {
    expect(told(trouble)).toEqual([
      `  • "mine": ${what}`,
      '    Started as: /opt/node/bin/node',
      '    Nothing was written to its standard error.',
      '    What may be wrong: its execPath, which must be a Node executable.',
    ]);
  });

  test('what it wrote, and whose flags and NODE_OPTIONS it has', () => {
    const trouble = {kind: 'exit', code: 9, stderr: 'node: bad option: --foo\n\nand more'} as const;
    const nodeOptions = '--require ./hook.js';
    expect(told(trouble, {flags: ['--foo', 'a b'], inheritsFlags: false, nodeOptions})).toEqual([
      '  • "mine": it exited with code 9 before it ran the script that the runner gave it.',
      '    Started as: NODE_OPTIONS="--require ./hook.js" /opt/node/bin/node --foo "a b"',
      '    The end of its standard error:',
      '      | node: bad option: --foo',
      '      | ',
      '      | and more',
      '    What may be wrong: its execPath, which must be a Node executable; its execArgv; its NODE_OPTIONS (env: {NODE_OPTIONS: null} removes it).',
    ]);
    expect(told(trouble, {flags: ['--foo']}).at(-1)).toBe(
      "    What may be wrong: its execPath, which must be a Node executable; its flags, which are those of Jest's own process (execArgv: [] means none).",
    );
  });

  test('of several nodes it is one error', () => {
    const failures = ['a', 'b'].map(name => ({start: {...START, name}, trouble: {kind: 'no-file'} as const}));
    expect(nodesNotStarted(failures, '/app').message).toMatch(
      /^jest-runner-xdist: some nodes cannot be started\.\n\n {2}• "a": [^]+\n\n {2}• "b": [^]+\n$/,
    );
  });

  test('of workerThreads', () => {
    expect(nodesInThreads().message).toBe(
      'jest-runner-xdist: the option "nodes" does not work with Jest\'s workerThreads: a thread always has the Node, the flags ' +
        "and the time zone of Jest's own process. Remove one of the two options.\n",
    );
  });

  test('the printed stack is the message alone', () => {
    const error = new NodesError('one thing');
    expect(error.stack).toBe(error.message);
  });
});

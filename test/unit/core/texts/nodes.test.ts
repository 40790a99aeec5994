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
      'Correct its execPath: a path is relative to rootDir, /app, and a command without a slash is looked for in PATH.',
    ],
    [
      {kind: 'no-interpreter'},
      '/opt/node/bin/node is there, but not what it needs: the interpreter that its first line names, or the loader of its libraries.',
      "Correct its execPath, or leave it out for the Node of Jest's own process.",
    ],
    [
      {kind: 'not-executable'},
      '/opt/node/bin/node cannot be executed: it is a folder, or its permissions do not allow it.',
      "Correct its execPath, or leave it out for the Node of Jest's own process.",
    ],
    [
      {kind: 'refused', message: 'spawn E2BIG'},
      'the system refuses to start it: spawn E2BIG.',
      "Correct its execPath, or leave it out for the Node of Jest's own process.",
    ],
    [
      {kind: 'too-old', version: 'v18.19.1'},
      'it is Node v18.19.1, and the oldest that test files can be run on is 20.',
      'Set its execPath to a newer one, or take it out of "nodes".',
    ],
  ])('of %j', (trouble, what, advice) => {
    expect(told(trouble)).toEqual([`  • "mine": ${what}`, '    Started as: /opt/node/bin/node', `    ${advice}`]);
  });

  test('of a command that is not in PATH', () => {
    expect(told({kind: 'no-command', searched: '/bin:/usr/bin'}, {execPath: 'node22'})).toEqual([
      '  • "mine": there is no command node22 in its PATH, which is /bin:/usr/bin.',
      '    Started as: node22',
      '    Install it, or give its execPath as a path.',
    ]);
    expect(told({kind: 'no-command', searched: undefined})[0]).toMatch('in its PATH, which is not set.');
  });

  test.each<[StartTrouble, string]>([
    [{kind: 'exit', code: 9, stderr: ''}, 'it ended before it ran the file that it was given, with exit code 9.'],
    [{kind: 'exit', code: 0, stderr: ''}, 'it ended without having run the file that it was given, with exit code 0.'],
    [
      {kind: 'signal', signal: 'SIGSEGV', stderr: ''},
      'it was killed by signal SIGSEGV before it ran the file that it was given.',
    ],
    [
      {kind: 'silent', limitMs: 60_000, stderr: ''},
      'it was killed, as it had not run the file that it was given within 60 s.',
    ],
  ])('of %j', (trouble, what) => {
    expect(told(trouble)).toEqual([
      `  • "mine": ${what}`,
      '    Started as: /opt/node/bin/node',
      '    Nothing was written to its standard error.',
      '    What may be wrong: its execPath, which must be a Node.',
    ]);
  });

  test('what it wrote, and whose flags and NODE_OPTIONS it has', () => {
    const trouble = {kind: 'exit', code: 9, stderr: 'node: bad option: --foo\n\nand more'} as const;
    const nodeOptions = '--require ./hook.js';
    expect(told(trouble, {flags: ['--foo', 'a b'], inheritsFlags: false, nodeOptions})).toEqual([
      '  • "mine": it ended before it ran the file that it was given, with exit code 9.',
      '    Started as: NODE_OPTIONS="--require ./hook.js" /opt/node/bin/node --foo "a b"',
      '    The end of its standard error:',
      '      | node: bad option: --foo',
      '      | ',
      '      | and more',
      '    What may be wrong: its execPath, which must be a Node; its execArgv; its NODE_OPTIONS (env: {NODE_OPTIONS: null} takes it away).',
    ]);
    expect(told(trouble, {flags: ['--foo']}).at(-1)).toBe(
      "    What may be wrong: its execPath, which must be a Node; its flags, which are those of Jest's own process (execArgv: [] is none).",
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
      'jest-runner-xdist: the option "nodes" cannot be combined with Jest\'s workerThreads: a thread has the Node, the flags ' +
        "and the time zone of Jest's own process. Remove one of the two.\n",
    );
  });

  test('the printed stack is the message alone', () => {
    const error = new NodesError('one thing');
    expect(error.stack).toBe(error.message);
  });
});

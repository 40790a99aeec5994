import {stripVTControlCharacters} from 'node:util';
import {
  abandonFile,
  blameFile,
  circumstances,
  describeDeath,
  malformedPragmas,
  unmetRules,
  type Death,
  type DeathReport,
} from '../../../../src/core/texts/deaths';
import {culpritBefore, type Culprit} from '../../../../src/core/results/culprit';
import {describeLeftBehind} from '../../../../src/core/texts/leftBehind';
import type {HungPlace} from '../../../../src/core/wire/watchdogMessages';

const report = (death: Death, fields: Partial<DeathReport> = {}): DeathReport => ({
  death,
  slot: 3,
  generation: 2,
  pid: 4711,
  stderr: '',
  ...fields,
});
const killed: Death = {kind: 'signal', signal: 'SIGKILL'};

test.each<[Death, string]>([
  [killed, 'it was killed by signal SIGKILL'],
  [{kind: 'exit', code: 7, uncaught: null}, 'the worker called process.exit(7)'],
  [{kind: 'exit', code: 1, uncaught: 'Error: oh'}, 'an uncaught exception ended it with exit code 1'],
  [{kind: 'out-of-memory'}, 'it ran out of memory'],
  [{kind: 'broken', message: 'it could not go on'}, 'it could not go on'],
])('%j is told as "%s"', (death, text) => {
  expect(describeDeath(death)).toBe(text);
});

describe('the file that a worker died of', () => {
  test('is told how, in which worker, and what that meant for the others', () => {
    expect(blameFile(report(killed), 0).message).toBe(
      'The worker process that ran this test file died: it was killed by signal SIGKILL.\n' +
        "The results of the file's other tests are lost.\n\n" +
        'Nothing was written to the standard error of worker w3 (pid 4711).',
    );
  });

  test('of a hang, has the stack once: Jest prints the frames of the test file behind the message', () => {
    const frames = [
      {functionName: 'spin', path: '/a.test.js', line: 3, column: 9},
      {functionName: 'load', path: '/jest.js', line: 1, column: 1},
    ];
    const death: Death = {
      kind: 'hung',
      name: 'a.test.js',
      ms: 3000,
      limitMs: 2000,
      limitBy: 'hardTimeout',
      began: true,
      place: {kind: 'stack', frames},
    };
    const {message, stack} = blameFile(report(death), 1);
    expect(message).toMatch(/\n\nWhere it hung, in a\.test\.js:$/);
    expect(stack).toBe(`${message}\n    at spin (/a.test.js:3:9)\n    at load (/jest.js:1:1)`);
  });

  test('is shown the end of the standard error', () => {
    const {message} = blameFile(report(killed, {stderr: 'first\nsecond\n'}), 0);
    expect(message).toMatch(/\n\nThe end of the standard error of worker w3 \(pid 4711\):\n\| first\n\| second$/);
  });

  test('is shown the exception that nothing caught', () => {
    const {message} = blameFile(
      report({kind: 'exit', code: 1, uncaught: 'Error: oh\n    at a.js:1'}, {stderr: 'something else'}),
      0,
    );
    expect(message).toMatch(
      /\n\nThe exception in worker w3 \(pid 4711\):\n\| Error: oh\n\| {5}at a\.js:1\n\nThe end of the standard error/,
    );
  });

  test('is not shown the exception twice where Node has printed it already', () => {
    const {message} = blameFile(
      report({kind: 'exit', code: 1, uncaught: 'Error: oh'}, {stderr: 'a.js:1\nError: oh\nNode.js v20'}),
      0,
    );
    expect(message).not.toContain('The exception in');
    expect(message.match(/Error: oh/g)).toHaveLength(1);
  });

  test('reads of a worker without a pid if that never said it', () => {
    expect(blameFile(report(killed, {pid: null}), 0).message).toMatch(/standard error of worker w3\.$/);
  });

  test('gets no stack, as reporters would print our frames', () => {
    expect(blameFile(report(killed), 0)).toMatchObject({stack: '', type: 'Error'});
  });
});

test('of the standard error all lines stay aligned when Jest prints them, also what looks like a place in a stack', () => {
  const stderr = 'code\n\n      at Object.exit (a.test.js:2:49)\n';
  const failureMessages = [`It died.\n\n${circumstances(report(killed, {stderr}))}`];
  const failure = {ancestorTitles: [], title: 'exits', failureMessages, failureDetails: [{}]};
  const {formatResultsErrors} = require('jest-message-util') as {
    readonly formatResultsErrors: (tests: readonly object[], config: object, options: object) => string;
  };
  const printed = stripVTControlCharacters(
    formatResultsErrors([failure], {rootDir: '/', testMatch: []}, {noStackTrace: false}),
  );
  const bars = printed.split('\n').flatMap(line => (line.includes('|') ? [line.indexOf('|')] : []));
  expect(bars).toEqual([6, 6, 6]);
});

describe('a file that no worker was left for', () => {
  test('is told that every worker stayed down, and how the last one died', () => {
    expect(abandonFile('all-barren', report({kind: 'out-of-memory'}, {stderr: 'heap'}), 7).message).toBe(
      'This test file was not run: no worker is left: in every slot, 3 workers in a row died before they ran a test.\n' +
        'The last worker died: it ran out of memory.\n\n' +
        'The end of the standard error of worker w3 (pid 4711):\n| heap',
    );
  });

  test('is told of the limit of replacements', () => {
    expect(abandonFile('restarts-spent', report(killed), 0).message).toMatch(
      /^This test file was not run: no worker is left, and maxWorkerRestarts \(0\) allows no more replacements\.\nThe last worker died/,
    );
  });

  test('is told no more than that where no death is known', () => {
    expect(abandonFile('restarts-spent', null, 2).message).toBe(
      'This test file was not run: no worker is left, and maxWorkerRestarts (2) allows no more replacements.',
    );
  });
});

test('a file with malformed pragmas is told each place', () => {
  const problems = [
    {line: 2, text: '@serial x: it takes no value'},
    {line: 3, text: '@resource: name it'},
  ];
  expect(malformedPragmas({configId: 'c', path: '/p/a.test.ts'}, problems).message).toBe(
    "A pragma in this file's docblock is invalid, so the file was not run.\n\n" +
      '  /p/a.test.ts:2  @serial x: it takes no value\n' +
      '  /p/a.test.ts:3  @resource: name it',
  );
});

test('a file that asks for what cannot be had is told where it does, and what to do', () => {
  expect(unmetRules([{place: '/p/a.test.ts:2', text: 'there is none.'}]).message).toBe(
    'This file asks for something that is not available, so it was not run.\n\n  /p/a.test.ts:2  there is none.',
  );
});

describe('the culprit before the running file', () => {
  const hung = (place: HungPlace, began = true): Death => ({
    kind: 'hung',
    name: 'c.test.js › a',
    ms: 3000,
    limitMs: 2000,
    limitBy: 'hardTimeout',
    began,
    place,
  });
  const stack = (...paths: string[]): HungPlace => ({
    kind: 'stack',
    frames: paths.map(path => ({functionName: 'spin', path, line: 3, column: 9})),
  });
  const ended = ['/a.test.js', '/b.test.js'];
  const exception = (...files: string[]): Death => ({
    kind: 'exit',
    code: 1,
    uncaught: `Error: late\n${files.map(file => `    at Timeout.<anonymous> (${file}:3:9)`).join('\n')}`,
  });

  test('is the file of the worker that the stack names and that had ended', () => {
    expect(culpritBefore(exception('/b.test.js'), ended, '/c.test.js')).toEqual({path: '/b.test.js', named: true});
  });

  test.each([
    ['the running file is in the stack, too', exception('/a.test.js', '/c.test.js'), '/c.test.js'],
    ['the stack names none of them', exception('/lib.js'), '/c.test.js'],
    ['process.exit was called', {kind: 'exit' as const, code: 1, uncaught: null}, '/c.test.js'],
    ['it was a signal', {kind: 'signal' as const, signal: 'SIGKILL'}, '/c.test.js'],
  ])('is nobody where %s', (_why, death, running) => {
    expect(culpritBefore(death, ['/a.test.js'], running)).toBeNull();
  });

  test.each<[string, Death, string | null, Culprit | null]>([
    ['an exception, with nothing running', exception('/a.test.js'), null, {path: '/a.test.js', named: true}],
    [
      'a loop in an earlier file',
      hung(stack('/lib.js', '/a.test.js')),
      '/c.test.js',
      {path: '/a.test.js', named: true},
    ],
    ['a loop that the running file takes part in', hung(stack('/a.test.js', '/c.test.js')), '/c.test.js', null],
    ['a loop in a library, in a test', hung(stack('/lib.js')), '/c.test.js', null],
    [
      'a loop in a library, before the file',
      hung(stack('/lib.js'), false),
      '/c.test.js',
      {path: '/b.test.js', named: false},
    ],
    ['native code before the file', hung({kind: 'native'}, false), '/c.test.js', {path: '/b.test.js', named: false}],
    ['an environment that waits', hung({kind: 'open', resources: []}, false), '/c.test.js', null],
    ['a loop with nothing running', hung({kind: 'native'}, false), null, {path: '/b.test.js', named: false}],
    ['a file that is not begun', {kind: 'deaf', ms: 1}, null, {path: '/b.test.js', named: false}],
  ])('of %s', (_what, death, running, culprit) => {
    expect(culpritBefore(death, ended, running)).toEqual(culprit);
    expect(culpritBefore(death, [], running)).toBeNull();
  });

  test.each<[Death, boolean, string | null, string]>([
    [
      hung(stack('/a.test.js')),
      true,
      '/c.test.js',
      'code that /a.test.js left behind (a timer or a promise that outlived its tests) hung worker w2 while it ran ' +
        '/c.test.js, which runs again: the runner killed it after 3 s (limit: 2 s, hardTimeout).\n\n' +
        'Where it hung, in c.test.js › a:\n    at spin (/a.test.js:3:9)',
    ],
    [
      hung({kind: 'native'}, false),
      false,
      '/c.test.js',
      'worker w2 hung before any code of /c.test.js ran, which runs again: the runner killed it after 3 s (limit: ' +
        '2 s, hardTimeout). The last file that ended in this worker is /a.test.js, which may have left something behind.\n\n' +
        'Where it hung, in c.test.js › a:\n    The main thread runs native code that cannot be interrupted: a synchronous child ' +
        'process or read, or one huge computation.',
    ],
    [
      {kind: 'deaf', ms: 80_000},
      false,
      null,
      'worker w2 hung: the runner killed it because it did not start its next file within 80 s: something broke ' +
        'its connection to Jest. The last file that ended in this worker is /a.test.js, which may have left something behind.',
    ],
  ])('is told of %j', (death, named, running, text) => {
    expect(describeLeftBehind({path: '/a.test.js', named}, running, death, 2)).toBe(text);
  });
});

import {
  hostEnded,
  setupFailure,
  teardownFailure,
  type FixtureTrouble,
} from '../../../../src/core/texts/fixtureFailures';

const killed = {kind: 'signal', signal: 'SIGKILL'} as const;

test('what the user has thrown keeps its calls', () => {
  expect(setupFailure('a.ts', {kind: 'thrown', error: {message: 'no', stack: '    at a'}})).toEqual({
    message: 'Shared fixture a.ts could not be set up: no',
    stack: 'Shared fixture a.ts could not be set up: no\n    at a',
  });
});

test.each<[string, FixtureTrouble, string]>([
  ['nothing that has a place', {kind: 'thrown', error: {message: 'no', stack: ''}}, 'no'],
  [
    'the end of its process',
    {kind: 'ended', end: {kind: 'exit', code: 3}, before: false},
    'its process ended during teardown: it exited with code 3.\n\nThe end of its standard error:\n  | one\n  | two',
  ],
  [
    'the end of its process before that',
    {kind: 'ended', end: killed, before: true},
    'its process had ended by itself before: it was killed by signal SIGKILL.\n\nThe end of its standard error:\n  | one\n  | two',
  ],
  [
    'a process that there never was',
    {kind: 'ended', end: {kind: 'not-started', message: 'spawn EAGAIN'}, before: true},
    'its process had ended by itself before: it could not be started: spawn EAGAIN.\n\nThe end of its standard error:\n  | one\n  | two',
  ],
  [
    'the time-out',
    {kind: 'timed-out', limitMs: 30_000, loading: false},
    'its teardown took longer than 30 s (fixtureTimeout), and the runner killed it.\n\nThe end of its standard error:\n  | one\n  | two',
  ],
  [
    'the end of the host',
    {kind: 'no-host', why: hostEnded(killed)},
    'the process that looks after all shared fixtures is gone: it was killed by signal SIGKILL.',
  ],
])('it is told of a teardown that failed by %s', (_what, trouble, why) => {
  expect(teardownFailure('a.ts', trouble, 'one\ntwo')).toEqual({
    message: `Shared fixture a.ts could not be taken down: ${why}`,
    stack: '',
  });
});

test('it is told that nothing was written', () => {
  expect(setupFailure('a.ts', {kind: 'timed-out', limitMs: 1500, loading: true}).message).toMatch(
    /^Shared fixture a\.ts could not be set up: its module took longer than 1\.5 s to load \(fixtureTimeout\), and the runner killed it\./,
  );
  expect(setupFailure('a.ts', {kind: 'timed-out', limitMs: 1500, loading: false}).message).toBe(
    'Shared fixture a.ts could not be set up: its setup took longer than 1.5 s (fixtureTimeout), and the runner killed it.\n\nNothing was written to its standard error.',
  );
});

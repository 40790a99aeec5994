import {describeForcedExit, type ForcedExitFacts} from '../../../../src/core/texts/forcedExits';
import type {LeftOpen} from '../../../../src/core/wire/workerMessages';

const exit = (fields: Partial<ForcedExitFacts>) =>
  describeForcedExit({slot: 2, pid: 4711, departure: null, files: ['a.test.js', 'b.test.js'], ...fields});

const waiting = (leftOpen: readonly LeftOpen[], addons: readonly string[] = []) =>
  ({at: 'waiting', leftOpen, addons}) as const;

test('names what each file has left open', () => {
  const leftOpen = [
    {kind: 'TCPServerWrap', count: 1, paths: ['a.test.js']},
    {kind: 'Timeout', count: 2, paths: ['a.test.js']},
    {kind: 'ProcessWrap', count: 1, paths: ['b.test.js']},
  ];
  expect(exit({departure: waiting(leftOpen, ['some.node'])})).toEqual([
    'worker w2 (pid 4711): 1 TCPServerWrap, 2 Timeout still open since a.test.js',
    'worker w2 (pid 4711): 1 ProcessWrap still open since b.test.js',
  ]);
});

test('names some of those of which one has', () => {
  const timer = (...paths: string[]) => exit({departure: waiting([{kind: 'Timeout', count: 1, paths}])});
  expect(timer('a', 'b')).toEqual(['worker w2 (pid 4711): 1 Timeout still open since a or b']);
  expect(timer('a', 'b', 'c', 'd', 'e')).toEqual([
    'worker w2 (pid 4711): 1 Timeout still open since a, b, c or one of 2 other files',
  ]);
});

test('says what no file has opened', () => {
  const leftOpen = [{kind: 'Timeout', count: 1, paths: []}];
  expect(exit({departure: waiting(leftOpen)})).toEqual([
    'worker w2 (pid 4711): 1 Timeout opened when no file was running',
  ]);
});

test('names the last file of one that said nothing', () => {
  expect(exit({})).toEqual([
    'worker w2 (pid 4711): busy after its last file, b.test.js, so it could not report what kept it',
  ]);
  expect(exit({files: [], pid: null})).toEqual(['worker w2: busy, so it could not report what kept it']);
});

test('names the native addons and the last files where Node lists nothing', () => {
  const files = ['a', 'b', 'c', 'd'];
  expect(exit({departure: waiting([], ['x/watcher.node', 'y.node']), files})).toEqual([
    'worker w2 (pid 4711): kept alive by something that Node does not list. Native addons in it: x/watcher.node, y.node. Its last files: b, c, d',
  ]);
  expect(exit({departure: waiting([]), files: []})).toEqual([
    'worker w2 (pid 4711): kept alive by something that Node does not list. It has loaded no native addon.',
  ]);
});

test('of one whose exit takes long names the native addons, and says nothing if there are none', () => {
  expect(exit({departure: {at: 'exiting', addons: ['y.node']}})).toEqual([
    'worker w2 (pid 4711): began to exit and did not finish. Native addons in it: y.node. Its last files: a.test.js, b.test.js',
  ]);
  expect(exit({departure: {at: 'exiting', addons: []}})).toEqual([]);
});

test('says nothing of one that still left to later processes what it has compiled', () => {
  expect(exit({departure: {at: 'saving'}})).toEqual([]);
});

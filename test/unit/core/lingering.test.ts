import {describeLingering, type Lingering} from '../../../src/core/lingering';

const lingering = (fields: Partial<Lingering>) =>
  describeLingering({slot: 2, pid: 4711, leftOpen: [], lastFile: 'b.test.js', ...fields});

test('names what each file has left open', () => {
  const leftOpen = [
    {kind: 'TCPServerWrap', count: 1, paths: ['a.test.js']},
    {kind: 'Timeout', count: 2, paths: ['a.test.js']},
    {kind: 'ProcessWrap', count: 1, paths: ['b.test.js']},
  ];
  expect(lingering({leftOpen})).toEqual([
    'worker w2 (pid 4711): 1 TCPServerWrap, 2 Timeout still open since a.test.js',
    'worker w2 (pid 4711): 1 ProcessWrap still open since b.test.js',
  ]);
});

test('names some of those of which one has', () => {
  const timer = (...paths: string[]) => lingering({leftOpen: [{kind: 'Timeout', count: 1, paths}]});
  expect(timer('a', 'b')).toEqual(['worker w2 (pid 4711): 1 Timeout still open since a or b']);
  expect(timer('a', 'b', 'c', 'd', 'e')).toEqual([
    'worker w2 (pid 4711): 1 Timeout still open since a, b, c or one of 2 other files',
  ]);
});

test('says what no file has opened', () => {
  const leftOpen = [{kind: 'Timeout', count: 1, paths: []}];
  expect(lingering({leftOpen})).toEqual(['worker w2 (pid 4711): 1 Timeout opened when no file was running']);
});

test('names the last file of one that said nothing', () => {
  expect(lingering({leftOpen: null})).toEqual([
    'worker w2 (pid 4711): busy after its last file, b.test.js, and could not say with what',
  ]);
  expect(lingering({leftOpen: null, lastFile: null, pid: null})).toEqual([
    'worker w2: busy, and could not say with what',
  ]);
});

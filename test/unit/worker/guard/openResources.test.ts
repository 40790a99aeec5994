import {OpenResources} from '../../../../src/worker/guard/openResources';

/** Reads what `now` names: `{Timeout: 2}`. */
function resources(fresh: Record<string, number> = {}) {
  let now = fresh;
  const open = new OpenResources(() => Object.entries(now).flatMap(([kind, count]) => Array<string>(count).fill(kind)));
  return {
    open,
    before: (counts: Record<string, number>) => {
      now = counts;
      open.fileBegins();
    },
    after: (path: string, counts: Record<string, number>) => {
      now = counts;
      open.fileEnded(path);
    },
    atTheEnd: (counts: Record<string, number>) => {
      now = counts;
      return open.leftOpen();
    },
  };
}

test('what a fresh process has open is nothing that was left open', () => {
  const {after, atTheEnd} = resources({Timeout: 1});
  after('a', {Timeout: 1});
  expect(atTheEnd({Timeout: 1})).toEqual([]);
});

test('what grew while a file ran is its own', () => {
  const {after, atTheEnd} = resources();
  after('a', {Timeout: 2});
  after('b', {Timeout: 2});
  after('c', {Timeout: 3, TCPServerWrap: 1});
  expect(atTheEnd({Timeout: 3, TCPServerWrap: 1})).toEqual([
    {kind: 'Timeout', count: 2, paths: ['a']},
    {kind: 'Timeout', count: 1, paths: ['c']},
    {kind: 'TCPServerWrap', count: 1, paths: ['c']},
  ]);
});

test('what has closed since is not named', () => {
  const {after, atTheEnd} = resources();
  after('a', {Timeout: 1, TCPServerWrap: 1});
  expect(atTheEnd({TCPServerWrap: 1})).toEqual([{kind: 'TCPServerWrap', count: 1, paths: ['a']}]);
});

test('where one of several has closed all of their files are named', () => {
  const {after, atTheEnd} = resources();
  after('a', {Timeout: 1});
  after('b', {Timeout: 2});
  expect(atTheEnd({Timeout: 1})).toEqual([{kind: 'Timeout', count: 1, paths: ['a', 'b']}]);
});

test('nor is one named whose own had closed before another file began', () => {
  const {before, after, atTheEnd} = resources();
  after('a', {Timeout: 1});
  before({});
  after('b', {Timeout: 1});
  expect(atTheEnd({Timeout: 1})).toEqual([{kind: 'Timeout', count: 1, paths: ['b']}]);
});

test('but not those that begin after all had closed', () => {
  const {after, atTheEnd} = resources();
  after('a', {Timeout: 1});
  after('b', {});
  after('c', {Timeout: 1});
  expect(atTheEnd({Timeout: 1})).toEqual([{kind: 'Timeout', count: 1, paths: ['c']}]);
});

test('what was opened when no file was running is of no file', () => {
  const {after, atTheEnd} = resources();
  after('a', {});
  expect(atTheEnd({Timeout: 1})).toEqual([{kind: 'Timeout', count: 1, paths: []}]);
});

test('the end of the channel to the parent does not hide a pipe', () => {
  const open = resources({PipeWrap: 3});
  open.after('a', {PipeWrap: 4});
  const hasChannel = process.channel !== undefined;
  expect(open.atTheEnd({PipeWrap: hasChannel ? 3 : 4})).toEqual([{kind: 'PipeWrap', count: 1, paths: ['a']}]);
});

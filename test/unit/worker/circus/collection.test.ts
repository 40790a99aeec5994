import {collect, type CollectOptions} from '../../../../src/worker/circus/collection';
import type {CollectedState} from '../../../../src/worker/circus/testGroups';
import {block, concurrent, file, test as entry} from '../circusTree';

const BOTH = ['beforeAll', 'afterAll'] as const;

function collected(state: CollectedState, options: Partial<CollectOptions> = {}) {
  return collect(state, {granularity: 'tests', grouping: 'none', concurrentFileWide: false, ...options});
}

/** By test, in the order of the source: its name and its group. */
function groups(state: CollectedState, options: Partial<CollectOptions> = {}) {
  return collected(state, options).tests.map(({name, group}) => [name, group]);
}

describe('what stays together', () => {
  const nested = () =>
    file([
      entry('a'),
      block('outer', [entry('b'), block('inner', [entry('c'), entry('d')], {hooks: ['beforeAll']}), entry('e')]),
      entry('f'),
    ]);

  test('is a block with hooks of its own that run once, and all below it', () => {
    expect(groups(nested())).toEqual([
      ['a', 0],
      ['outer b', 1],
      ['outer inner c', 2],
      ['outer inner d', 2],
      ['outer e', 3],
      ['f', 4],
    ]);
    const outside = file([
      block('outer', [entry('a'), block('inner', [entry('b'), block('deep', [entry('c')])])], {hooks: ['afterAll']}),
      entry('d'),
    ]);
    expect(groups(outside).map(([, group]) => group)).toEqual([0, 0, 0, 1]);
  });

  test('is nothing because of hooks that run for each test, or of those of the whole file', () => {
    const state = file([block('x', [entry('a'), entry('b')], {hooks: ['beforeEach', 'afterEach']}), entry('c')], {
      hooks: BOTH,
    });
    expect(groups(state).map(([, group]) => group)).toEqual([0, 1, 2]);
  });

  test('is each outermost block, and what is in none, with the grouping `scope`', () => {
    expect(groups(nested(), {granularity: 'each', grouping: 'scope'})).toEqual([
      ['a', 0],
      ['outer b', 1],
      ['outer inner c', 1],
      ['outer inner d', 1],
      ['outer e', 1],
      ['f', 0],
    ]);
  });

  test('is what is in blocks of the same @group, with the grouping `named`', () => {
    const state = () =>
      file([
        block('x @group:db', [entry('a'), block('deep', [entry('b')])]),
        block('y', [entry('c'), block('z @group:db ', [entry('d')]), block('@group:other', [entry('e')])]),
        block('@group:db in the middle', [entry('f')]),
        entry('g @group:db'),
      ]);
    expect(groups(state(), {grouping: 'named'}).map(([, group]) => group)).toEqual([0, 0, 1, 0, 2, 3, 4]);
    expect(groups(state()).map(([, group]) => group)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('is no block where all hooks can run again: granularity `each`', () => {
    expect(groups(nested(), {granularity: 'each'}).map(([, group]) => group)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.each(['tests', 'each'] as const)('is a block that is retried as a whole, with granularity `%s`', granularity => {
    const state = file([block('x', [entry('a'), block('y', [entry('b')])], {retried: true}), entry('c')]);
    expect(groups(state, {granularity}).map(([, group]) => group)).toEqual([0, 0, 1]);
  });

  test('is the file that is retried as a whole', () => {
    expect(groups(file([entry('a'), entry('b')], {retried: true})).map(([, group]) => group)).toEqual([0, 0]);
  });

  test('is what has one name: the counters of its snapshots are shared', () => {
    const state = file([
      entry('a b'),
      entry('c'),
      block('a', [entry('b'), entry('d')]),
      block('d', [entry('e')], {hooks: BOTH}),
      entry('d e'),
    ]);
    expect(groups(state, {granularity: 'each'}).map(([, group]) => group)).toEqual([0, 1, 0, 2, 3, 3]);
  });

  test('is not what has one name with a test that does not run', () => {
    const state = file([entry('a', 'skip'), entry('a'), entry('a', 'todo'), entry('b')]);
    expect(groups(state).map(([, group]) => group)).toEqual([null, 0, null, 1]);
  });

  test('is joined over several rules', () => {
    const state = file([
      block('x', [entry('a'), entry('b')], {hooks: BOTH}),
      entry('c'),
      block('y', [entry('d'), entry('e')], {hooks: BOTH}),
      entry('x b'),
      entry('y d'),
      block('z', [entry('f')]),
      block('z', [entry('f')]),
    ]);
    expect(groups(state).map(([, group]) => group)).toEqual([0, 0, 1, 2, 2, 0, 2, 3, 3]);
  });
});

describe('concurrent tests', () => {
  const state = () =>
    file([entry('a'), concurrent('b'), block('x', [entry('c'), concurrent('d'), concurrent('e'), entry('f')])]);

  test('of the whole file stay together where circus starts them all at its top, and come first', () => {
    expect(groups(state(), {concurrentFileWide: true}).map(([, group]) => group)).toEqual([1, 0, 2, 0, 0, 3]);
  });

  test('of a block stay together where circus starts them block by block', () => {
    expect(groups(state()).map(([, group]) => group)).toEqual([0, 1, 2, 3, 3, 4]);
  });

  test('that do not run belong to nothing', () => {
    const some = file([concurrent('a', 'skip'), concurrent('b'), concurrent('c')], {pattern: /b|c/});
    expect(groups(some, {concurrentFileWide: true}).map(([, group]) => group)).toEqual([null, 0, 0]);
    expect(groups(some).map(([, group]) => group)).toEqual([null, 0, 0]);
  });

  test('bring along the whole block that stays together around one of them', () => {
    const around = file([entry('a'), block('x', [entry('b'), concurrent('c')], {hooks: BOTH}), concurrent('d')]);
    expect(groups(around, {concurrentFileWide: true}).map(([, group]) => group)).toEqual([1, 0, 0, 0]);
    expect(groups(around).map(([, group]) => group)).toEqual([0, 1, 1, 2]);
  });
});

describe('tests that no worker runs have no group', () => {
  test('skipped and todo, and all of a block that is skipped', () => {
    const state = file([
      entry('a'),
      entry('b', 'skip'),
      entry('c', 'todo'),
      block('x', [entry('d'), block('y', [entry('e')], {mode: 'skip'})], {mode: 'skip'}),
      block('z', [entry('f')]),
    ]);
    expect(groups(state)).toEqual([
      ['a', 0],
      ['b', null],
      ['c', null],
      ['x d', null],
      ['x y e', null],
      ['z f', 1],
    ]);
  });

  test('those that are not focused where others are', () => {
    const state = file([entry('a'), entry('b', 'only'), block('x', [entry('c', 'only'), entry('d')])], {focused: true});
    expect(groups(state).map(([, group]) => group)).toEqual([null, 0, 1, null]);
  });

  test('those whose whole name does not match the pattern', () => {
    const state = file([entry('a b'), block('a', [entry('b'), entry('c')]), entry('b')], {pattern: /^a b$/});
    expect(groups(state).map(([, group]) => group)).toEqual([0, 0, null, null]);
  });

  test('but one that stays together with a test that runs goes along', () => {
    const state = file([
      block('x', [entry('a', 'skip'), entry('b')], {hooks: BOTH}),
      block('y', [entry('c', 'skip'), entry('d', 'todo')], {hooks: BOTH}),
      entry('e'),
    ]);
    expect(groups(state).map(([, group]) => group)).toEqual([0, 0, null, null, 1]);
  });

  test('all of them: there is no group', () => {
    expect(groups(file([entry('a', 'todo'), entry('b', 'skip')])).map(([, group]) => group)).toEqual([null, null]);
    expect(collected(file([])).tests).toEqual([]);
  });
});

test('a place says where a test stands, a block knows the groups in and below it', () => {
  const [a, b, c, d] = [entry('a'), entry('b', 'skip'), entry('c'), entry('d')];
  const [inner, empty] = [block('inner', [c]), block('empty', [b])];
  const outer = block('outer', [d, inner]);
  const state = file([a, empty, outer]);
  const {places, groupsIn} = collected(state);
  expect([a, b, d, c].map(test => places.get(test))).toEqual([
    {index: 0, group: 0, leftOut: false},
    {index: 1, group: null, leftOut: false},
    {index: 2, group: 1, leftOut: false},
    {index: 3, group: 2, leftOut: false},
  ]);
  const groupsOf = [state.rootDescribeBlock, empty, outer, inner].map(one => [...(groupsIn.get(one) ?? [])]);
  expect(groupsOf).toEqual([[0, 1, 2], [], [1, 2], [2]]);
});

describe('the fingerprint', () => {
  const fingerprint = (...children: Parameters<typeof file>[0]) => collected(file(children)).fingerprint;

  test('is the same for the same tests in the same groups', () => {
    expect(fingerprint(entry('a'), block('x', [entry('b')]))).toBe(fingerprint(entry('a'), block('x', [entry('b')])));
  });

  test('differs with names, their order, what is skipped, and what stays together', () => {
    const all = [
      fingerprint(entry('a'), entry('b')),
      fingerprint(entry('b'), entry('a')),
      fingerprint(entry('a')),
      fingerprint(entry('a'), entry('b', 'skip')),
      fingerprint(block('x', [entry('a'), entry('b')])),
      fingerprint(block('x', [entry('a'), entry('b')], {hooks: BOTH})),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

import type {Circus} from '@jest/types';
import fc, {cases} from '../../../random';
import type {CutTests, FileCut} from '../../../../src/core/wire/fileCut';
import {shardOfTest} from '../../../../src/core/shards/shardPlan';
import {CutFile, cutTests} from '../../../../src/worker/circus/cutFile';
import {expectFollowed, FailingFile} from '../../../../src/worker/circus/failingFile';
import {handleEvents, type CircusFile, type TestEnvironment} from '../../../../src/worker/circus/testFramework';
import type {CollectedState} from '../../../../src/worker/circus/testGroups';
import {block, concurrent, file, test as entry} from '../circusTree';

const CUT: FileCut = {granularity: 'tests', grouping: 'none', shard: 1, owner: 1, given: {}};

/** The titles in a tree: a describe block is a list that begins with its own. */
type Shown = string | readonly Shown[];

function shown({children}: Circus.DescribeBlock): Shown[] {
  return children.map(child => (child.type === 'test' ? child.name : [child.name, ...shown(child)]));
}

/** Whether there is a describe block without a test. */
function hasEmpty(one: Shown): boolean {
  return typeof one !== 'string' && (one.length === 1 || one.slice(1).some(hasEmpty));
}

/** What each of the shards keeps of a file. */
function cutInto(count: number, make: () => CollectedState, cut: Partial<FileCut>, concurrentFileWide = false) {
  return Array.from({length: count}, (_, index) => {
    const state = make();
    const tests = cutTests(state, {...CUT, ...cut, shard: index + 1}, concurrentFileWide);
    return {...tests, tree: shown(state.rootDescribeBlock)};
  });
}

const own = (shards: readonly {readonly own: readonly number[]}[]) => shards.map(shard => shard.own);

describe('what a shard keeps of a file', () => {
  const nested = () =>
    file([entry('a'), block('outer', [entry('b'), block('inner', [entry('c')]), entry('d')]), entry('e', 'todo')]);

  test('is what the plan gives to it; the owner keeps what the plan gives to nobody', () => {
    const shards = cutInto(3, nested, {given: {a: 2, 'outer inner c': 3, 'outer gone': 3}});
    expect(shards.map(({tree}) => tree)).toEqual([[['outer', 'b', 'd'], 'e'], ['a'], [['outer', ['inner', 'c']]]]);
    expect(own(shards)).toEqual([[1, 3, 4], [0], [2]]);
    for (const {names} of shards) expect(names).toEqual(['a', 'outer b', 'outer inner c', 'outer d', 'e']);
  });

  test('may be nothing at all', () => {
    expect(cutInto(2, nested, {given: {gone: 2}})[1]).toMatchObject({own: [], tree: []});
  });

  test('is a whole group, where its first test goes that the plan gives to a shard', () => {
    const given = {'x b': 2, 'x c': 3};
    const hooked = () => file([block('x', [entry('a'), entry('b'), entry('c')], {hooks: ['afterAll']})]);
    expect(own(cutInto(3, hooked, {given}))).toEqual([[], [0, 1, 2], []]);
    expect(own(cutInto(3, hooked, {given, granularity: 'each'}))).toEqual([[0], [1], [2]]);
    const plain = () => file([block('x', [entry('a'), entry('b'), entry('c')])]);
    expect(own(cutInto(3, plain, {given}))).toEqual([[0], [1], [2]]);
    expect(own(cutInto(3, plain, {given, grouping: 'scope'}))).toEqual([[], [0, 1, 2], []]);
  });

  test('does not depend on which tests run: those of one name, and concurrent ones, may be skipped', () => {
    const given = {a: 2, c: 2};
    const same = (mode?: 'skip') => () => file([entry('b'), entry('a', mode), entry('a'), concurrent('c', mode)]);
    expect(own(cutInto(2, same(), {given}))).toEqual([[0], [1, 2, 3]]);
    expect(own(cutInto(2, same('skip'), {given}))).toEqual([[0], [1, 2, 3]]);
    const pattern = () => file([concurrent('a'), concurrent('b')], {pattern: /b/});
    expect(own(cutInto(2, pattern, {given}))).toEqual([[], [0, 1]]);
  });

  test('is all concurrent tests of the file, or of a block, as circus starts them', () => {
    const make = () => file([concurrent('a'), block('x', [concurrent('b'), concurrent('c')])]);
    expect(own(cutInto(2, make, {given: {'x c': 2}}, true))).toEqual([[], [0, 1, 2]]);
    expect(own(cutInto(2, make, {given: {'x c': 2}}, false))).toEqual([[0], [1, 2]]);
  });

  test.each(['__proto__', 'constructor', 'toString'])('the name "%s" is one like any other', name => {
    const make = () => file([entry(name), entry('b')]);
    expect(own(cutInto(2, make, {given: {}}))).toEqual([[0, 1], []]);
    expect(own(cutInto(2, make, {given: Object.fromEntries([[name, 2]])}))).toEqual([[1], [0]]);
  });
});

describe('random files and plans', () => {
  const COUNT = 4;
  type Plain = {readonly name: string; readonly mode: 'skip' | 'todo' | undefined; readonly concurrent: boolean};
  type Tree = Plain | {readonly name: string; readonly hooks: boolean; readonly children: readonly Tree[]};
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e f', '@group:x');
  const plain = fc.record({
    name,
    mode: fc.constantFrom(undefined, undefined, 'skip' as const, 'todo' as const),
    concurrent: fc.boolean(),
  });
  const tree = (depth: number): fc.Arbitrary<Tree> =>
    depth === 0
      ? plain
      : fc.oneof(plain, fc.record({name, hooks: fc.boolean(), children: fc.array(tree(depth - 1), {maxLength: 4})}));
  const made = (one: Tree): ReturnType<typeof entry> | ReturnType<typeof block> =>
    'children' in one
      ? block(one.name, one.children.map(made), {hooks: one.hooks ? ['beforeAll'] : []})
      : entry(one.name, one.mode, one.concurrent);
  const namesOf = (children: readonly Tree[], above: readonly string[] = []): string[] =>
    children.flatMap(one =>
      'children' in one ? namesOf(one.children, [...above, one.name]) : [[...above, one.name].join(' ')],
    );
  const hookedBlocks = (children: readonly Tree[], from = 0): [number, number][] =>
    children.flatMap((one, index) => {
      const at = from + namesOf(children.slice(0, index)).length;
      if (!('children' in one)) return [];
      const inner = hookedBlocks(one.children, at);
      return one.hooks ? [[at, at + namesOf([one]).length], ...inner] : inner;
    });

  test('each test is in exactly one shard, with all that it must stay with; no block is empty', () => {
    fc.assert(
      fc.property(
        fc.array(tree(3), {maxLength: 6}),
        fc.array(fc.nat(COUNT), {minLength: 12, maxLength: 12}),
        fc.constantFrom('tests' as const, 'each' as const),
        fc.constantFrom('none' as const, 'scope' as const, 'named' as const),
        fc.boolean(),
        fc.option(fc.constantFrom(/a/, /e f$/), {nil: undefined}),
        (children, shardOf, granularity, grouping, fileWide, pattern) => {
          const names = namesOf(children);
          // 0: the plan does not know the test.
          const given = Object.fromEntries(
            names.flatMap((one, index) => (shardOf[index % 12] === 0 ? [] : [[one, shardOf[index % 12]!] as const])),
          );
          const make = () => file(children.map(made), {pattern});
          const shards = cutInto(COUNT, make, {given, granularity, grouping}, fileWide);
          expect(
            own(shards)
              .flat()
              .sort((a, b) => a - b),
          ).toEqual([...names.keys()]);
          for (const shard of shards) {
            expect(shard.names).toEqual(names);
            expect([...shard.own].sort((a, b) => a - b)).toEqual(shard.own);
            expect(shard.tree.some(hasEmpty)).toBe(false);
            const ofShard = new Set(shard.own.map(place => names[place]));
            const ofOthers = names.filter((_, place) => !shard.own.includes(place));
            expect(ofOthers.filter(one => ofShard.has(one))).toEqual([]);
            for (const [from, to] of granularity === 'tests' ? hookedBlocks(children) : []) {
              expect([0, to - from]).toContain(shard.own.filter(place => place >= from && place < to).length);
            }
          }
        },
      ),
      {numRuns: cases(300)},
    );
  });

  test('tests that nothing keeps together run where the plan says', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string()),
        fc.dictionary(fc.string(), fc.integer({min: 1, max: 3})),
        (names, given) => {
          const shards = cutInto(3, () => file(names.map(one => entry(one))), {given, owner: 2});
          const planned = names.map(one => shardOfTest({shard: 2, given}, one));
          expect(own(shards)).toEqual(
            [1, 2, 3].map(shard => [...planned.keys()].filter(place => planned[place] === shard)),
          );
        },
      ),
      {numRuns: cases(100)},
    );
  });
});

describe('in the run of a file', () => {
  function attached(environment: TestEnvironment, inner: CircusFile | null = null) {
    const cuts: CutTests[] = [];
    const state = file([entry('a'), entry('b'), entry('c')]) as Circus.State;
    const cut: FileCut = {...CUT, given: {b: 2}};
    const one = new CutFile({cut, file: inner, onCut: tests => void cuts.push(tests)});
    one.attach(environment, {concurrentFileWide: false});
    const send = async (name: string) => environment.handleTestEvent?.({name} as Circus.Event, state);
    return {one, cuts, state, send};
  }

  test('the environment takes tests out first; then the file is cut; then others list what is left', async () => {
    const heard: string[] = [];
    const show = (who: string, {rootDescribeBlock}: Circus.State) =>
      heard.push([who, ...shown(rootDescribeBlock)].join(' '));
    const inner: CircusFile = {
      attach: environment => {
        handleEvents(environment, (event, state, pass) =>
          Promise.resolve(pass()).then(() => void show(`inner ${event.name}`, state)),
        );
      },
      told: () => undefined,
    };
    const {send, cuts} = attached(
      {
        global: {console: {getBuffer: () => ['loading', 'loading still']}},
        handleTestEvent: async (event, state) => {
          await Promise.resolve();
          if (event.name === 'run_start') state.rootDescribeBlock.children.shift();
          show(`own ${event.name}`, state);
        },
      },
      inner,
    );
    await send('setup');
    await send('run_start');
    expect(heard).toEqual(['own setup a b c', 'inner setup a b c', 'own run_start b c', 'inner run_start c']);
    expect(cuts).toEqual([{names: ['b', 'c'], own: [1], loadEntries: 2}]);
  });

  test('no test begins before the parent has its list', async () => {
    let release: () => void = () => undefined;
    const sent = new Promise<void>(resolve => (release = resolve));
    const environment: TestEnvironment = {global: {}};
    new CutFile({cut: CUT, file: null, onCut: () => sent}).attach(environment, {concurrentFileWide: false});
    let begins = false;
    const started = Promise.resolve(
      environment.handleTestEvent?.({name: 'run_start'}, file([entry('a')]) as Circus.State),
    ).then(() => (begins = true));
    await new Promise(setImmediate);
    expect(begins).toBe(false);
    release();
    await started;
  });

  test('a failed fixture fails the tests of this shard, and no others are left', async () => {
    const entries = ['a', 'b'].map(name => Object.assign(entry(name), {errors: []}));
    const state = file(entries) as Circus.State;
    const cuts: CutTests[] = [];
    const cutFile = new CutFile({cut: {...CUT, given: {b: 2}}, file: null, onCut: tests => void cuts.push(tests)});
    const environment: TestEnvironment = {global: {}};
    new FailingFile({message: 'no port', stack: ''}, cutFile).attach(environment, {concurrentFileWide: false});
    await environment.handleTestEvent?.({name: 'run_start'}, state);
    expect(shown(state.rootDescribeBlock)).toEqual(['a']);
    expect(entries.map(({errors}) => errors.length)).toEqual([1, 0]);
    expect(cuts).toEqual([{names: ['a', 'b'], own: [0], loadEntries: 0}]);
  });

  test('what is told of its tests is passed on', () => {
    const told = jest.fn();
    attached({global: {}}, {attach: () => undefined, told}).one.told('test-case-result', 1);
    expect(told.mock.calls).toEqual([['test-case-result', 1]]);
  });

  const REMEDY = 'set `canSplit: false` for it in the option `files`';

  test('in an environment that does not let itself be changed, in another framework, in an unknown circus it fails', async () => {
    const frozen = Object.freeze({global: {}, handleTestEvent: () => undefined});
    expect(() => attached(frozen)).toThrow(REMEDY);
    const {one, send, state} = attached({global: {}});
    expect(() => expectFollowed('/no/such/framework', one, null)).toThrow(REMEDY);
    expect(() => expectFollowed('/no/such/framework', one, {message: 'no port', stack: ''})).toThrow('no port');
    Object.assign(state, {rootDescribeBlock: {type: 'describeBlock', children: new Map(), hooks: []}});
    await expect(send('run_start')).rejects.toThrow(REMEDY);
  });
});

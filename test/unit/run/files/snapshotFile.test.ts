import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import fc from '../../../random';
import type {SavedSnapshots} from '../../../../src/core/results/merge';
import type {SnapshotChanges} from '../../../../src/core/wire/workerMessages';
import {
  removeSnapshots,
  saveSnapshots,
  type SnapshotSettings,
  type SnapshotState,
  type SnapshotStateClass,
} from '../../../../src/run/files/snapshotFile';
import {temporaryFolder} from '../temporaryFolder';

/** What a test file's own SnapshotState is asked to do. */
interface FullSnapshotState extends SnapshotState {
  match(asked: {testName: string; received: unknown; isInline: false; error: Error}): {pass: boolean};
  markSnapshotsAsCheckedForTest(name: string): void;
}

/** A test that expects these values to match its snapshots, in that order; null: it is skipped. */
interface SnapshotTest {
  readonly name: string;
  readonly values: readonly unknown[] | null;
}

const header = {
  'jest-29': '// Jest Snapshot v1, https://goo.gl/fbAQLP\n',
  'jest-30': '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n',
};
const known = (key: string, value: string) =>
  `\nexports[\`${key}\`] = \`${value.startsWith('\n') ? value : `"${value}"`}\`;\n`;

describe.each(['jest-29', 'jest-30'] as const)('with jest-snapshot of %s', install => {
  const modules = join(__dirname, '../../../e2e/installs', install, 'node_modules');
  const {SnapshotState} = require(join(modules, 'jest-snapshot')) as {SnapshotState: SnapshotStateClass};
  const settingsOf = (updateSnapshot: SnapshotSettings['updateSnapshot']): SnapshotSettings => ({
    updateSnapshot,
    expand: false,
    snapshotFormat: {escapeString: false, printBasicPrototype: false},
    rootDir: '/',
    prettierPath: null,
  });

  /** The state of a worker, or of the only one, after some of the file's tests. */
  function afterTests(path: string, tests: readonly SnapshotTest[], mode: SnapshotSettings['updateSnapshot']) {
    const state = new SnapshotState(path, settingsOf(mode)) as FullSnapshotState;
    const failed = new Set<string>();
    for (const {name, values} of tests) {
      for (const received of values ?? []) {
        if (!state.match({testName: name, received, isInline: false, error: new Error('x')}).pass) failed.add(name);
      }
    }
    for (const {name, values} of tests) {
      if (values === null || failed.has(name)) state.markSnapshotsAsCheckedForTest(name);
    }
    return state;
  }

  /** As jest-circus does it for a file that runs in one worker. */
  function unsplit(path: string, tests: readonly SnapshotTest[], mode: SnapshotSettings['updateSnapshot']) {
    const state = afterTests(path, tests, mode);
    const unchecked = state.getUncheckedCount();
    const uncheckedKeys = state.getUncheckedKeys();
    if (unchecked > 0) state.removeUncheckedKeys();
    const {deleted} = state.save();
    return {fileDeleted: deleted, unchecked: deleted ? 0 : unchecked, uncheckedKeys};
  }

  /** What a worker tells of its slice. */
  function changesOf(path: string, tests: readonly SnapshotTest[], mode: SnapshotSettings['updateSnapshot']) {
    const {_snapshotData: onDisk} = afterTests(path, [], mode);
    const {_snapshotData: data, _dirty: dirty, _uncheckedKeys: unchecked} = afterTests(path, tests, mode);
    const written = Object.fromEntries(Object.entries(data).filter(([key, value]) => onDisk[key] !== value));
    return JSON.parse(
      JSON.stringify({path, written, dirty, unchecked: [...unchecked], takenBack: {}, inline: []}),
    ) as SnapshotChanges;
  }

  /** What stands in the file after the tests have run in slices, which must be the same as after one worker ran all. */
  function saved(
    before: string | null,
    slices: readonly (readonly SnapshotTest[])[],
    mode: SnapshotSettings['updateSnapshot'],
  ): {readonly text: string | null; readonly told: SavedSnapshots} {
    const [one, other] = [temporaryFolder(), temporaryFolder()].map(folder => join(folder, '__snapshots__', 'a.snap'));
    const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);
    for (const path of [one!, other!]) {
      if (before === null) continue;
      mkdirSync(dirname(path));
      writeFileSync(path, before);
    }
    const expected = unsplit(one!, slices.flat(), mode);
    const changes = slices.map(tests => changesOf(other!, tests, mode));
    expect(read(other!)).toBe(before); // no slice saves anything
    const told = saveSnapshots(changes, settingsOf(mode), SnapshotState);
    expect(told).toEqual(expected);
    const text = read(other!);
    expect(text).toBe(read(one!));
    return {text, told};
  }

  const nothing = {fileDeleted: false, unchecked: 0, uncheckedKeys: []};
  const start = header[install];
  const ab = `${start}${known('a 1', 'A')}${known('b 1', 'B')}`;
  const a = {name: 'a', values: ['A']};
  const b = {name: 'b', values: ['B']};

  test('new snapshots of all slices are written, in the order of Jest', () => {
    expect(saved(null, [[{name: 'b', values: ['B', 'C']}], [{name: 'a', values: ['`A`\nx']}]], 'new')).toEqual({
      text: `${start}${known('a 1', '\n"\\`A\\`\nx"\n')}${known('b 1', 'B')}${known('b 2', 'C')}`,
      told: nothing,
    });
  });

  test('nothing is written where Jest may not', () => {
    expect(saved(null, [[a], [b]], 'none')).toEqual({text: null, told: nothing});
  });

  test('nothing is written where nothing has changed', () => {
    const odd = `${ab}// as it stands\n`;
    expect(saved(odd, [[a], [b]], 'new').text).toBe(odd);
  });

  test('a slice adds to what the others have matched', () => {
    expect(saved(ab, [[a, b], [{name: 'c', values: ['C']}], []], 'new').text).toBe(`${ab}${known('c 1', 'C')}`);
  });

  test('changed snapshots are updated by all slices', () => {
    expect(saved(ab, [[{name: 'a', values: ['AA']}], [{name: 'b', values: ['BB']}]], 'all').text).toBe(
      `${start}${known('a 1', 'AA')}${known('b 1', 'BB')}`,
    );
  });

  test('a snapshot that does not match stays as it is', () => {
    expect(saved(ab, [[{name: 'a', values: ['AA']}], [b]], 'new')).toEqual({text: ab, told: nothing});
  });

  test.each(['new', 'none'] as const)(
    "what no slice has asked for is obsolete, and told in the file's order (%s)",
    mode => {
      const old = `${start}${known('z 1', 'Z')}${known('a 1', 'A')}${known('b 1', 'B')}${known('c 1', 'C')}`;
      expect(saved(old, [[b], [a]], mode).told).toEqual({
        fileDeleted: false,
        unchecked: 2,
        uncheckedKeys: ['z 1', 'c 1'],
      });
    },
  );

  test('what a slice had asked for in a try that was taken back comes last, in the order of the whole file', () => {
    const path = join(temporaryFolder(), 'a.snap');
    const keys = [...'abcdefghi'].map(key => `${key} 1`);
    writeFileSync(path, start + keys.map(key => known(key, key)).join(''));
    const slice = (takenBack: SnapshotChanges['takenBack'], asked: readonly string[]): SnapshotChanges => ({
      ...{path, written: {}, dirty: false, inline: [], takenBack},
      unchecked: keys.filter(key => !asked.includes(key)),
    });
    const atOnce = (after: number) => ({after, deferred: null});
    const later = (after: number, depth: number, place: number) => ({after, deferred: {depth, place}});
    const slices = [
      slice({'d 1': atOnce(0), 'b 1': later(9, 0, 5), 'a 1': later(9, 1, 7)}, []),
      slice({'i 1': atOnce(3), 'h 1': atOnce(3), 'g 1': later(9, 1, 6), 'f 1': atOnce(9)}, ['d 1']),
    ];
    expect(saveSnapshots(slices, settingsOf('none'), SnapshotState).uncheckedKeys).toEqual(
      [...'ceihfgab'].map(key => `${key} 1`),
    );
  });

  test('what no slice has asked for is removed with --updateSnapshot', () => {
    const old = `${start}${known('a 1', 'A')}${known('b 1', 'B')}${known('c 1', 'C')}`;
    expect(saved(old, [[b], [a]], 'all')).toEqual({
      text: ab,
      told: {fileDeleted: false, unchecked: 1, uncheckedKeys: ['c 1']},
    });
  });

  test('the snapshots of a skipped test are not obsolete', () => {
    expect(saved(ab, [[a], [{name: 'b', values: null}]], 'all')).toEqual({text: ab, told: nothing});
  });

  test('a file of which nothing is left is deleted', () => {
    expect(saved(ab, [[], []], 'all')).toEqual({
      text: null,
      told: {fileDeleted: true, unchecked: 0, uncheckedKeys: ['a 1', 'b 1']},
    });
  });

  test('a file with another header is written anew if it may be', () => {
    const odd = ab.replace('v1', 'v0');
    expect(saved(odd, [[a], [b]], 'new').text).toBe(ab);
    expect(() => saved(odd, [[a], [b]], 'none')).toThrow('v0');
  });

  test('the file is what one worker would have written, whatever the tests', () => {
    const value = fc.oneof(fc.constantFrom('A', 'B', '`', '\\', '${x}', 'x\ny', 'x\r\ny'), fc.string());
    const name = fc.constantFrom('a', 'b', 'a 1', 'a10', 'a2', '`', '\\', 'ü', '__proto', 'toString');
    const tests = (most: number) =>
      fc.uniqueArray(fc.record({name, values: fc.option(fc.array(value, {maxLength: 3}))}), {
        selector: each => each.name,
        maxLength: most,
      });
    fc.assert(
      fc.property(
        fc.option(tests(6)),
        tests(8),
        fc.array(fc.nat(2), {minLength: 8, maxLength: 8}),
        fc.constantFrom('new', 'all', 'none'),
        (past, all, slice, mode) => {
          const path = join(temporaryFolder(), 'past.snap');
          if (past !== null) unsplit(path, past, 'all');
          const before = existsSync(path) ? readFileSync(path, 'utf8') : null;
          // One worker runs them in the order of the source; which of them wrote what must not matter.
          const slices = [0, 1, 2].map(each => all.filter((_, place) => slice[place] === each));
          saved(before, slices, mode);
        },
      ),
    );
  });

  describe('of a file that other nodes run, too', () => {
    const fileWith = (text: string) => {
      const path = join(temporaryFolder(), 'a.snap');
      writeFileSync(path, text);
      return path;
    };
    const abc = `${ab}${known('c 1', 'C')}`;

    test('what no slice has asked for is told, and kept with --updateSnapshot', () => {
      const path = fileWith(abc);
      const changes = [[a], [{name: 'b', values: ['BB']}]].map(tests => changesOf(path, tests, 'all'));
      expect(saveSnapshots(changes, settingsOf('all'), SnapshotState, true)).toEqual({
        fileDeleted: false,
        unchecked: 1,
        uncheckedKeys: ['c 1'],
      });
      expect(readFileSync(path, 'utf8')).toBe(`${start}${known('a 1', 'A')}${known('b 1', 'BB')}${known('c 1', 'C')}`);
    });

    test('those that no node has asked for are removed, and no others', () => {
      const path = fileWith(abc);
      expect(removeSnapshots(path, ['c 1', 'is not there 1'], settingsOf('all'), SnapshotState)).toBe(false);
      expect(readFileSync(path, 'utf8')).toBe(ab);
    });

    test('nothing is removed without --updateSnapshot', () => {
      const path = fileWith(abc);
      expect(removeSnapshots(path, ['c 1'], settingsOf('new'), SnapshotState)).toBe(false);
      expect(readFileSync(path, 'utf8')).toBe(abc);
    });

    test('the file is deleted if these were all', () => {
      const path = fileWith(ab);
      expect(removeSnapshots(path, ['a 1', 'b 1'], settingsOf('all'), SnapshotState)).toBe(true);
      expect(existsSync(path)).toBe(false);
    });

    test('a file that is gone is left so', () => {
      const path = join(temporaryFolder(), 'a.snap');
      expect(removeSnapshots(path, ['a 1'], settingsOf('all'), SnapshotState)).toBe(false);
      expect(existsSync(path)).toBe(false);
    });
  });

  test('a SnapshotState that is not known is not written to', () => {
    class Unknown extends SnapshotState {
      constructor(...[path, options]: ConstructorParameters<SnapshotStateClass>) {
        super(path, options);
        Object.assign(this, {_uncheckedKeys: undefined});
      }
    }
    const changes = {
      path: '/nowhere/a.snap',
      written: {'a 1': 'A'},
      dirty: true,
      unchecked: [],
      takenBack: {},
      inline: [],
    };
    expect(() => saveSnapshots([changes], settingsOf('new'), Unknown)).toThrow(
      "this Jest's SnapshotState is not known",
    );
    expect(existsSync('/nowhere')).toBe(false);
  });
});

test('without changes nothing is touched', () => {
  const SnapshotState = jest.fn();
  const settings = {
    updateSnapshot: 'all',
    expand: false,
    snapshotFormat: {},
    rootDir: '/',
    prettierPath: null,
  } as const;
  expect(saveSnapshots([], settings, SnapshotState)).toEqual({fileDeleted: false, unchecked: 0, uncheckedKeys: []});
  expect(SnapshotState).not.toHaveBeenCalled();
});

import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {SnapshotChanges, WhenTakenBack} from '../../../../src/core/wire/workerMessages';
import {SnapshotWatch} from '../../../../src/worker/circus/snapshots';
import {temporaryFolder} from '../../run/temporaryFolder';

/** jest-snapshot's, as a test file's own. */
interface SnapshotState {
  match(asked: {
    testName: string;
    testIdentity?: object | undefined;
    received: unknown;
    isInline: boolean;
    inlineSnapshot?: string;
    error: Error;
  }): {pass: boolean};
  clear(testIdentity?: object): void;
  removeUncheckedKeys(): void;
  save(): unknown;
}

const HEADERS = {
  'jest-29': '// Jest Snapshot v1, https://goo.gl/fbAQLP\n',
  'jest-30': '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n',
};

describe.each(['jest-29', 'jest-30'] as const)('with jest-snapshot of %s', install => {
  const {SnapshotState} = require(join(__dirname, '../../../e2e/installs', install, 'node_modules/jest-snapshot')) as {
    SnapshotState: new (path: string, options: object) => SnapshotState;
  };

  function fileWith(snapshots: Readonly<Record<string, string>>): string {
    const path = join(temporaryFolder(), '__snapshots__', 'a.test.js.snap');
    const entries = Object.entries(snapshots).map(([key, value]) => `\nexports[\`${key}\`] = \`"${value}"\`;\n`);
    mkdirSync(dirname(path));
    writeFileSync(path, HEADERS[install] + entries.join(''));
    return path;
  }

  const stateOf = (path: string, updateSnapshot: 'new' | 'none' | 'all') =>
    new SnapshotState(path, {
      updateSnapshot,
      expand: false,
      snapshotFormat: {escapeString: false, printBasicPrototype: false},
      rootDir: '/',
      prettierPath: null,
    });

  function capture(path: string, updateSnapshot: 'new' | 'none' | 'all') {
    const state = stateOf(path, updateSnapshot);
    const onMatch = jest.fn<undefined, [boolean]>();
    let saved: SnapshotChanges | null = null;
    const watch = SnapshotWatch.of(state, onMatch);
    if (watch === null) throw new Error('not known');
    const when = jest.fn<WhenTakenBack, [unknown]>();
    watch.capture({when, onSave: changes => (saved = changes)});
    const changes = (): SnapshotChanges => {
      state.save();
      if (saved === null) throw new Error('nobody was told');
      return saved;
    };
    const match = (testName: string, received: string, testIdentity?: object) =>
      state.match({testName, testIdentity, received, isInline: false, error: new Error('x')});
    return {state, changes, match, when, onMatch, takeActivity: () => watch.takeActivity()};
  }

  test('tells what is new and what is other, and which keys no test asked for', () => {
    const path = fileWith({'a 1': 'one', 'b 1': 'two', 'c 1': 'three'});
    const {changes, match} = capture(path, 'all');
    match('a', 'one');
    match('b', 'changed');
    match('d', 'new');
    expect(changes()).toEqual({
      path,
      written: {'b 1': '"changed"', 'd 1': '"new"'},
      dirty: true,
      unchecked: ['c 1'],
      takenBack: {},
      inline: [],
    });
  });

  test('tells of every comparison', () => {
    const {match, onMatch} = capture(fileWith({'a 1': 'one'}), 'none');
    expect(onMatch).not.toHaveBeenCalled();
    match('a', 'one');
    match('b', 'unknown');
    expect(onMatch.mock.calls).toEqual([[false], [false]]);
  });

  test('tells of the first inline snapshot that Jest is to write', () => {
    const {state, onMatch} = capture(fileWith({}), 'new');
    const error = new Error('x');
    state.match({testName: 'a', received: 'one', isInline: true, inlineSnapshot: '"one"', error});
    state.match({testName: 'b', received: 'two', isInline: true, error});
    expect(onMatch.mock.calls).toEqual([[false], [true]]);
  });

  test('is not dirty where nothing would be written', () => {
    const path = fileWith({'a 1': 'one', 'b 1': 'two'});
    const {changes, match} = capture(path, 'none');
    match('a', 'one');
    match('b', 'not written');
    match('d', 'neither');
    expect(changes()).toEqual({path, written: {}, dirty: false, unchecked: [], takenBack: {}, inline: []});
  });

  test('tells of them as they are when it is asked', () => {
    const {changes, match} = capture(fileWith({}), 'new');
    expect(changes()).toMatchObject({written: {}, dirty: false});
    match('a', 'one');
    match('a', 'two');
    expect(changes()).toMatchObject({written: {'a 1': '"one"', 'a 2': '"two"'}, dirty: true});
  });

  test('writes and removes nothing, and still knows what is obsolete', () => {
    const path = fileWith({'a 1': 'one', 'b 1': 'two'});
    const text = readFileSync(path, 'utf8');
    const {state, changes, match} = capture(path, 'all');
    match('a', 'changed');
    state.removeUncheckedKeys();
    expect(state.save()).toEqual({deleted: false, saved: false});
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(changes()).toMatchObject({unchecked: ['b 1']});
  });

  test('what is obsolete is kept, and what the tests do is saved', () => {
    const path = fileWith({'a 1': 'one', 'b 1': 'two'});
    const state = stateOf(path, 'all');
    SnapshotWatch.of(state, nothing)?.keepObsolete();
    state.match({testName: 'a', received: 'changed', isInline: false, error: new Error('x')});
    state.removeUncheckedKeys();
    expect(state.save()).toEqual({deleted: false, saved: true});
    const saved = readFileSync(path, 'utf8');
    expect(saved).toContain('exports[`a 1`] = `"changed"`;');
    expect(saved).toContain('exports[`b 1`] = `"two"`;');
  });

  test('makes no file where there is none', () => {
    const path = join(temporaryFolder(), '__snapshots__', 'a.test.js.snap');
    const {state, changes, match} = capture(path, 'new');
    match('a', 'one');
    state.save();
    expect(existsSync(path)).toBe(false);
    expect(changes()).toEqual({path, written: {'a 1': '"one"'}, dirty: true, unchecked: [], takenBack: {}, inline: []});
  });

  test('tells of keys that a test had asked for in a try that was taken back, each as it was last', () => {
    const {state, changes, match, when} = capture(fileWith({'a 1': 'A', 'b 1': 'B', 'c 1': 'C', 'd 1': 'D'}), 'new');
    const tests = {a: {}, b: {}, d: {}};
    const at = (after: number) => ({after, deferred: null});
    const tryIn = (place: number, name: keyof typeof tests) => {
      match(name, name.toUpperCase(), tests[name]);
      when.mockReturnValue(at(place));
      state.clear(tests[name]);
    };
    tryIn(1, 'a');
    tryIn(2, 'b');
    tryIn(3, 'a');
    tryIn(4, 'd');
    match('d', 'D', tests.d);
    const {unchecked, takenBack} = changes();
    if (install === 'jest-29') {
      expect({unchecked, takenBack}).toEqual({unchecked: ['c 1'], takenBack: {}});
      return;
    }
    expect(unchecked).toEqual(['c 1', 'b 1', 'a 1']);
    expect(Object.entries(takenBack)).toEqual([
      ['b 1', at(2)],
      ['a 1', at(3)],
    ]);
    expect(when.mock.calls).toEqual([[tests.a], [tests.b], [tests.a], [tests.d]]);
  });

  test('a key that every object has is a key like any other', () => {
    const {changes, match} = capture(fileWith({'a 1': 'one'}), 'new');
    match('constructor', 'one');
    expect(changes().written).toEqual({'constructor 1': '"one"'});
  });
});

const nothing = () => undefined;

test.each<[string, object | undefined]>([
  ['nothing', undefined],
  ['something else', {save: nothing}],
  [
    'one without a list of keys',
    {_snapshotPath: '', _snapshotData: {}, _dirty: false, save: nothing, removeUncheckedKeys: nothing},
  ],
])('a snapshot state that is not known is left alone: %s', (_what, state) => {
  const before = {...state};
  expect(SnapshotWatch.of(state, nothing)).toBeNull();
  expect({...state}).toEqual(before);
});

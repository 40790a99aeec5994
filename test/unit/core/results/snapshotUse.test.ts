import {SNAPSHOT_USES, snapshotUseOf, updateSnapshotFor} from '../../../../src/core/results/snapshotUse';

test("the first of a file's nodes keeps what is obsolete, the others only add; without nodes Jest does as it is told", () => {
  expect(snapshotUseOf({node: null, after: null})).toBe('as-configured');
  expect(snapshotUseOf({node: 0, after: null})).toBe('keep-obsolete');
  expect(snapshotUseOf({node: 1, after: 0})).toBe('add-only');
});

test.each(['new', 'none'] as const)('without -u (%s) every unit runs with what is configured', configured => {
  expect(SNAPSHOT_USES.map(use => updateSnapshotFor(use, configured))).toEqual([configured, configured, configured]);
});

test('with -u only the first node updates', () => {
  expect(updateSnapshotFor('as-configured', 'all')).toBe('all');
  expect(updateSnapshotFor('keep-obsolete', 'all')).toBe('all');
  expect(updateSnapshotFor('add-only', 'all')).toBe('new');
});

import {keysOfShard} from '../../../../src/core/results/foreignSnapshots';

const tests = {
  names: ['cart pays', 'cart pays twice', 'cart: empty', 'of ours', 'line\nbreak', 'ours: too'],
  own: [3, 5],
};

test.each([
  ['cart pays 1'],
  ['cart pays 12'],
  ['cart pays: receipt 1'],
  ['cart pays: a: b 1'],
  ['cart: empty 2'],
  ['cart: empty: hint 1'],
  ['line\nbreak 1'],
  ['line\\nbreak 1'],
])('%j may be the key of a test of another shard', key => {
  expect(keysOfShard([key], tests)).toEqual([]);
});

test.each([
  ['of ours 2'],
  ['of ours: hint 1'],
  ['ours: too 1'],
  ['gone 1'],
  ['cart 1'],
  ['cart pays thrice 1'],
  ['cart pays'],
  ['cart pays 1 of 2: pays 1'],
])('%j is the key of a test of this shard, or of none', key => {
  expect(
    keysOfShard([key], {...tests, names: tests.names.map(name => (name === 'cart pays' ? 'pays' : name))}),
  ).toEqual([key]);
});

test('the order stays', () => {
  expect(keysOfShard(['z 1', 'cart pays 1', 'a 1'], tests)).toEqual(['z 1', 'a 1']);
});

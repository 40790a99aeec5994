import {differences} from '../../../../src/core/fleet/collection';
import {collectionOf} from './collections';

const FILES = ['a.test.js', 'b.test.js'];

test('two machines with the same collection do not differ', () => {
  expect(differences(collectionOf(FILES), collectionOf([...FILES]))).toBeNull();
});

test('files that only one side has are listed', () => {
  expect(differences(collectionOf(FILES), collectionOf(['b.test.js', 'c.test.js']))).toBe(
    '- a.test.js (only in the plan)\n+ c.test.js (only on this machine)',
  );
});

test('of many files, ten of each side are listed', () => {
  const names = (letter: string) => Array.from({length: 12}, (_, index) => `${letter}${index}`);
  const lines = differences(collectionOf(names('a')), collectionOf(names('b')))!.split('\n');
  expect(lines).toHaveLength(22);
  expect(lines.filter(line => line === 'and 2 more')).toHaveLength(2);
});

test('versions, the config, settings and nodes are compared', () => {
  const planned = collectionOf(FILES, {settings: {bail: '1', testNamePattern: ''}, nodes: ['utc']});
  const own = collectionOf(FILES, {
    config: 'c2',
    versions: {runner: '1.0.1', jest: '29.7.0', node: '20'},
    settings: {testNamePattern: 'x', __proto__: null as unknown as string},
  });
  expect(differences(planned, own)!.split('\n')).toEqual([
    '- jest-runner-xdist: 1.0.0 (the plan)',
    '+ jest-runner-xdist: 1.0.1 (this machine)',
    '- Jest: 30.5.0 (the plan)',
    '+ Jest: 29.7.0 (this machine)',
    '- Node: 24 (the plan)',
    '+ Node: 20 (this machine)',
    '- configs (fingerprint): c1 (the plan)',
    '+ configs (fingerprint): c2 (this machine)',
    '- bail: 1 (the plan)',
    '+ bail: not set (this machine)',
    '- testNamePattern: empty (the plan)',
    '+ testNamePattern: x (this machine)',
    '- nodes: "utc" (the plan)',
    '+ nodes: not set (this machine)',
  ]);
});

test('commits differ only if both are known', () => {
  const at = (commit: string | null) => collectionOf(FILES, {commit});
  expect(differences(at('1'), at(null))).toBeNull();
  expect(differences(at(null), at('2'))).toBeNull();
  expect(differences(at('1'), at('2'))).toBe('- commit: 1 (the plan)\n+ commit: 2 (this machine)');
});

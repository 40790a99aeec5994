import {nameDifference, nameOwners, type NamedTests} from '../../../../src/core/texts/nameDifference';

const found = (where: string, ...names: string[]): NamedTests => ({where, names});
const numbered = (count: number) => Array.from({length: count}, (_, index) => `test ${index + 1}`);

// More of it is in collectionDiff.test.ts.
test('two differ in the names that one of them has more often', () => {
  expect(nameDifference(found('here', 'a', 'b', 'b'), found('there', 'b', 'c', 'a'))).toEqual([
    '- "b" (only in here)',
    '+ "c" (only in there)',
  ]);
});

describe('of several', () => {
  test('those are named that have what not all have', () => {
    expect(nameOwners([found('x', 'a', 'b', 'c'), found('y', 'c', 'b'), found('z', 'b', 'd', 'c', 'a')])).toEqual([
      '"a" (only in x, z)',
      '"d" (only in z)',
    ]);
  });

  test('tests of equal names are counted', () => {
    expect(nameOwners([found('x', 'a', 'a'), found('y'), found('z', 'a')])).toEqual(['"a" (2 times in x, once in z)']);
    expect(nameOwners([found('x', 'a', 'a'), found('y', 'a', 'a')])).toEqual([]);
  });

  test('ten names are shown', () => {
    const lines = nameOwners([found('x', ...numbered(12)), found('y'), found('z')]);
    expect(lines).toHaveLength(11);
    expect(lines.slice(-2)).toEqual(['"test 10" (only in x)', 'and 2 more']);
  });

  test('no name is taken for what every object inherits', () => {
    expect(nameOwners([found('x', '__proto__'), found('y', 'toString'), found('z')])).toEqual([
      '"__proto__" (only in x)',
      '"toString" (only in y)',
    ]);
  });
});

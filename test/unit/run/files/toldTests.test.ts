import {ToldTests} from '../../../../src/run/files/toldTests';

const UNIT = 5;

describe('an event of a test', () => {
  const result = (fullName: string) => ['/5.test.js', {fullName, status: 'passed'}];

  test('is reported, also of two tests of one name', () => {
    const told = new ToldTests();
    expect([1, 2].map(() => told.shouldReport(UNIT, 'test-case-result', result('a')))).toEqual([true, true]);
  });

  test('is not reported if Jest has heard it before the file began anew', () => {
    const told = new ToldTests();
    told.shouldReport(UNIT, 'test-case-start', result('a'));
    told.shouldReport(UNIT, 'test-case-result', result('a'));
    told.shouldReport(UNIT, 'test-case-start', result('b'));
    told.beginAnew(UNIT);
    const isReported = (name: string, fullName: string) => told.shouldReport(UNIT, name, result(fullName));
    expect([isReported('test-case-start', 'a'), isReported('test-case-result', 'a')]).toEqual([false, false]);
    expect([isReported('test-case-start', 'b'), isReported('test-case-result', 'b')]).toEqual([false, true]);
    expect([isReported('test-case-start', 'c'), isReported('test-case-result', 'c')]).toEqual([true, true]);
  });

  test('is not reported either where the file begins anew more than once', () => {
    const told = new ToldTests();
    const isReported = (fullName: string) => told.shouldReport(UNIT, 'test-case-result', result(fullName));
    const runs = [['a'], ['a', 'b'], ['b', 'c', 'a']].map(names => {
      const heard = names.filter(isReported);
      told.beginAnew(UNIT);
      return heard;
    });
    expect(runs).toEqual([['a'], ['b'], ['c']]);
  });

  test('is reported, also of two tests of one name, when the file begins anew', () => {
    const told = new ToldTests();
    told.beginAnew(UNIT);
    expect([1, 2].map(() => told.shouldReport(UNIT, 'test-case-result', result('a')))).toEqual([true, true]);
  });

  test('is forgotten with the result of the file', () => {
    const told = new ToldTests();
    told.shouldReport(UNIT, 'test-case-result', result('a'));
    told.beginAnew(UNIT);
    told.forget(UNIT);
    expect(told.shouldReport(UNIT, 'test-case-result', result('a'))).toBe(true);
  });

  test('of another file is reported all the same', () => {
    const told = new ToldTests();
    told.shouldReport(UNIT, 'test-case-result', result('a'));
    told.beginAnew(UNIT);
    expect(told.shouldReport(UNIT + 1, 'test-case-result', result('a'))).toBe(true);
  });

  test.each([[undefined], [null], [['/5.test.js']], [['/5.test.js', null]], [['/5.test.js', {title: 'a'}]], ['a']])(
    'that names no test is reported: %j',
    payload => {
      const told = new ToldTests();
      told.shouldReport(UNIT, 'custom', payload);
      told.beginAnew(UNIT);
      expect(told.shouldReport(UNIT, 'custom', payload)).toBe(true);
    },
  );
});

test('the tests that Jest was told of are remembered when the file begins anew, by the name of the event', () => {
  const told = new ToldTests();
  const tell = (name: string) => told.shouldReport(UNIT, 'test-case-result', ['/5.test.js', {fullName: name}]);
  tell('a');
  told.beginAnew(UNIT);
  tell('b');
  expect([...told.of(UNIT, 'test-case-result')].sort()).toEqual(['a', 'b']);
  expect([...told.of(UNIT, 'test-case-start')]).toEqual([]);
});

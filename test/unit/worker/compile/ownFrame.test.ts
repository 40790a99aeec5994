import vm from 'node:vm';
import {withoutOurFrame} from '../../../../src/worker/compile/ownFrame';

/** This file is taken for ours. */
const ours = (act: () => unknown) => withoutOurFrame(__filename, act);

function thrownBy(act: () => unknown): unknown {
  try {
    ours(act);
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('what is returned is returned', () => {
  expect(ours(() => 1)).toBe(1);
});

test.each([undefined, null, 'text', 1, {}, {constructor: null}, Object.create(null)])(
  'what is no error is thrown as it is: %p',
  value => {
    const act = jest.fn(() => {
      throw value;
    });
    expect(thrownBy(act)).toBe(value);
    expect(act).toHaveBeenCalledTimes(1);
  },
);

describe('of an error', () => {
  const realm = vm.createContext();
  const other = '/another.js';
  /** Of another realm, so that nobody has his hands on its stacks. */
  const fail = vm.runInContext(
    '(function fail(depth) { if (depth > 0) return fail(depth - 1); throw new RangeError("a message\\n    at no frame\\nof it") })',
    realm,
    {filename: other},
  ) as (depth: number) => never;
  const limitTo = (limit: number) => vm.runInContext(`Error.stackTraceLimit = ${limit}`, realm) as unknown;
  const framesOf = (error: unknown) => (error as Error).stack?.split('\n').slice(3) ?? [];

  afterEach(() => limitTo(10));

  test('the message stays, and frames of ours go', () => {
    const error = thrownBy(() => fail(0)) as Error;
    expect(error).toMatchObject({name: 'RangeError', message: 'a message\n    at no frame\nof it'});
    expect(error.stack).toContain('RangeError: a message\n    at no frame\nof it\n    at fail');
    expect(error.stack).not.toContain(__filename);
    expect(error.stack).not.toContain('ownFrame');
  });

  test('as many are left as there would be', () => {
    limitTo(4);
    expect(framesOf(thrownBy(() => fail(9)))).toHaveLength(4);
    expect(framesOf(thrownBy(() => fail(9))).every(frame => frame.includes(other))).toBe(true);
  });

  test.each([0, -1, -10])('none are, with a limit of %d', limit => {
    limitTo(limit);
    expect(framesOf(thrownBy(() => fail(3)))).toEqual([]);
  });

  test('the limit is as it was', () => {
    limitTo(7);
    thrownBy(() => fail(0));
    expect(vm.runInContext('Error.stackTraceLimit', realm)).toBe(7);
  });

  test('one whose realm has no stacks, or forbids to touch them, is thrown as it is', () => {
    for (const code of ['delete Error.stackTraceLimit', 'Object.freeze(Error)']) {
      const frozen = vm.createContext();
      vm.runInContext(code, frozen);
      const failThere = vm.runInContext('() => { throw new TypeError("x") }', frozen) as () => never;
      const act = jest.fn(failThere);
      expect(thrownBy(act)).toMatchObject({name: 'TypeError', message: 'x'});
      expect(act).toHaveBeenCalledTimes(1);
    }
  });

  test('one whose stack is no text is thrown as it is', () => {
    const strange = vm.createContext();
    vm.runInContext('Error.prepareStackTrace = () => ({})', strange);
    const failThere = vm.runInContext('() => { throw new Error("x") }', strange) as () => never;
    expect(thrownBy(failThere)).toMatchObject({message: 'x', stack: {}});
  });
});

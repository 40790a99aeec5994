import {runInNewContext} from 'node:vm';
import {describeThrown, formatOf, isReadable, stackOfThrown} from '../../../src/worker/thrown';

const format = formatOf(require.resolve('jest-runner'));

function throws(what: string): never {
  throw new Error(what);
}

describe('what was thrown is told', () => {
  test('an error: its message, its stack, its code', () => {
    const error = Object.assign(new Error('oh'), {code: 'ENOENT', more: 1n});
    expect(describeThrown(error, format)).toEqual({message: 'oh', stack: error.stack, code: 'ENOENT', type: 'Error'});
    expect(stackOfThrown(error)).toBe(error.stack);
  });

  test.each<[unknown, string]>([
    ['a text', 'a text'],
    [Symbol('why'), 'thrown: Symbol(why)'],
    [{reason: 'nope'}, 'thrown: Object {\n  "reason": "nope",\n}'],
    [Object.create(null), 'thrown: Object {}'],
    [12n, 'thrown: 12n'],
    [null, 'thrown: null'],
    [undefined, 'thrown: undefined'],
    [{message: {toString: () => throws('toString')}}, 'thrown: Object {'],
  ])('%p', (thrown, message) => {
    const told = describeThrown(thrown, format);
    expect(told).toMatchObject({stack: '', type: 'Error'});
    expect(told.message).toContain(message);
    expect(stackOfThrown(thrown)).not.toBe('');
  });
});

describe('what throws when it is read is told all the same', () => {
  test('an error whose stack throws', () => {
    const error: unknown = runInNewContext(`Error.prepareStackTrace = () => { throw 'prep'; }; new Error('orig')`);
    expect(isReadable(error)).toBe(false);
    expect(describeThrown(error, format)).toEqual({
      message: 'orig\n\nIts stack cannot be read, as that throws: prep',
      stack: '',
      type: 'Error',
    });
  });

  const trap = () => throws('trap');
  test.each([
    [
      'a getter',
      {
        get message(): string {
          return throws('getter');
        },
        toJSON: trap,
      },
    ],
    [
      'a proxy',
      new Proxy({}, {get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap}),
    ],
  ])('%s', (_name, thrown) => {
    expect(isReadable(thrown)).toBe(false);
    expect(describeThrown(thrown, format).message).toMatch(/^thrown: /);
    expect(stackOfThrown(thrown)).toMatch(/^thrown: /);
  });
});

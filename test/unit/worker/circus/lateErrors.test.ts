import {LateErrors} from '../../../../src/worker/circus/lateErrors';

const NOTE = /\n\nThis error comes from .*a\.test\.js, which had ended in this process when it was thrown\.\n {4}at /;

function errorWith(...paths: string[]): Error {
  const error = new Error('too late');
  error.stack = `Error: too late\n${paths.map(path => `    at Timeout.<anonymous> (${path}:3:9)`).join('\n')}`;
  return error;
}

function running(...paths: string[]): LateErrors {
  const errors = new LateErrors();
  for (const path of paths) errors.fileBegins(path);
  return errors;
}

test('an error of an earlier file says so between its message and its calls', () => {
  const error = errorWith('/lib.js', '/a.test.js');
  running('/a.test.js', '/b.test.js').explain(error);
  expect(error.stack).toMatch(/^Error: too late\n\nThis error comes from/);
  expect(error.stack).toMatch(NOTE);
  expect(error.message).toBe('too late');
});

test.each([
  ['that names the running file', errorWith('/a.test.js', '/b.test.js'), ['/a.test.js', '/b.test.js']],
  ['that names no file', errorWith('/lib.js'), ['/a.test.js', '/b.test.js']],
  ['of the first file', errorWith('/a.test.js'), ['/a.test.js']],
  ['of a file that runs once more', errorWith('/a.test.js'), ['/a.test.js', '/b.test.js', '/a.test.js']],
])('one %s is left alone', (_what, error, paths) => {
  const {stack} = error;
  running(...paths).explain(error);
  expect(error.stack).toBe(stack);
});

test.each([
  ['null', null],
  ['a text', 'too late'],
  ['an object without a stack', {}],
  ['a frozen error', Object.freeze(errorWith('/a.test.js'))],
  [
    'an error whose stack throws',
    Object.defineProperty(new Error('too late'), 'stack', {
      get() {
        throw new Error('no stack');
      },
    }),
  ],
])('%s is told as it is', (_what, error) => {
  expect(() => running('/a.test.js', '/b.test.js').explain(error)).not.toThrow();
});

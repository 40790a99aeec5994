import {
  dictionary,
  finite,
  LineBuffer,
  list,
  nullable,
  parseJson,
  ProtocolError,
  record,
  text,
  whole,
} from '../../../../src/core/wire/values';

describe('LineBuffer', () => {
  test('puts lines together again, however they were cut', () => {
    const lines = new LineBuffer();
    expect(lines.push('on')).toEqual([]);
    expect(lines.push('e\ntwo\nth')).toEqual(['one', 'two']);
    expect(lines.push('ree')).toEqual([]);
    expect(lines.push('\n')).toEqual(['three']);
  });

  test('has no line where none has ended', () => {
    expect(new LineBuffer().push('')).toEqual([]);
  });

  test('has lines without a character, too', () => {
    expect(new LineBuffer().push('\n\na\n')).toEqual(['', '', 'a']);
  });

  test('puts a long line together in time that grows with its length, not with the square of it', () => {
    const lines = new LineBuffer();
    const chunk = 'x'.repeat(1024);
    const count = 64 * 1024;
    // Joined anew with each of these, 64 MB would be copied 65,536 times: no machine ends that within a test's time.
    for (let i = 0; i < count; i++) lines.push(chunk);
    expect(lines.push('\n').map(({length}) => length)).toEqual([count * chunk.length]);
  });

  test('takes a line of the longest length, and none that is longer, however it was cut', () => {
    expect(new LineBuffer(4).push('abcd\nefgh\n')).toEqual(['abcd', 'efgh']);
    expect(() => new LineBuffer(4).push('abcd\nefghi\n')).toThrow('a line of at most 4 characters, got "efghi"');
    const lines = new LineBuffer(4);
    lines.push('ab');
    lines.push('cd');
    expect(() => lines.push('e')).toThrow('a line of at most 4 characters, got "ab"');
  });

  test('keeps nothing of a line that is too long', () => {
    const lines = new LineBuffer(4);
    expect(() => lines.push('abcde')).toThrow(ProtocolError);
    expect(lines.push('fg\n')).toEqual(['fg']);
  });
});

test('a value that is as expected comes back as it is', () => {
  expect(parseJson('{"a":[1]}')).toEqual({a: [1]});
  expect(record({a: 1}, 'a thing')).toEqual({a: 1});
  expect(list([1, 2], whole)).toEqual([1, 2]);
  expect(dictionary({a: 1, b: 2}, 'numbers', whole)).toEqual({a: 1, b: 2});
  expect(nullable(null, whole)).toBeNull();
  expect(nullable(3, whole)).toBe(3);
  expect([whole(-2), finite(1.5), text('')]).toEqual([-2, 1.5, '']);
});

test.each<[string, () => unknown, string]>([
  ['half a line', () => parseJson('{"a"'), 'expected JSON, got "{\\"a\\""'],
  ['null for an object', () => record(null, 'a thing'), 'expected a thing, got null'],
  ['a text for a dictionary', () => dictionary('a', 'numbers', whole), 'expected numbers, got "a"'],
  ['a field that is not one', () => dictionary({a: 1, b: '2'}, 'numbers', whole), 'expected a whole number, got "2"'],
  ['an object for a list', () => list({0: 1}, whole), 'expected a list, got {"0":1}'],
  ['an item that is not one', () => list([1, '2'], whole), 'expected a whole number, got "2"'],
  ['undefined for null', () => nullable(undefined, whole), 'expected a whole number, got undefined'],
  ['a fraction', () => whole(0.5), 'expected a whole number, got 0.5'],
  ['no number', () => finite(NaN), 'expected a number, got null'],
  ['a number for a text', () => text(5), 'expected a text, got 5'],
])('%s is refused', (_what, parse, message) => {
  expect(parse).toThrow(ProtocolError);
  expect(parse).toThrow(`jest-runner-xdist: ${message}`);
});

test('a long value is shown by its beginning', () => {
  expect(() => whole('x'.repeat(1000))).toThrow(`got "${'x'.repeat(199)}…`);
});

import fc from 'fast-check';
import {cutPath, cutTo, harmless, widthOf} from '../../../src/live/harmless';

test.each([
  ['\u001B[31mred\u001B[0m', 'red'],
  ['\u001B]0;title\u0007after', 'after'],
  ['\u001B]8;;http://a\u001B\\link\u001B]8;;\u001B\\', 'link'],
  ['one\r\n\ttwo', 'one two'],
  ['bell\u0007, escape\u001B', 'bell , escape '],
  ['\u202Eturned\u2066', ' turned '],
  ['zero\u200Bwidth', 'zero width'],
  ['lone \uD800 half', 'lone   half'],
  ['next\u2028line', 'next line'],
  [`z${'\u0301'.repeat(40)}`, 'z\u0301\u0301'],
])('%j is printed as %j', (name, printed) => {
  expect(harmless(name)).toBe(printed);
});

test('no text has a character left that a terminal would obey', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), text => {
      expect(harmless(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('a text is cut to the columns that it has, and never amid a character', () => {
  expect(cutTo('abcdef', 6)).toBe('abcdef');
  expect(cutTo('abcdef', 4)).toBe('abc…');
  expect(cutTo('漢字漢字', 6)).toBe('漢字…');
  expect(cutTo('abc', 0)).toBe('');
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), fc.integer({min: 0, max: 50}), (text, columns) => {
      expect(widthOf(cutTo(harmless(text), columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

test('joined emoji take as many columns as their parts, as in terminals that do not join them', () => {
  expect(widthOf('👩‍👩‍👧')).toBeGreaterThanOrEqual(6);
});

test('a path loses its first folders before its end', () => {
  expect(cutPath('src/deep/a.test.js', ' › adds', 30)).toBe('src/deep/a.test.js › adds');
  expect(cutPath('src/deep/a.test.js', ' › adds', 24)).toBe('…/deep/a.test.js › adds');
  expect(cutPath('src/deep/a.test.js', ' › adds', 21)).toBe('…/a.test.js › adds');
  expect(cutPath('src/deep/a.test.js', ' › adds', 12)).toBe('…/a.test.js…');
});

import {namesJest} from '../../../../src/worker/compile/jestName';

test.each([
  'jest.fn()',
  'a=jest',
  'f(...jest)',
  'a/jest',
  '`${jest}`',
  'jest`text`',
  '/* */jest',
  "x?jest:'a'",
  'je\\u0073t.fn()',
  '\\u{6A}est.fn()',
  '() => arguments[5]',
  'eval(text)',
])('a module may reach its jest object: %s', source => {
  expect(namesJest(source)).toBe(true);
});

test.each([
  '',
  'module.exports = 1',
  "require('jest-each')",
  'require("@jest/expect")',
  'require(`jest-util`)',
  "a['jest']",
  '_jest()',
  'jestObject.fn()',
  '$jest; jest$; jest2',
  'evaluate(argumentsOf)',
  "'\\u00e9'",
])('it cannot: %s', source => {
  expect(namesJest(source)).toBe(false);
});

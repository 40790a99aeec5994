/** Tells whether a module can reach the `jest` object that Jest passes to its wrapper. */

/** The name as a whole word. A package's name in quotes (`'jest-each'`, `"@jest/expect"`) is no identifier. */
const NAME = /(?<![\w$'"`@])jest(?![\w$'"])/;

/** The wrapper's `arguments`. Every function has its own, but to find out whose they are takes a parser. */
const ARGUMENTS = /\barguments\b/;

/** Code in a string that `eval` runs sees the module's names. Code that `Function` makes does not. */
const EVAL = /\beval\b/;

/** Escapes of the letters j, e, s and t, with which an identifier may be written. */
const ESCAPES = ['\\u006', '\\u007', '\\u{'];

/**
 * May be true for a module that does not reach `jest`, but is never false for one that does. A function without `"use
 * strict"` may read its caller's arguments as `caller.arguments`. We do not look for that, because nobody gets `jest`
 * that way.
 *
 * @param source the body of the wrapper
 */
export function namesJest(source: string): boolean {
  // Most modules contain none of these texts, and `includes` takes a thirtieth of the time of a regular expression.
  return (
    (source.includes('jest') && NAME.test(source)) ||
    (source.includes('arguments') && ARGUMENTS.test(source)) ||
    (source.includes('eval') && EVAL.test(source)) ||
    ESCAPES.some(escape => source.includes(escape))
  );
}

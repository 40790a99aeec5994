/** Texts of recordings, as a terminal or a page may show them: anybody may have chosen the titles of the tests. */
import {stripVTControlCharacters} from 'node:util';

/** Control characters, line separators, and marks that change the direction of a text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** One line of a text, with an escape for each character that a terminal would act upon. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') return '\\n';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The lines of a text that a program has coloured, such as a failure. */
export function printableLines(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n/)
    .map(line => printable(line.replaceAll('\t', '    ')));
}

/** The name of a test: its titles. */
export function testName(titles: readonly string[]): string {
  return titles.map(printable).join(' › ');
}

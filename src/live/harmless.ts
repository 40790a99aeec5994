/**
 * Makes a text from outside, such as the name of a test, safe to print in one line of a terminal, and cuts it to a
 * width. A name may contain anything: control characters, escape sequences, marks that turn the direction of writing.
 */
import {stripVTControlCharacters} from 'node:util';
import stringWidth = require('string-width');

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Whatever moves the cursor, or is not seen: controls, format characters, lone surrogates, line separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Marks that a terminal puts on the letter before them. A longer pile would reach into other lines. */
const PILE = /(\p{M}{2})\p{M}+/gu;

/** Names longer than this (UTF-16 units) are cut before anything else looks at them. */
const LONGEST = 2000;

const characters = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** One line without anything that a terminal would take for a command. */
export function harmless(text: string): string {
  if (text.length <= LONGEST && PRINTABLE_ASCII.test(text)) return text;
  return stripVTControlCharacters(text.slice(0, LONGEST)).replace(UNSEEN, ' ').replace(PILE, '$1');
}

/**
 * How many columns a harmless text takes at most. Terminals disagree on joined emoji, so each part of them counts.
 */
export function widthOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += stringWidth(character);
  return width;
}

/** The text, or as much of its beginning as takes `columns` with an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const {segment} of characters.segment(text)) {
    const more = widthOf(segment);
    if (width + more > columns - 1) break;
    kept += segment;
    width += more;
  }
  return `${kept}…`;
}

/** As cutTo, but cuts `path` at its beginning first: a path's end says more than its beginning. */
export function cutPath(path: string, rest: string, columns: number): string {
  const tooMuch = widthOf(path) + widthOf(rest) - columns;
  const shortest = path.split('/').at(-1) ?? path;
  if (tooMuch <= 0 || shortest === path) return cutTo(path + rest, columns);
  const folders = path.split('/');
  while (folders.length > 1 && widthOf(`…/${folders.join('/')}`) + widthOf(rest) > columns) folders.shift();
  return cutTo(`…/${folders.join('/')}${rest}`, columns);
}

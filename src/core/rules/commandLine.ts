/**
 * Finds --runInBand in Jest's command line. Jest 29 does not tell its runners about that option, but only that there is
 * one worker.
 */

/** The option's names. yargs also accepts each with the prefix `no-`. */
const RUN_IN_BAND = /^--(?<no>no-)?(?:i|runInBand|run-in-band)(?:=(?<value>.*))?$/;

/**
 * Whether --runInBand is set. Reads as yargs does: the last occurrence counts, short options may be combined (`-iu`),
 * and no option follows `--`.
 *
 * @param words the command line, without `node` and its script
 */
export function asksForInBand(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  let asked = false;
  for (const [index, word] of options.entries()) {
    const said = word.startsWith('--') ? sayLong(word) : sayShort(word);
    if (said === null) continue;
    // yargs takes the next word as the value if it is `false`.
    const next = options[index + 1];
    asked = said === 'yes' ? next !== 'false' : said === 'true';
  }
  return asked;
}

/** `yes`: the option has no value. null: the word is another one. */
type Said = 'yes' | 'true' | 'false' | null;

function sayLong(word: string): Said {
  const groups = RUN_IN_BAND.exec(word)?.groups;
  if (groups === undefined) return null;
  if (groups.no !== undefined) return 'false';
  if (groups.value === undefined) return 'yes';
  return groups.value === 'true' ? 'true' : 'false';
}

/** Reads one dash and letters. Each letter is an option, until one has its value in the same word, as in `-w2`. */
function sayShort(word: string): Said {
  if (!word.startsWith('-')) return null;
  let said: Said = null;
  for (let index = 1; index < word.length; index++) {
    const rest = word.slice(index + 1);
    const hasValue = /^(\W|-?\d+(\.\d+)?(e-?\d+)?$)/.test(rest);
    if (word[index] === 'i') said = !hasValue ? (rest === '' ? 'yes' : 'true') : rest === '=true' ? 'true' : 'false';
    if (hasValue) break;
  }
  return said;
}

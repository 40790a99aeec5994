/**
 * What is read of Jest's command line: Jest 29 does not tell its runners that --runInBand was asked for, only that
 * there is to be one worker.
 */

/** The option's names, each of which yargs takes with `no-` before it, too. */
const RUN_IN_BAND = /^--(?<no>no-)?(?:i|runInBand|run-in-band)(?:=(?<value>.*))?$/;

/**
 * Whether --runInBand is asked for, read as yargs reads it: the last word about it counts, short options may stand
 * together (`-iu`), and behind `--` there are none.
 *
 * @param words of the command line, without `node` and its script
 */
export function asksForInBand(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  let asked = false;
  for (const [index, word] of options.entries()) {
    const said = word.startsWith('--') ? sayLong(word) : sayShort(word);
    if (said === null) continue;
    // It takes the next word where that can be nothing else.
    const next = options[index + 1];
    asked = said === 'yes' ? next !== 'false' : said === 'true';
  }
  return asked;
}

/** `yes`: without a value. null: nothing is said. */
type Said = 'yes' | 'true' | 'false' | null;

function sayLong(word: string): Said {
  const groups = RUN_IN_BAND.exec(word)?.groups;
  if (groups === undefined) return null;
  if (groups.no !== undefined) return 'false';
  if (groups.value === undefined) return 'yes';
  return groups.value === 'true' ? 'true' : 'false';
}

/** One dash, and letters: each an option, until one whose value follows in the same word, as in `-w2`. */
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

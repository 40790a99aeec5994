/**
 * Finds options in Jest's command line that Jest 29 does not hand on. It tells its runners nothing about --runInBand, but
 * only that there is one worker, and its test sequencer nothing at all.
 */

/** An option that is on or off. */
interface Switch {
  /** The option's names. yargs also accepts each with the prefix `no-`. */
  readonly long: RegExp;
  /** null: there is none. */
  readonly short: string | null;
}

const RUN_IN_BAND: Switch = {long: /^--(?<no>no-)?(?:i|runInBand|run-in-band)(?:=(?<value>.*))?$/, short: 'i'};
const ONLY_FAILURES: Switch = {long: /^--(?<no>no-)?(?:f|onlyFailures|only-failures)(?:=(?<value>.*))?$/, short: 'f'};
const CI: Switch = {long: /^--(?<no>no-)?ci(?:=(?<value>.*))?$/, short: null};
const UPDATE_SNAPSHOT: Switch = {
  long: /^--(?<no>no-)?(?:u|updateSnapshot|update-snapshot)(?:=(?<value>.*))?$/,
  short: 'u',
};

/** Whether --runInBand is set. @param words the command line, without `node` and its script */
export function asksForInBand(words: readonly string[]): boolean {
  return asksFor(RUN_IN_BAND, words);
}

/** Whether --onlyFailures is set. @param words the command line, without `node` and its script */
export function asksForOnlyFailures(words: readonly string[]): boolean {
  return asksFor(ONLY_FAILURES, words);
}

/**
 * Whether the command line says that the run may write snapshots. If it says nothing of that, a run on a CI writes none.
 *
 * @param words the command line, without `node` and its script
 */
export function asksForSnapshots(words: readonly string[]): boolean {
  return settingOf(CI, words) === false || asksFor(UPDATE_SNAPSHOT, words);
}

function asksFor(option: Switch, words: readonly string[]): boolean {
  return settingOf(option, words) === true;
}

/**
 * Whether an option is on; null: the command line has no such option. Reads as yargs does: the last occurrence counts,
 * short options may be combined (`-iu`), and no option follows `--`.
 */
function settingOf({long, short}: Switch, words: readonly string[]): boolean | null {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  let asked: boolean | null = null;
  for (const [index, word] of options.entries()) {
    const said = word.startsWith('--') ? sayLong(word, long) : short === null ? null : sayShort(word, short);
    if (said === null) continue;
    // yargs takes the next word as the value if it is `false`.
    const next = options[index + 1];
    asked = said === 'yes' ? next !== 'false' : said === 'true';
  }
  return asked;
}

/** `yes`: the option has no value. null: the word is another one. */
type Said = 'yes' | 'true' | 'false' | null;

function sayLong(word: string, long: RegExp): Said {
  const groups = long.exec(word)?.groups;
  if (groups === undefined) return null;
  if (groups.no !== undefined) return 'false';
  if (groups.value === undefined) return 'yes';
  return groups.value === 'true' ? 'true' : 'false';
}

/** Reads one dash and letters. Each letter is an option, until one has its value in the same word, as in `-w2`. */
function sayShort(word: string, letter: string): Said {
  if (!word.startsWith('-')) return null;
  let said: Said = null;
  for (let index = 1; index < word.length; index++) {
    const rest = word.slice(index + 1);
    const hasValue = /^(\W|-?\d+(\.\d+)?(e-?\d+)?$)/.test(rest);
    if (word[index] === letter) said = !hasValue ? (rest === '' ? 'yes' : 'true') : rest === '=true' ? 'true' : 'false';
    if (hasValue) break;
  }
  return said;
}

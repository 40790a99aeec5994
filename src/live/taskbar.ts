/** The progress that some terminals show in their tab or in the taskbar: the sequence OSC 9;4, first used by ConEmu. */

/** The terminal takes the progress away. */
export const NO_PROGRESS = '\u001B]9;4;0;\u001B\\';

/** @param share 0 to 1 */
export function progressSequence(share: number, failed: boolean): string {
  const percent = Math.max(0, Math.min(100, Math.floor(share * 100)));
  return `\u001B]9;4;${failed ? 2 : 1};${percent}\u001B\\`;
}

/**
 * Whether the terminal has it. Others must not get the sequence: to some, OSC 9 is the text of a notification.
 *
 * @param environment of Jest's process
 */
export function hasProgress(environment: Readonly<Record<string, string | undefined>>): boolean {
  const {TMUX, STY, WT_SESSION, ConEmuANSI, TERM_PROGRAM, TERM_PROGRAM_VERSION} = environment;
  // These variables outlive a terminal multiplexer, which passes no such sequence on.
  if (isSet(TMUX) || isSet(STY)) return false;
  if (isSet(WT_SESSION) || ConEmuANSI === 'ON') return true;
  if (TERM_PROGRAM === 'ghostty' || TERM_PROGRAM === 'WezTerm') return true;
  return TERM_PROGRAM === 'iTerm.app' && isFrom(TERM_PROGRAM_VERSION ?? '', [3, 6, 6]);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function isFrom(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map(part => Number.parseInt(part, 10));
  for (const [index, wanted] of least.entries()) {
    const number = numbers[index] ?? 0;
    if (number !== wanted) return number > wanted;
  }
  return true;
}

/**
 * The command line of a replaying Jest. The recorded settings that decide what Jest prints, and how it exits, are
 * passed where the checkout's config differs. A setting that the user passes wins.
 */
import {isAbsolute, join} from 'node:path';
import type {JestSettings} from '../recording/lines';
import type {ShownConfig} from './checkout';
import {ReplayError} from './replayError';

/** Options that would run code of the project, write to the checkout, or tell something else than the recordings. */
const REFUSED = new Set([
  'collectTests',
  'filter',
  'globalSetup',
  'globalTeardown',
  'listTests',
  'runner',
  'shard',
  'testSequencer',
  'u',
  'updateSnapshot',
  'watch',
  'watchAll',
]);

/**
 * @param kind what the user asked for, for texts: `replay`
 * @throws {ReplayError} if the user asks Jest for something that a replaying run does not do
 */
export function checkUserArguments(kind: string, jestArguments: readonly string[]): void {
  for (const name of namesOf(jestArguments)) {
    if (!REFUSED.has(name)) continue;
    const flag = name.length === 1 ? `-${name}` : `--${name}`;
    throw new ReplayError(`a ${kind} runs nothing and writes no snapshots: it cannot be combined with ${flag}.`);
  }
}

export function argumentsOf(
  recorded: JestSettings,
  config: ShownConfig['globalConfig'],
  userArguments: readonly string[],
): string[] {
  const users = namesOf(userArguments);
  const settings: string[] = [];
  const pass = (names: readonly string[], wanted: unknown, here: unknown, flag: string) => {
    if (wanted !== here && !names.some(name => users.has(name))) settings.push(flag);
  };
  // Jest's command line takes no number.
  if (recorded.bail <= 1) pass(['bail', 'b'], recorded.bail, config.bail, `--bail=${recorded.bail === 1}`);
  pass(['ci'], recorded.ci, config.ci, `--ci=${recorded.ci}`);
  const coverage = ['coverage', 'collectCoverage'];
  pass(coverage, recorded.collectCoverage, config.collectCoverage, `--coverage=${recorded.collectCoverage}`);
  const provider = recorded.coverageProvider;
  pass(['coverageProvider'], provider, config.coverageProvider, `--coverageProvider=${provider}`);
  pass(['expand', 'e'], recorded.expand, config.expand, `--expand=${recorded.expand}`);
  pass(['randomize'], recorded.randomize, config.randomize, `--randomize=${recorded.randomize}`);
  pass(['seed'], recorded.seed, null, `--seed=${recorded.seed}`);
  pass(['silent'], recorded.silent, config.silent, `--silent=${recorded.silent}`);
  const pattern = recorded.testNamePattern;
  pass(['testNamePattern', 't'], pattern, null, `--testNamePattern=${pattern}`);
  if (recorded.verbose !== null) {
    pass(['verbose'], recorded.verbose, config.verbose, `--verbose=${recorded.verbose}`);
  }
  if (config.watch || config.watchAll) settings.push('--watch=false', '--watchAll=false');
  return [
    `--runner=${join(__dirname, 'runner.js')}`,
    `--testSequencer=${join(__dirname, 'sequencer.js')}`,
    '--globalSetup=',
    '--globalTeardown=',
    '--skipFilter',
    ...settings,
    ...userArguments,
    ...(userArguments.includes('--') ? [] : ['--']),
    ...patternsOf(recorded),
  ];
}

/** The patterns that Jest prints. Our sequencer, not they, chooses the files. */
function patternsOf({related, testPathPatterns}: JestSettings): readonly string[] {
  // The names of changed files, and paths of the other machine, would choose no file at all here.
  return related || testPathPatterns.some(pattern => isAbsolute(pattern)) ? [] : testPathPatterns;
}

/** The names of the options on a command line, as Jest's documentation writes them. */
function namesOf(commandLine: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const argument of commandLine) {
    if (argument === '--') break;
    const [, dashes = '', name = ''] = /^(--?)([^=]*)/.exec(argument) ?? [];
    if (dashes === '--') names.add(camelCase(name.replace(/^no-/, '')));
    else for (const letter of name) names.add(letter);
  }
  return names;
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

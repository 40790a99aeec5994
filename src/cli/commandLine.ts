/** The command line: finds the command, parses its arguments, prints help and errors. */
import {parseArgs} from 'node:util';
import leven from 'leven';
import {CommandError, UsageError, type Arguments, type Command, type Flag, type Surroundings} from './command';
import {COMMANDS} from './commands';
import {RecordingError} from '../recording';
import {printable} from './printable';

export const PROGRAM = 'jest-runner-xdist';

/** Exit codes. They are in docs/cli.md. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;

export interface Streams extends Surroundings {
  /** Writes to standard error. */
  readonly complain: (text: string) => void;
}

/** @param argv without Node and the script @returns the exit code */
export async function runCommandLine(argv: readonly string[], streams: Streams): Promise<number> {
  const [name, ...given] = argv;
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && given[0] === undefined)) {
    streams.print(helpOfAll());
    return name === undefined ? WRONG_USAGE : DONE;
  }
  if (name === '--version') {
    const {version} = require('../../package.json') as {version: string};
    streams.print(`${version}\n`);
    return DONE;
  }
  const asked = name === 'help' ? (given[0] ?? '') : name;
  const command = COMMANDS.get(asked);
  if (command === undefined) {
    const known = [...COMMANDS.keys()];
    streams.complain(`There is no command ${shown(asked)}.${nearest(asked, known)} See ${PROGRAM} --help.\n`);
    return WRONG_USAGE;
  }
  const ours = given.slice(0, given.includes('--') ? given.indexOf('--') : given.length);
  if (name === 'help' || ours.includes('--help') || ours.includes('-h')) {
    streams.print(helpOf(command));
    return DONE;
  }
  try {
    return await command.run(parseArguments(command, given), streams);
  } catch (error) {
    if (error instanceof UsageError) {
      streams.complain(`${error.message} See ${PROGRAM} ${asked} --help.\n`);
      return WRONG_USAGE;
    }
    const expected = error instanceof CommandError || error instanceof RecordingError || isUsersError(error);
    const text = expected ? error.message : ((error as Error).stack ?? String(error));
    streams.complain(`${text.split('\n').map(printable).join('\n')}\n`);
    return FAILED;
  }
}

/** The classes are loaded only where options and plans are checked. */
function isUsersError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    ['OptionsError', 'ShardPlanError', 'FleetError', 'FleetSettingsError'].includes(error.name)
  );
}

/** @throws {UsageError} */
export function parseArguments({flags: known}: Pick<Command, 'flags'>, given: readonly string[]): Arguments {
  const end = given.indexOf('--');
  const options = Object.fromEntries(
    Object.entries(known).map(([name, {value, short, multiple = false}]) => [
      name,
      {type: value === undefined ? ('boolean' as const) : ('string' as const), multiple, ...(short && {short})},
    ]),
  );
  // Not strict: our own errors name the nearest flag.
  const {tokens, positionals} = parseArgs({
    args: end === -1 ? [...given] : given.slice(0, end),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const {name, rawName, value} = token;
    const flag = Object.hasOwn(known, name) ? known[name] : undefined;
    if (flag === undefined) {
      const names = [...Object.keys(known), 'help'].map(one => `--${one}`);
      throw new UsageError(`There is no flag ${shown(rawName)}.${nearest(rawName, names)}`);
    }
    if (flag.value !== undefined && (value === undefined || value === '')) {
      throw new UsageError(`${rawName} needs a value: ${rawName} <${flag.value}>.`);
    }
    if (flag.value === undefined && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    const values = flags.get(name) ?? [];
    if (values.length > 0 && flag.multiple !== true) throw new UsageError(`${rawName} is given twice.`);
    flags.set(name, [...values, value ?? '']);
  }
  return {flags, positionals, rest: end === -1 ? null : given.slice(end + 1)};
}

function shown(name: string): string {
  return `"${printable(name)}"`;
}

/** As in ` Did you mean "show"?`; '': nothing is near. */
function nearest(name: string, known: readonly string[]): string {
  const [best] = known.map(one => ({one, distance: leven(name, one)})).sort((a, b) => a.distance - b.distance);
  return best === undefined || best.distance > Math.max(2, best.one.length / 3) ? '' : ` Did you mean "${best.one}"?`;
}

function helpOfAll(): string {
  const width = Math.max(...[...COMMANDS.keys()].map(name => name.length));
  const list = [...COMMANDS].map(([name, {summary}]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `Usage: ${PROGRAM} <command> [arguments]`,
    '',
    'Commands:',
    ...list,
    '',
    `${PROGRAM} <command> --help describes a command.`,
    'Exit codes: 0: done; 1: what was asked about failed, or an error; 2: wrong usage.',
    '',
  ].join('\n');
}

function helpOf({usage, help, flags}: Command): string {
  const lines = Object.entries(flags).map(([name, flag]): [string, string] => [flagShape(name, flag), flag.text]);
  lines.push(['-h, --help', 'Print this text.']);
  const width = Math.max(...lines.map(([shape]) => shape.length));
  return [
    ...usage.map((way, index) => `${index === 0 ? 'Usage:' : '      '} ${PROGRAM} ${way}`),
    '',
    help.trim(),
    '',
    'Flags:',
    ...lines.map(([shape, text]) => `  ${shape.padEnd(width)}  ${text}`),
    '',
  ].join('\n');
}

function flagShape(name: string, {value, short}: Flag): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
}

/** Parses the command line of `npm run bench -- …`. */
import {parseArgs} from 'node:util';
import {JEST_LINES, type JestLine} from '../test/e2e/project';

export const NODE_MAJORS = [20, 22, 24, 26] as const;
export type NodeMajor = (typeof NODE_MAJORS)[number];

export interface Command {
  /** The parts to run. Empty: all parts. */
  readonly parts: readonly string[];
  /** null: the Node that runs the benchmark. */
  readonly node: NodeMajor | null;
  /** The Jest lines, the latest first. */
  readonly lines: readonly JestLine[];
  /** How many times each runner runs a suite of `speed`. null: as often as the suite says. */
  readonly pairs: number | null;
  /** Whether each run of a suite of `speed` starts without a cache. */
  readonly cold: boolean;
}

/** An error in the command line that the user has to correct. Print only its `message`. */
export class CommandError extends Error {}

/**
 * @param parts the names of all parts
 * @throws CommandError
 */
export function parseCommand(args: readonly string[], parts: readonly string[]): Command {
  const {values, positionals} = parsed(args);
  const unknown = positionals.find(name => !parts.includes(name));
  if (unknown !== undefined) throw new CommandError(`There is no benchmark "${unknown}": name ${anyOf(parts)}.`);
  return {
    parts: positionals,
    node: oneOf('--node', NODE_MAJORS, values.node),
    lines: [oneOf('--line', JEST_LINES, values.line) ?? [...JEST_LINES].reverse()].flat(),
    pairs: positive('--pairs', values.pairs),
    cold: values.cold ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        node: {type: 'string'},
        line: {type: 'string'},
        pairs: {type: 'string'},
        cold: {type: 'boolean'},
      },
    });
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function oneOf<T extends string | number>(option: string, allowed: readonly T[], value: string | undefined): T | null {
  if (value === undefined) return null;
  const found = allowed.find(one => String(one) === value);
  if (found === undefined) throw new CommandError(`${option} must be ${anyOf(allowed)}; it is "${value}".`);
  return found;
}

function positive(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (!/^[1-9]\d*$/.test(value)) throw new CommandError(`${option} must be a whole number from 1; it is "${value}".`);
  return Number(value);
}

const anyOf = (all: readonly (string | number)[]) =>
  new Intl.ListFormat('en', {type: 'disjunction'}).format(all.map(String));

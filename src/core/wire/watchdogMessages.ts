/**
 * What a worker's watchdog says to the parent: one JSON line a message, over a socket of the watchdog's
 * own, that comes from a thread and so arrives also while the worker's main thread is stuck. The first
 * line is the hello. Nothing goes the other way: that the socket is open says that the parent lives.
 */
import {finite, list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {describeTimeSpan} from '../texts/timeSpan';
import type {Generation, SlotNumber} from '../plan/units';

/** The first line a watchdog sends: whose it is. */
export interface WatchdogHello {
  readonly watchdog: true;
  /** The run's own, as a worker's. */
  readonly token: string;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number;
}

/** A function call that has not ended. */
export interface StackFrame {
  /** '': it has no name. */
  readonly functionName: string;
  /** Of the source that its author wrote, where there is a source map. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Where the main thread is while nothing moves. */
export type HungPlace =
  /** It runs code: the innermost call first. */
  | {readonly kind: 'stack'; readonly frames: readonly StackFrame[]}
  /** It runs nothing. Its event loop waits for these, in Node's words: 'Timeout', 'TCPSocketWrap'. */
  | {readonly kind: 'open'; readonly resources: readonly string[]}
  /** It is in native code that does not answer: a synchronous child process, a huge computation of one call. */
  | {readonly kind: 'native'};

/** What a limit comes from. */
export type LimitSource =
  /** The option hardTimeout. */
  | 'option'
  /** The file's pragma, or the `files` entry for it. */
  | 'file'
  /** Jest's timeout of the test or hook: the limit is TIMES_OWN_TIMEOUT times that. */
  | 'timeout';

/** A test or a hook gets at least this many times its own Jest timeout, so that Jest's timeout fails it first. */
export const TIMES_OWN_TIMEOUT = 1.5;

/** Watchdog to parent. `name`: that of the phase. `ms`: how long the phase has lasted. */
export type FromWatchdog =
  /** Every second, whatever the main thread does. */
  | {
      readonly type: 'alive';
      /** Another number: another phase. */
      readonly phase: number;
      /** Of the phase; '': nothing is under way. */
      readonly name: string;
      readonly ms: number;
      /** null: the phase may last for ever. */
      readonly limitMs: number | null;
      /** Somebody looks at the process with a debugger: it is not judged. */
      readonly debugged: boolean;
      /** The memory that the process takes, in bytes. */
      readonly rss: number;
    }
  /** Once per phase. */
  | {readonly type: 'slow'; readonly name: string; readonly ms: number}
  /** Once per phase. It may end all the same: nothing was done to it. */
  | {
      readonly type: 'hung';
      readonly name: string;
      readonly ms: number;
      readonly limitMs: number;
      /** Says where the limit comes from; '': from none of the user's settings. */
      readonly limitBy: string;
      /** Whether code of the test file may have been running; if not, an earlier file's, or the environment's. */
      readonly began: boolean;
      readonly place: HungPlace;
    };

/**
 * Reads the first line of a connection.
 *
 * @returns null: it is not a watchdog's
 * @throws {ProtocolError}
 */
export function parseWatchdogHello(line: string): WatchdogHello | null {
  const {watchdog, token, slot, generation, pid} = record(parseJson(line), 'the first line of a watchdog');
  if (watchdog !== true) return null;
  return {watchdog, token: text(token), slot: whole(slot), generation: whole(generation), pid: whole(pid)};
}

/** @throws {ProtocolError} */
export function parseFromWatchdog(line: string): FromWatchdog {
  const fields = record(parseJson(line), 'a message from a watchdog');
  switch (fields.type) {
    case 'alive':
      return {
        type: 'alive',
        phase: whole(fields.phase),
        name: text(fields.name),
        ms: finite(fields.ms),
        limitMs: nullable(fields.limitMs, finite),
        debugged: fields.debugged === true,
        rss: finite(fields.rss),
      };
    case 'slow':
      return {type: 'slow', name: text(fields.name), ms: finite(fields.ms)};
    case 'hung':
      return {
        type: 'hung',
        name: text(fields.name),
        ms: finite(fields.ms),
        limitMs: finite(fields.limitMs),
        limitBy: text(fields.limitBy),
        began: fields.began === true,
        place: parsePlace(fields.place),
      };
    default:
      throw new ProtocolError('a message from a watchdog', fields);
  }
}

/** The line that tells that something takes long. @param ms how long it has taken */
export function slowLine(name: string, ms: number, worker: string | null): string {
  return `SLOW ${worker === null ? '' : `${worker} `}${name}: still running after ${describeTimeSpan(ms)}`;
}

/** Says where a limit comes from. @param optionMs the option hardTimeout */
export function sourceOfLimit(source: LimitSource | null, limitMs: number, optionMs: number): string {
  switch (source) {
    case 'option':
      return 'hardTimeout';
    case 'file':
      return 'set for this file';
    case 'timeout': {
      const timeout = describeTimeSpan(limitMs / TIMES_OWN_TIMEOUT);
      return `${TIMES_OWN_TIMEOUT} x its Jest timeout of ${timeout}; hardTimeout is ${describeTimeSpan(optionMs)}`;
    }
    case null:
      return '';
  }
}

/** As in `8 s, hardTimeout`. @param limitBy from `sourceOfLimit` */
export function describeLimit(limitMs: number, limitBy: string): string {
  return limitBy === '' ? describeTimeSpan(limitMs) : `${describeTimeSpan(limitMs)}, ${limitBy}`;
}

/** The line that tells that something hangs where nothing can be started anew. */
export function hangLine(name: string, limitMs: number, limitBy: string): string {
  const source = limitBy === '' ? '' : ` (${limitBy})`;
  return `jest-runner-xdist: ${name} hangs: it has not ended within ${describeTimeSpan(limitMs)}${source}. Jest ends here.`;
}

/** For a user to read: calls as in the stack of an error, so that editors and terminals find the place. */
export function describePlace(place: HungPlace): string {
  switch (place.kind) {
    case 'stack':
      return place.frames.map(frameLine).join('\n');
    case 'open':
      return place.resources.length === 0
        ? '    It runs no code, and nothing is open that could wake it.'
        : `    It runs no code. What is open: ${counted(place.resources)}.`;
    case 'native':
      return '    It is in native code that cannot be interrupted: a synchronous child process or read, or one huge computation.';
  }
}

function frameLine({functionName, path, line, column}: StackFrame): string {
  const at = `${path}:${line}:${column}`;
  return functionName === '' ? `    at ${at}` : `    at ${functionName} (${at})`;
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} x ${name}`)).join(', ');
}

function parsePlace(value: unknown): HungPlace {
  const {kind, frames, resources} = record(value, 'a place');
  switch (kind) {
    case 'stack':
      return {kind, frames: list(frames, parseFrame)};
    case 'open':
      return {kind, resources: list(resources, text)};
    case 'native':
      return {kind};
    default:
      throw new ProtocolError('a place', value);
  }
}

function parseFrame(value: unknown): StackFrame {
  const {functionName, path, line, column} = record(value, 'a frame');
  return {functionName: text(functionName), path: text(path), line: whole(line), column: whole(column)};
}

/**
 * The messages from a worker's watchdog to the parent, one JSON line each. The watchdog runs in its own thread and has
 * its own socket, so its messages arrive even while the main thread is stuck. The first line is the hello. The parent
 * sends nothing: an open socket means that the parent is alive.
 */
import {finite, list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {describeTimeSpan} from '../texts/timeSpan';
import type {Generation, SlotNumber} from '../plan/units';

/** The first line that a watchdog sends: it identifies the worker. */
export interface WatchdogHello {
  readonly watchdog: true;
  /** The run's token. Workers send the same token. */
  readonly token: string;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number;
}

/** A function call that has not ended. */
export interface StackFrame {
  /** '' for an anonymous function. */
  readonly functionName: string;
  /** The original source path, if a source map exists. */
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** Where the main thread is while it hangs. */
export type HungPlace =
  /** It runs code. The innermost call comes first. */
  | {readonly kind: 'stack'; readonly frames: readonly StackFrame[]}
  /** It runs no code. Its event loop waits for these resources, in Node's words: 'Timeout', 'TCPSocketWrap'. */
  | {readonly kind: 'open'; readonly resources: readonly string[]}
  /** It runs native code that cannot be interrupted: a synchronous child process, or one huge computation. */
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

/** Watchdog to parent. `name`: the name of the phase. `ms`: how long the phase has lasted. */
export type FromWatchdog =
  /** Sent every second, whatever the main thread does. */
  | {
      readonly type: 'alive';
      /** The number of the phase. It changes when the phase changes. */
      readonly phase: number;
      /** '' between phases. */
      readonly name: string;
      readonly ms: number;
      /** null: the phase has no limit. */
      readonly limitMs: number | null;
      /** A debugger is attached, so the watchdog applies no limit. */
      readonly debugged: boolean;
      /** The resident memory of the process, in bytes. */
      readonly rss: number;
    }
  /** Sent at most once per phase. */
  | {readonly type: 'slow'; readonly name: string; readonly ms: number}
  /** Sent at most once per phase. The phase may still end, because the watchdog has not stopped it. */
  | {
      readonly type: 'hung';
      readonly name: string;
      readonly ms: number;
      readonly limitMs: number;
      /** Where the limit comes from; '': from none of the user's settings. */
      readonly limitBy: string;
      /** If false, only the environment's code or an earlier file's code can have been running. */
      readonly began: boolean;
      readonly place: HungPlace;
    };

/**
 * Reads the first line of a connection.
 *
 * @returns null if the line does not come from a watchdog
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

/** Formats the SLOW line. @param ms how long the phase has lasted */
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

/** Formats the text for a hang in band, where no worker can be restarted. */
export function hangLine(name: string, limitMs: number, limitBy: string): string {
  const source = limitBy === '' ? '' : ` (${limitBy})`;
  return `jest-runner-xdist: ${name} hangs: it has not ended within ${describeTimeSpan(limitMs)}${source}. Jest ends here.`;
}

/** Formats a place for a user. Calls look like an error's stack, so that editors and terminals can open the file. */
export function describePlace(place: HungPlace): string {
  switch (place.kind) {
    case 'stack':
      return place.frames.map(frameLine).join('\n');
    case 'open':
      return place.resources.length === 0
        ? '    The main thread runs no code, and no open resource can wake it.'
        : `    The main thread runs no code. Open resources: ${counted(place.resources)}.`;
    case 'native':
      return '    The main thread runs native code that cannot be interrupted: a synchronous child process or read, or one huge computation.';
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

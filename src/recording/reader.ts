/** Reads a recording. It may come from anybody: nothing in it is trusted before `parseLine` has checked it. */
import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {BLOCK_HEAD, inflateBlock, MOST_IN_BLOCK, sizeOfBlock, type BlockSize} from './blocks';
import {FORMAT, type RecordingLine, type RunLine} from './lines';
import {parseLine} from './parseLine';
import {References} from './references';

/** A recording that cannot be read. The text names the file and says what is wrong. */
export class RecordingError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'RecordingError';
  }
}

export interface Recording {
  readonly path: string;
  readonly run: RunLine;
  /** All lines after the first. */
  readonly lines: readonly RecordingLine[];
  /** Why the lines end where they do, as a sentence; null: the recording is whole. */
  readonly problem: string | null;
}

export interface ReadOptions {
  /** The most bytes that the lines may have in all, before parsing. Default 2 GiB. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 2 * 2 ** 30;

/**
 * Reads a recording. If it is damaged, or cut off, the lines before that place are returned, and `problem` says so.
 *
 * @throws {RecordingError} if nothing of it can be read: it is no recording, or of a newer format
 */
export function readRecording(path: string, options: ReadOptions = {}): Recording {
  const reading = readLines(path, options);
  const first = reading.next();
  if (first.done === true) throw new RecordingError(path, first.value ?? 'it is empty');
  if (first.value.type !== 'run') throw new RecordingError(path, 'its first line is not that of a run');
  const lines: RecordingLine[] = [];
  for (let next = reading.next(); ; next = reading.next()) {
    if (next.done === true) return {path, run: first.value, lines, problem: next.value};
    lines.push(next.value);
  }
}

/**
 * Reads the lines of a recording one by one, so that a large recording needs little memory.
 *
 * @returns why the lines end where they do; null: the recording is whole
 * @throws {RecordingError} as `readRecording`
 */
export function* readLines(
  path: string,
  {maxBytes = MAX_BYTES}: ReadOptions = {},
): Generator<RecordingLine, string | null> {
  let count = 0;
  /** Whether the last line of the run was read. In watch mode, lines about the next run's workers may follow it. */
  let ended = false;
  const references = new References();
  const soFar = () => `${count} lines before it can be read`;
  for (const block of readBlocks(path, maxBytes)) {
    if ('problem' in block) {
      if (count === 0) throw new RecordingError(path, block.problem);
      return `${block.problem}; ${soFar()}.`;
    }
    for (const text of block.lines.split('\n')) {
      if (text === '') continue;
      const line = parseText(text, references);
      if (typeof line === 'string') {
        if (count === 0) throw new RecordingError(path, line);
        return `Line ${count + 1} is damaged: ${line}; ${soFar()}.`;
      }
      count++;
      if (line === null) continue; // a later version has lines of this kind, which say nothing to us
      ended ||= line.type === 'end';
      yield line;
    }
  }
  if (count === 0) throw new RecordingError(path, 'it is empty');
  return ended ? null : `The run has not ended, or was killed: its last ${count} lines can be read.`;
}

/** @returns a clause that says what is wrong; null: the line is of an unknown kind */
function parseText(text: string, references: References): RecordingLine | string | null {
  try {
    const value = JSON.parse(text) as unknown;
    const format = formatOf(value);
    if (format !== null && format > FORMAT) {
      return (
        `it has format ${format}, and this version of jest-runner-xdist reads formats up to ${FORMAT}: ` +
        'use the version that wrote it, or a newer one'
      );
    }
    const line = parseLine(value);
    return line === null ? null : (references.check(line) ?? line);
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns null: this is not the first line of a recording */
function formatOf(value: unknown): number | null {
  const {type, format} = Object(value) as {type?: unknown; format?: unknown};
  return type === 'run' && typeof format === 'number' ? format : null;
}

type Block = {readonly lines: string} | {readonly problem: string};

/** The blocks of a file. Nothing follows a problem. */
function* readBlocks(path: string, maxBytes: number): Generator<Block> {
  let file: number;
  let size: number;
  try {
    file = openSync(path, 'r');
    size = fstatSync(file).size;
  } catch (error) {
    throw new RecordingError(path, `it cannot be read: ${(error as Error).message}`);
  }
  try {
    let left = maxBytes;
    for (let at = 0; at < size;) {
      const block = readBlock(file, at, size, Math.min(left, MOST_IN_BLOCK));
      yield block;
      if ('problem' in block) return;
      at += block.stored;
      left -= block.inflated;
    }
  } finally {
    closeSync(file);
  }
}

/** @param most how many bytes the lines of the block may have */
function readBlock(
  file: number,
  at: number,
  fileSize: number,
  most: number,
): ({lines: string} & BlockSize) | {problem: string} {
  const size = sizeOfBlock(read(file, at, Math.min(BLOCK_HEAD, fileSize - at)));
  if (size === null) {
    return {problem: at === 0 ? 'it is not a recording of jest-runner-xdist' : `It is damaged at byte ${at}`};
  }
  if (size.inflated > most) return {problem: `It is too large: the block at byte ${at} has more than ${most} bytes`};
  if (at + size.stored > fileSize) return {problem: `It is cut off in the block at byte ${at}`};
  const lines = inflateBlock(read(file, at, size.stored), size);
  return lines === null ? {problem: `It is damaged in the block at byte ${at}`} : {lines, ...size};
}

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

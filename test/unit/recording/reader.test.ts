import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {gunzipSync, gzipSync} from 'node:zlib';
import fc, {cases} from '../../random';
import {recordedRun, RUN, writeRecording} from '../../recordedRuns';
import {BLOCK_HEAD, encodeBlock, inflateBlock, MOST_IN_BLOCK, sizeOfBlock} from '../../../src/recording/blocks';
import {readLines, readRecording, RecordingError, type RecordingLine} from '../../../src/recording';
import {RecordingFile} from '../../../src/recording/recordingFile';
import {planOf, units} from '../plans';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'xdist-recording-'));
  path = join(folder, 'run.xdist');
});
afterAll(() => rmSync(folder, {recursive: true}));

const LINES = recordedRun(planOf(units(2, 10)), {actualMs: [1, 2], startMs: 5, latencyMs: 1});
const text = (lines: readonly unknown[]) => lines.map(line => `${JSON.stringify(line)}\n`).join('');
/** Blocks of one line each, and where each ends in the file. */
const BLOCKS = LINES.map(line => encodeBlock(text([line])));
const ENDS = BLOCKS.map((_, index) => BLOCKS.slice(0, index + 1).reduce((sum, {length}) => sum + length, 0));
const WHOLE = Buffer.concat(BLOCKS);

/** What can be read of these bytes: how many lines, and why no more. The lines must be those of the run. */
function read(bytes: Uint8Array): {count: number; problem: string | null} {
  writeFileSync(path, bytes);
  const reading = readLines(path);
  for (let count = 0; ; count++) {
    let next: IteratorResult<RecordingLine, string | null>;
    try {
      next = reading.next();
    } catch (error) {
      expect(error).toBeInstanceOf(RecordingError);
      expect(count).toBe(0);
      return {count, problem: (error as Error).message};
    }
    if (next.done === true) return {count, problem: next.value};
    if (!isDeepStrictEqual(next.value, LINES[count])) throw new Error(`line ${count} is ${JSON.stringify(next.value)}`);
  }
}

test('a recording is a gzip file of its lines', () => {
  expect(gunzipSync(WHOLE).toString()).toBe(text(LINES));
  expect(read(WHOLE)).toEqual({count: LINES.length, problem: null});
  writeFileSync(path, WHOLE);
  expect(readRecording(path)).toEqual({path, run: LINES[0], lines: LINES.slice(1), problem: null});
});

test('a recording that is cut anywhere has the lines of its whole blocks, and one problem', () => {
  for (let length = 0; length < WHOLE.length; length++) {
    const count = ENDS.filter(end => end <= length).length;
    const outcome = read(WHOLE.subarray(0, length));
    expect(outcome.count).toBe(count);
    const cut = length === 0 ? 'it is empty' : ENDS.includes(length) ? 'The run has not ended, or was killed' : '';
    expect(outcome.problem).toContain(cut);
    if (count > 0) expect(outcome.problem).toContain(`${count} lines`);
    else expect(outcome.problem).toContain(path);
  }
});

test('a recording of which a byte is another has the lines before it, and one problem', () => {
  // gzip checks neither the time in its header nor what made it.
  let unnoticed = 0;
  for (let at = 0; at < WHOLE.length; at++) {
    const bytes = Buffer.from(WHOLE);
    bytes[at]! ^= 0x41;
    const {count, problem} = read(bytes);
    const block = ENDS.findIndex(end => at < end);
    const within = at - (ENDS[block - 1] ?? 0);
    // `read` has compared the lines: bits that fill up the last byte before the checksum say nothing.
    expect(count).toBe(problem === null ? LINES.length : block);
    if (within >= 4 && within < 10) expect(problem).toBeNull();
    else if (problem === null) unnoticed++;
    else expect(problem).toMatch(/damaged|cut off|too large|not a recording/);
  }
  expect(unnoticed).toBeLessThanOrEqual(BLOCKS.length);
});

test('any bytes at all are refused, or read up to a problem', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), fc.nat({max: LINES.length}), (bytes, blocks) => {
      const {count, problem} = read(Buffer.concat([...BLOCKS.slice(0, blocks), bytes]));
      expect(count).toBe(blocks);
      if (bytes.length > 0) expect(problem).not.toBeNull();
    }),
    {numRuns: cases(100)},
  );
});

/** A block whose head claims these sizes. */
function lying(lines: string, {inflated, stored}: {inflated?: number; stored?: number}): Buffer {
  const block = encodeBlock(lines);
  if (stored !== undefined) block.writeUInt32LE(stored, 16);
  if (inflated !== undefined) block.writeUInt32LE(inflated, 20);
  return block;
}

test('a block inflates to no more than its head says', () => {
  const bomb = lying(`${'0'.repeat(50 * 2 ** 20)}\n`, {inflated: 1000});
  expect(bomb.length).toBeLessThan(2 ** 20);
  expect(inflateBlock(bomb, sizeOfBlock(bomb)!)).toBeNull();
  expect(read(bomb).problem).toContain('It is damaged in the block at byte 0');
  const short = lying(text(LINES.slice(0, 1)), {inflated: MOST_IN_BLOCK});
  expect(read(short).problem).toContain('It is damaged in the block at byte 0');
});

test('a head that claims 4 GB makes nobody read or allocate them', () => {
  expect(read(lying('{}\n', {inflated: 2 ** 32 - 1})).problem).toContain(
    `It is too large: the block at byte 0 has more than ${MOST_IN_BLOCK} bytes`,
  );
  expect(read(lying('{}\n', {stored: 2 ** 32 - 1})).problem).toContain('It is cut off in the block at byte 0');
  expect(read(lying('{}\n', {stored: 1})).problem).toContain('it is not a recording');
  expect(sizeOfBlock(encodeBlock('{}\n').subarray(0, BLOCK_HEAD - 1))).toBeNull();
});

test('all lines together have no more bytes than the reader takes', () => {
  writeFileSync(path, WHOLE);
  const maxBytes = text(LINES.slice(0, 5)).length;
  const {lines, problem} = readRecording(path, {maxBytes});
  expect(lines).toEqual(LINES.slice(1, 5));
  expect(problem).toMatch(
    /^It is too large: the block at byte \d+ has more than 0 bytes; 5 lines before it can be read/,
  );
});

test.each<[string, Buffer, string]>([
  ['a text', Buffer.from('no recording\n'.repeat(9)), 'it is not a recording of jest-runner-xdist'],
  ['another gzip file', gzipSync('a'.repeat(99)), 'it is not a recording of jest-runner-xdist'],
  ['nothing', Buffer.alloc(0), 'it is empty'],
  ['no JSON', encodeBlock('{"type":'), 'JSON'],
  ['another first line', encodeBlock(text(LINES.slice(1, 2))), ''],
  [
    'a newer format',
    encodeBlock(text([{...RUN, format: 2, jest: 'changed'}])),
    'it has format 2, and this version of jest-runner-xdist reads formats up to 1: ' +
      'use the version that wrote it, or a newer one',
  ],
])('%s is an error that names the file', (_, bytes, message) => {
  writeFileSync(path, bytes);
  expect(() => readRecording(path)).toThrow(RecordingError);
  expect(() => readRecording(path)).toThrow(message);
  expect(() => readRecording(path)).toThrow(`${path}: `);
});

test('a missing file is such an error, too', () => {
  expect(() => readRecording(join(folder, 'none'))).toThrow(`${join(folder, 'none')}: it cannot be read: ENOENT`);
});

test('lines of kinds that a later version has are left out', () => {
  writeRecording(path, [RUN, {type: 'later', at: 1}, {type: 'warning', at: 1, text: 'w'}, LINES.at(-1)]);
  const {lines, problem} = readRecording(path);
  expect(lines.map(({type}) => type)).toEqual(['warning', 'end']);
  expect(problem).toBeNull();
});

test('a line that refers to nothing is damage', () => {
  writeRecording(path, [...LINES.slice(0, 4), {type: 'share', at: 1, file: 99}]);
  expect(readRecording(path).problem).toContain('Line 5 is damaged: ');
});

describe('the writer', () => {
  test('leaves what the reader takes, and a file that nobody else may read', () => {
    const file = new RecordingFile(path, error => {
      throw error;
    });
    for (const line of LINES.slice(0, 4)) file.append(line);
    file.flush();
    expect(readRecording(path).problem).toBe('The run has not ended, or was killed: its last 4 lines can be read.');
    for (const line of LINES.slice(4)) file.append(line);
    file.close();
    expect(readRecording(path)).toMatchObject({lines: LINES.slice(1), problem: null});
    expect(sizeOfBlock(readFileSync(path))).not.toBeNull();
  });

  test('says once why it cannot write', () => {
    const failures: string[] = [];
    const file = new RecordingFile(join(folder, 'no', 'folder'), error => failures.push(error.message));
    for (const line of LINES) file.append(line);
    file.close();
    expect(failures).toEqual([expect.stringContaining('ENOENT')]);
  });
});

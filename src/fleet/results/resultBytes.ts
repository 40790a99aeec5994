/** Results and sources as bytes. What comes from the engine is parsed as if a stranger had written it. */
import * as v from 'valibot';
import {parseRecord} from '../../core/plan/durations';
import type {PlannedJob} from '../../core/fleet/fleetPlan';
import {misplacedTest} from '../../recording/cutPlaces';
import {expectedBy, index, list, ms, place, sinceMs, slot, text, toldName} from '../../recording/fieldSchemas';
import type {SourceLine} from '../../recording/lines';
import {hashOf} from '../../recording/told/sources';
import type {FileResult, JobResult} from './jobResult';
import {pack, unpack} from './packed';
import {ResultError} from './resultError';

const record = v.pipe(
  v.unknown(),
  v.transform(value => parseRecord(value)),
  v.check(parsed => parsed !== null, 'what is remembered of a file'),
);

const cut = v.pipe(
  v.object({names: list(text), own: list(place), loadEntries: index, unchecked: list(text)}),
  v.check(tests => misplacedTest(tests) === null, 'tests at ascending places of the file'),
);

const result = v.object({
  machine: text,
  files: list(
    v.object({
      file: place,
      told: list(v.object({name: toldName, data: v.unknown()})),
      sources: list(text),
      cut: v.nullable(cut),
      record: v.nullable(record),
      onNodes: v.optional(v.record(text, record)),
      at: ms,
      ms: sinceMs,
      slot: v.nullable(slot),
    }),
  ),
});

const sourceLine = v.object({type: v.literal('source'), id: text, source: v.unknown()});

/** @throws {ResultError} if the result is too large: the text says how large */
export function encodeResult(result: JobResult): Buffer {
  return pack('The result', result);
}

/**
 * @param job whose result it must be
 * @throws {ResultError} if the bytes are not a result of the job
 */
export function decodeResult(bytes: Buffer, job: Pick<PlannedJob, 'id' | 'files' | 'part'>): JobResult {
  const what = `The result of job ${job.id}`;
  const decoded = checked(what, result, unpack(what, bytes)) as JobResult;
  const files = decoded.files.map(({file}) => file);
  if (files.length !== job.files.length || files.some((file, at) => file !== job.files[at])) {
    throw new ResultError(`${what} is one of other files.`);
  }
  for (const file of decoded.files) checkFile(what, file, job);
  return decoded;
}

/** @throws {ResultError} if what Jest is told of the file is not one start and one end */
function checkFile(what: string, {file, told, cut}: FileResult, {part}: Pick<PlannedJob, 'part'>): void {
  const wrong = (problem: string) => new ResultError(`${what} cannot be told: file ${file} ${problem}.`);
  if (part === null && cut !== null) throw wrong('is not cut, and has a part');
  const starts = told.flatMap(({name}, at) => (name === 'test-file-start' ? [at] : []));
  if (starts.some(at => at !== 0)) throw wrong('starts in the middle');
  const ends = told.flatMap(({name}, at) => (isEnd(name) ? [at] : []));
  if (ends.some(at => at !== told.length - 1)) throw wrong('ends in the middle');
  if (ends.length === 0 && cut?.own.length !== 0) throw wrong('has no end');
}

/** Whether it is the last event of a file. */
function isEnd(name: string): boolean {
  return name === 'test-file-success' || name === 'test-file-failure';
}

/** @throws {ResultError} if the source is too large: the text says how large */
export function encodeSource(line: SourceLine): Buffer {
  return pack('The source of a covered file', line);
}

/**
 * @param id of the source that it must be
 * @throws {ResultError} if the bytes are not that source
 */
export function decodeSource(bytes: Buffer, id: string): SourceLine {
  const what = `The source ${id} of a covered file`;
  const line = checked(what, sourceLine, unpack(what, bytes)) as SourceLine;
  // The id is a hash of the source.
  if (line.id !== id || hashOf(JSON.stringify(line.source)) !== id) throw new ResultError(`${what} is another one.`);
  return line;
}

function checked(what: string, schema: v.GenericSchema, value: unknown): unknown {
  const found = v.safeParse(schema, value, {abortEarly: true});
  if (found.success) return found.output;
  const [issue] = found.issues;
  throw new ResultError(`${what} cannot be read: "${v.getDotPath(issue) ?? 'it'}" must be ${expectedBy(issue)}.`);
}

/** What Jest is told of a file that several machines ran: one start, the tests of all parts, and one end. */
import type {TestResult} from '@jest/test-result';
import type {CutLine} from '../../recording/lines';
import {judgeFile, sharedFile, type JudgedPart, type PartWords} from '../../replay/fileVerdict';
import type {PartTools} from '../../replay/mergeParts';
import type {ReplayEvent} from '../../replay/recordedEvents';
import {SharedFiles} from '../../replay/sharedFiles';
import type {FileResult} from './jobResult';

type Told = Extract<ReplayEvent, {type: 'told'}>;

/** What a machine has of a part. */
export interface ToldPart {
  /** From 1. */
  readonly number: number;
  /** The id of the machine. */
  readonly machine: string;
  readonly cut: FileResult['cut'];
  readonly events: readonly Told[];
}

const WORDS: PartWords = {
  noun: 'part',
  over: 'machines',
  next: 'The fleet remembers this: its next run does not cut the file.',
};

export interface MergedEventsOptions {
  /** Its place in the list of files of the collection. */
  readonly file: number;
  /** For texts. */
  readonly path: string;
  /** All of them, in their order. */
  readonly parts: readonly ToldPart[];
  readonly tools: PartTools;
}

/** The file fails if its parts are not one result of it. */
export function mergedEvents({file, path, parts, tools}: MergedEventsOptions): Told[] {
  const [first, ...others] = parts.map((part, at) => judged(file, part, at));
  if (first === undefined) throw new RangeError(`file ${file} has no part`);
  const {problem, failure} = judgeFile(path, [first, ...others], WORDS);
  // No part comes later, so a test without a result is a failure, too.
  const order = sharedFile(file, [first, ...others], failure ?? problem);
  const shared = new SharedFiles({shared: [order], incomplete: false}, () => tools);
  const events = parts.flatMap((part, at) => [
    ...part.events.flatMap(event => shared.take(at, event)),
    ...shared.endOf(at),
  ]);
  return events.flatMap(event => (event.type === 'told' ? [event] : []));
}

function judged(file: number, {number, machine, cut, events}: ToldPart, at: number): JudgedPart {
  const end = events.at(-1);
  const line: CutLine | null = cut === null ? null : {type: 'cut', at: 0, file, ...cut};
  const part = {number, name: `part ${number} (machine ${machine})`, recording: at};
  if (end?.name === 'test-file-failure') return {...part, ended: 'failure', tests: 0, cut: line};
  if (end?.name !== 'test-file-success') return {...part, ended: null, tests: 0, cut: line};
  return {...part, ended: 'result', tests: (end.told as TestResult).testResults.length, cut: line};
}

/** Where things are on the timeline. Distances are in CSS pixels. */
import type {Lane, ReportModel, ReportTest, Span} from '../model';

/** Left of the lanes: their names. */
export const GUTTER = 76;
const AXIS = 26;
const LOAD = 34;
const FIXTURE = 18;
const HEADING = 22;

export interface Heading {
  readonly text: string;
  /** Its middle. */
  readonly at: number;
}

export interface Geometry {
  readonly width: number;
  readonly height: number;
  /** The top of the load of the machine; null: unknown. */
  readonly load: {readonly top: number; readonly height: number} | null;
  /** The tops of the lanes. */
  readonly tops: readonly number[];
  /** Above the lanes of each machine of a fleet. */
  readonly headings: readonly Heading[];
  readonly laneHeight: number;
  /** Whether a lane has room for names. */
  readonly named: boolean;
  readonly fixturesTop: number;
  readonly fixtureHeight: number;
}

export function geometry({lanes, fixtures, load}: ReportModel, width: number): Geometry {
  const laneHeight = lanes.length > 24 ? 18 : 36;
  const loadHeight = load.length === 0 ? 0 : LOAD;
  const tops: number[] = [];
  const headings: Heading[] = [];
  let top = AXIS + loadHeight + 4;
  for (const [index, {machine, isElsewhere}] of lanes.entries()) {
    if (machine !== null && machine !== (lanes[index - 1]?.machine ?? null)) {
      headings.push({text: isElsewhere ? machine : `${machine} (made this report)`, at: top + HEADING / 2});
      top += HEADING;
    }
    tops.push(top);
    top += laneHeight;
  }
  const fixturesTop = top + 4;
  return {
    width,
    height: fixturesTop + fixtures.length * FIXTURE + 4,
    load: load.length === 0 ? null : {top: AXIS, height: LOAD},
    tops,
    headings,
    laneHeight,
    named: laneHeight > 20,
    fixturesTop,
    fixtureHeight: FIXTURE,
  };
}

/** The part of the run that is in view, in ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** No closer than this many ms across the whole width. */
const CLOSEST = 2;

/** Zooms about a moment, and stays within the run. */
export function zoomed({from, to}: Range, factor: number, about: number, whole: Range): Range {
  const length = Math.min(whole.to - whole.from, Math.max(CLOSEST, (to - from) / factor));
  const share = (about - from) / Math.max(1e-9, to - from);
  return within({from: about - share * length, to: about - share * length + length}, whole);
}

export function moved({from, to}: Range, by: number, whole: Range): Range {
  return within({from: from + by, to: to + by}, whole);
}

function within({from, to}: Range, whole: Range): Range {
  const length = Math.min(to - from, whole.to - whole.from);
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  return {from: start, to: start + length};
}

/** A span with its tests that ran in it. */
export interface Session {
  readonly lane: number;
  readonly span: Span;
  readonly tests: readonly PlacedTest[];
}

export interface PlacedTest {
  readonly at: number;
  readonly ms: number;
  readonly failed: boolean;
  readonly name: string;
}

export function sessionsOf({lanes, files}: ReportModel): Session[][] {
  const byLane = lanes.map(() => new Map<number, ReportTest[]>());
  for (const [file, {tests}] of files.entries()) {
    for (const test of tests) {
      const lane = test[4];
      if (test[2] === null || lane === null) continue;
      const known = byLane[lane]?.get(file);
      if (known === undefined) byLane[lane]?.set(file, [test]);
      else known.push(test);
    }
  }
  return lanes.map((lane, index) =>
    lane.spans.map(span => ({lane: index, span, tests: placed(lane, span, byLane[index] ?? new Map())})),
  );
}

/** Jest 29 does not say when a test began: then they follow each other after the file was loaded. */
function placed(lane: Lane, span: Span, tests: ReadonlyMap<number, readonly ReportTest[]>): PlacedTest[] {
  if (span.type !== 'file') return [];
  const all: PlacedTest[] = [];
  let next = span.phases?.modules ?? span.from;
  const sessions = lane.spans.filter(other => other.type === 'file' && other.file === span.file).length;
  for (const [titles, status, ms, at] of tests.get(span.file) ?? []) {
    if (ms === null) continue;
    const begin = at ?? next;
    // A test that a later try repeated in this lane belongs to the session in which it began.
    if (sessions > 1 && (begin < span.from - 1 || begin > span.to + 1)) continue;
    const from = Math.min(Math.max(begin, span.from), span.to);
    all.push({at: from, ms: Math.min(ms, span.to - from), failed: status === 'failed', name: titles.join(' › ')});
    next = from + ms;
  }
  return all.sort((a, b) => a.at - b.at);
}

/** Steps of 1, 2 or 5 times a power of ten, about 110 pixels apart. */
export function ticks({from, to}: Range, width: number): number[] {
  const rough = ((to - from) / Math.max(1, width)) * 110;
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-3, rough)));
  const step = ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10) * power;
  const all: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) all.push(at);
  return all;
}

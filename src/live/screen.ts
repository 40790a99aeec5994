/** What the live view shows: lines for a terminal of some size, and one line for a log. Pure. */
import type {FleetStatus} from '../run/liveRun';
import type {Lane} from './lanes';
import {cutPath, cutTo, harmless, widthOf} from './harmless';
import {describeWait} from './waits';

export interface Totals {
  /** Test files. */
  readonly files: number;
  readonly ended: number;
  /** Tests. */
  readonly passed: number;
  readonly failed: number;
  /** Since the run of Jest began, in ms. */
  readonly elapsedMs: number;
  /** null: not known. */
  readonly leftMs: number | null;
  /** The most workers that there may be; null: their number does not change. */
  readonly mostWorkers: number | null;
  /** null: the run is not one of a fleet. */
  readonly fleet: FleetStatus | null;
}

/** Colours of a terminal; each function returns its text as it is if there are none. */
export interface Paint {
  yellow(text: string): string;
  red(text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

export interface ScreenOptions {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** What has run for so long (ms) is slow; 0: nothing is. */
  readonly slowMs: number;
  /** The path of a test file as the user knows it. */
  readonly shown: (path: string) => string;
}

/** What a line of a lane has before the name: the worker, and for how long. */
const MARGIN = 15;

/** On fewer columns, nothing is shown. */
const NARROWEST = 12;

/** With fewer rows, a lane says more than the fleet: there is room for a lane, a blank row and the totals. */
const LEAST_FOR_FLEET = 4;

/** @returns lines that fit: none is wider than the terminal, and they are fewer than its rows */
export function linesOf(lanes: readonly Lane[], totals: Totals, options: ScreenOptions): string[] {
  // A character in the last column would let some terminals begin a new line.
  const columns = options.columns - 1;
  // One row is blank, and the cursor stays in the last one.
  const room = options.rows - 2;
  if (room < 1 || columns < NARROWEST) return [];
  const foot = [totalsLine(totals, lanes.length, columns, options.paint)];
  if (totals.fleet !== null && room >= LEAST_FOR_FLEET) foot.push(fleetLine(totals.fleet, columns, options.paint));
  const sharing = sharingLine(lanes, options.shown);
  if (sharing !== null && room >= lanes.length + 2 + foot.length) foot.push(options.paint.dim(cutTo(sharing, columns)));
  const roomForLanes = room - foot.length - 1;
  if (roomForLanes < 1 || lanes.length === 0) return foot;
  const isTooMany = lanes.length > roomForLanes;
  const shown = isTooMany ? longest(lanes, roomForLanes - 1) : lanes;
  const more = isTooMany ? [cutTo(` and ${lanes.length - shown.length} more workers`, columns)] : [];
  return [...shown.map(lane => laneLine(lane, columns, options)), ...more, '', ...foot];
}

/** For a log: one line without colours. */
export function statusText(lanes: readonly Lane[], totals: Totals, shown: (path: string) => string): string {
  const {files, ended, failed, elapsedMs, leftMs, fleet} = totals;
  const parts = [`${ended} of ${files} files have ended after ${describeMs(elapsedMs)}`];
  if (failed > 0) parts.push(`${failed} ${failed === 1 ? 'test has' : 'tests have'} failed`);
  if (leftMs !== null) parts.push(`about ${describeMs(leftMs)} left`);
  if (fleet !== null) {
    const texts = fleetParts(fleet).map(({text}) => text);
    parts.push(texts.join(', '));
  }
  const [first] = longest(lanes, 1);
  if (first?.path != null) {
    const name = first.name === '' ? '' : ` › ${harmless(first.name)}`;
    parts.push(`longest running: ${cutTo(harmless(shown(first.path)) + name, 200)}, for ${describeMs(first.ms)}`);
  }
  return parts.join('; ');
}

function laneLine(lane: Lane, columns: number, {paint, slowMs, shown}: ScreenOptions): string {
  const {slot, state, path, name, ms, waitsFor} = lane;
  const worker = ` w${slot}`.padEnd(5);
  if (path === null) {
    const why = waitsFor === null ? '' : describeWait(waitsFor, file => harmless(shown(file)));
    return paint.dim(cutTo(`${worker}${' '.repeat(10)}${state}${why === '' ? '' : `: ${why}`}`, columns));
  }
  const isSlow = slowMs > 0 && ms >= slowMs;
  const time = `${describeMs(ms).padStart(8)}  `;
  const slow = isSlow ? 'slow: ' : '';
  const file = harmless(shown(path));
  const below = name === '' ? '' : ` › ${harmless(name)}`;
  const room = columns - MARGIN;
  // On a narrow terminal the name of what runs says more than the time.
  if (room < 20) return mark(cutPath(file, below, columns - worker.length), worker, isSlow, paint);
  return mark(cutPath(slow + file, below, room), worker + time, isSlow, paint);
}

function mark(text: string, before: string, isSlow: boolean, paint: Paint): string {
  return isSlow ? paint.yellow(before + text) : paint.dim(before) + text;
}

function totalsLine(totals: Totals, workers: number, columns: number, paint: Paint): string {
  const {files, ended, passed, failed, elapsedMs, leftMs, mostWorkers} = totals;
  const parts: Part[] = [{text: `${ended}/${files} files`, as: 'bold'}];
  if (failed > 0) parts.push({text: `${failed} failed`, as: 'red'});
  if (leftMs !== null) parts.push({text: `about ${describeMs(leftMs)} left`});
  parts.push({text: `${passed} passed`}, {text: describeMs(elapsedMs)});
  if (mostWorkers !== null) parts.push({text: `${workers} of at most ${mostWorkers} workers`});
  return joined(parts, columns, paint);
}

function fleetLine(fleet: FleetStatus, columns: number, paint: Paint): string {
  return joined(fleetParts(fleet), columns, paint);
}

function fleetParts({machines, jobs, waiting}: FleetStatus): Part[] {
  const parts: Part[] = [
    {text: `fleet of ${machines} ${machines === 1 ? 'machine' : 'machines'}`},
    {text: `${jobs.completed}/${jobs.all} jobs`},
  ];
  if (jobs.failed > 0) parts.push({text: `${jobs.failed} failed`, as: 'red'});
  if (waiting > 0) parts.push({text: `${waiting} ${waiting === 1 ? 'waits' : 'wait'} here`});
  return parts;
}

/** A part of a line, as one piece. */
interface Part {
  readonly text: string;
  readonly as?: keyof Paint;
}

/** As many of the parts as fit. */
function joined(parts: readonly Part[], columns: number, paint: Paint): string {
  let line = '';
  let width = 0;
  for (const {text, as} of parts) {
    const before = width === 0 ? ' ' : ' · ';
    if (width + widthOf(before + text) > columns) break;
    width += widthOf(before + text);
    line += before + (as === undefined ? text : paint[as](text));
  }
  return line;
}

function sharingLine(lanes: readonly Lane[], shown: (path: string) => string): string | null {
  const workers = new Map<string, number[]>();
  for (const {path, slot, sharers} of lanes) {
    if (path !== null && sharers > 1) workers.set(path, [...(workers.get(path) ?? []), slot]);
  }
  if (workers.size === 0) return null;
  const texts = [...workers].map(
    ([path, slots]) => `${slots.map(slot => `w${slot}`).join(', ')} share ${harmless(shown(path))}`,
  );
  return ` ${texts.join('; ')}`;
}

/** The lanes that run for the longest time, in the order of their slots. */
function longest(lanes: readonly Lane[], count: number): Lane[] {
  const byTime = lanes.toSorted((a, b) => Number(b.path !== null) - Number(a.path !== null) || b.ms - a.ms);
  return byTime.slice(0, Math.max(0, count)).sort((a, b) => a.slot - b.slot);
}

/** As in `3.2 s`, `12 s`, `2:05 min`. */
export function describeMs(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(tenths / 10);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}

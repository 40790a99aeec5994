/** The lanes of a fleet: those of this machine, and what other machines ran. */
import type {ElsewhereLine, RecordingLine} from '../recording/lines';
import {printable} from '../recording/printable';
import type {FileSpan, Lane} from './model';

/** A page draws no more lanes of other machines: a canvas has a greatest height. */
export const MOST_ELSEWHERE = 600;

export interface FleetLanes {
  readonly lanes: readonly Lane[];
  /** How many workers of other machines have no lane. */
  readonly hidden: number;
  /** The lane of what another machine ran; null: it has none. */
  readonly laneOf: (line: ElsewhereLine) => number | null;
}

/** The name of a machine whose recording ends before it is told. */
const THIS_MACHINE = 'this machine';

/** @param own the lanes of this machine */
export function fleetLanes(lines: readonly RecordingLine[], own: readonly Lane[]): FleetLanes {
  const fleet = lines.find(line => line.type === 'fleet');
  const elsewhere = lines.filter(line => line.type === 'elsewhere');
  if (fleet === undefined && elsewhere.length === 0) return {lanes: own, hidden: 0, laneOf: () => null};
  const here = printable(fleet?.machine ?? THIS_MACHINE);
  const machines = (fleet?.machines ?? []).map(({name}) => name);
  const order = new Map([...machines, ...elsewhere.map(({machine}) => machine)].map((name, at) => [name, at]));
  const workers = new Map<string, ElsewhereLine[]>();
  for (const line of elsewhere) {
    if (line.slot === null || line.kept) continue;
    const known = workers.get(keyOf(line));
    if (known === undefined) workers.set(keyOf(line), [line]);
    else known.push(line);
  }
  const sorted = [...workers.values()].sort(
    ([a], [b]) =>
      (order.get(a?.machine ?? '') ?? 0) - (order.get(b?.machine ?? '') ?? 0) || (a?.slot ?? 0) - (b?.slot ?? 0),
  );
  const drawn = sorted.slice(0, MOST_ELSEWHERE);
  const indexes = new Map(drawn.map(([first], at) => [first === undefined ? '' : keyOf(first), own.length + at]));
  return {
    lanes: [...own.map(lane => ({...lane, name: `${here} ${lane.label}`, machine: here})), ...drawn.map(laneElsewhere)],
    hidden: sorted.length - drawn.length,
    laneOf: line => indexes.get(keyOf(line)) ?? null,
  };
}

function keyOf({machine, slot}: ElsewhereLine): string {
  return `${slot} ${machine}`;
}

/** @param lines what one worker ended */
function laneElsewhere(lines: readonly ElsewhereLine[]): Lane {
  const spans: FileSpan[] = [];
  for (const {file, begunAt, ms} of lines.toSorted((a, b) => a.begunAt - b.begunAt)) {
    // A worker that ended a file may have begun it together with others.
    const from = Math.max(spans.at(-1)?.to ?? -Infinity, begunAt);
    const to = Math.max(from, begunAt + ms);
    spans.push({type: 'file', from, to, file, node: null, joins: false, phases: null});
  }
  const [first] = lines;
  const machine = printable(first?.machine ?? '');
  const label = `w${first?.slot}`;
  return {
    name: `${machine} ${label}`,
    label,
    machine,
    isElsewhere: true,
    node: null,
    spans,
    replacements: [],
    memory: [],
    busyMs: spans.reduce((sum, {from, to}) => sum + to - from, 0),
    startingMs: 0,
    idle: [],
  };
}

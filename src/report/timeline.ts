/** The lanes of a report: what each worker did when, with the phases of each file. */
import type {SlotTimeline} from '../analysis/slotTimeline';
import {planOf, recordedSteps} from '../analysis/scheduleReplay';
import type {FileProfile} from '../core/wire/fileProfile';
import type {RecordingLine, ShareLine} from '../recording/lines';
import {printable} from '../recording/printable';
import type {FileSpan, FixtureSpan, Lane, MemorySample, Phases, Span, Steal} from './model';
import {describeReason, fixtureName} from './texts';

/** @param nameOf the printable path of a file */
export function lanesOf(
  lines: readonly RecordingLine[],
  timeline: SlotTimeline | null,
  nameOf: (file: number) => string,
): Lane[] {
  const plan = planOf(lines);
  const shares = lines.filter(line => line.type === 'share');
  if (plan === null || timeline === null) return shares.length === 0 ? [] : [laneInBand(shares)];
  const starts = startsOf(lines);
  const sharesOf = new SharesInTurn(shares);
  const fileOf = (unit: number) => plan.files[unit] ?? 0;
  const lanes = timeline.slots.map((intervals, index): Lane => {
    const slot = index + 1;
    const processes = (starts.get(slot) ?? []).map(({at, node}) => ({at, node: nodeName(plan.nodes, node)}));
    const [, ...replacements] = processes;
    const nodes = [...new Set(processes.flatMap(({node}) => node ?? []))];
    const spans: Span[] = [];
    const sessions: {share: ShareLine; end: number}[] = [];
    for (const {from, to, activity} of intervals) {
      if (activity.type === 'down') continue;
      if (activity.type === 'starting') {
        spans.push({type: 'starting', from, to});
      } else if (activity.type === 'idle') {
        const {reason} = activity;
        const unit = 'unit' in reason ? nameOf(fileOf(reason.unit)) : '';
        const name = 'name' in reason ? `${printable(reason.name)}: ` : '';
        spans.push({type: 'idle', from, to, reason: describeReason(reason.type), detail: `${name}${unit}`});
      } else {
        const share = sharesOf.next(activity.unit, slot);
        if (share !== null) sessions.push({share, end: to});
        const node = processes.findLast(({at}) => at <= from)?.node ?? null;
        const phases = share?.profile == null ? null : phasesOf(share.profile, from, to);
        spans.push({type: 'file', from, to, file: fileOf(activity.unit), node, joins: false, phases});
      }
    }
    return {
      name: `w${slot}`,
      label: `w${slot}`,
      machine: null,
      isElsewhere: false,
      node: nodes.length === 0 ? null : nodes.join(', '),
      spans,
      replacements: replacements.map(({at}) => at),
      memory: memoryOf(
        sessions,
        (starts.get(slot) ?? []).map(({at}) => at),
      ),
      ...timesOf(spans),
    };
  });
  return withJoins(lanes);
}

/** Jest's own process, which ran one file after the other. */
function laneInBand(shares: readonly ShareLine[]): Lane {
  const spans: FileSpan[] = [];
  for (const {at, file, profile} of shares) {
    const from = Math.max(spans.at(-1)?.to ?? 0, at - (profile?.ms ?? 0), 0);
    const to = Math.max(from, at);
    spans.push({
      type: 'file',
      from,
      to,
      file,
      node: null,
      joins: false,
      phases: profile && phasesOf(profile, from, to),
    });
  }
  const memory = memoryOf(
    shares.map(share => ({share, end: share.at})),
    [],
  );
  const name = 'in band';
  const here = {machine: null, isElsewhere: false};
  return {name, label: name, ...here, node: null, spans, replacements: [], memory, ...timesOf(spans)};
}

function nodeName(nodes: readonly string[], node: number): string | null {
  const name = nodes[node];
  return name === undefined ? null : printable(name);
}

/** By slot: when its processes were started. */
function startsOf(lines: readonly RecordingLine[]): Map<number, {at: number; node: number}[]> {
  const starts = new Map<number, {at: number; node: number}[]>();
  for (const line of lines) {
    if (line.type !== 'command' || line.command.type !== 'start-slot') continue;
    const {slot, node} = line.command;
    const known = starts.get(slot);
    if (known === undefined) starts.set(slot, [{at: line.at, node}]);
    else known.push({at: line.at, node});
  }
  return starts;
}

/** Which share is of which session: those of one unit and slot are in the order of its sessions. */
class SharesInTurn {
  readonly #shares = new Map<string, ShareLine[]>();

  constructor(shares: readonly ShareLine[]) {
    for (const share of shares) {
      if (share.unit === null || share.slot === null) continue;
      const key = `${share.unit} ${share.slot}`;
      const known = this.#shares.get(key);
      if (known === undefined) this.#shares.set(key, [share]);
      else known.push(share);
    }
  }

  next(unit: number, slot: number): ShareLine | null {
    return this.#shares.get(`${unit} ${slot}`)?.shift() ?? null;
  }
}

/** The parts of the profile in the order in which they happen. Transforms are within loading. */
function phasesOf(profile: FileProfile, from: number, to: number): Phases {
  const {environmentMs, setupMs, transformMs, modulesMs, hooksMs, teardownMs} = profile;
  const until = (ms: number) => Math.min(to, ms);
  const process = Math.max(from, to - profile.ms);
  const environment = until(process + environmentMs);
  const setup = until(environment + setupMs);
  const modules = until(setup + modulesMs + transformMs);
  return {process, environment, setup, modules, tests: Math.max(modules, to - teardownMs), hooksMs};
}

/** @param starts when the processes were started, in the order of time */
function memoryOf(
  sessions: readonly {readonly share: ShareLine; readonly end: number}[],
  starts: readonly number[],
): MemorySample[] {
  const samples: MemorySample[] = [];
  let before: {process: number; rss: number} | null = null;
  for (const {share, end} of sessions) {
    if (share.profile === null) continue;
    const {rss, heap} = share.profile.memory;
    const process = starts.filter(at => at <= end).length;
    const grew: number | null = before?.process === process ? rss - before.rss : null;
    samples.push({at: end, file: share.file, rss, heap, grew});
    before = {process, rss};
  }
  return samples;
}

function timesOf(spans: readonly Span[]): Pick<Lane, 'busyMs' | 'startingMs' | 'idle'> {
  let busyMs = 0;
  let startingMs = 0;
  const idle = new Map<string, number>();
  for (const span of spans) {
    const ms = span.to - span.from;
    if (span.type === 'file') busyMs += ms;
    else if (span.type === 'starting') startingMs += ms;
    else idle.set(span.reason, (idle.get(span.reason) ?? 0) + ms);
  }
  return {busyMs, startingMs, idle: [...idle].sort(([, a], [, b]) => b - a)};
}

/** A session joins a file if another one had begun it and had not ended. */
function withJoins(lanes: readonly Lane[]): Lane[] {
  const byFile = new Map<number, FileSpan[]>();
  for (const {spans} of lanes) {
    for (const span of spans) {
      if (span.type !== 'file') continue;
      const known = byFile.get(span.file);
      if (known === undefined) byFile.set(span.file, [span]);
      else known.push(span);
    }
  }
  const joins = (span: FileSpan) =>
    (byFile.get(span.file) ?? []).some(other => other !== span && other.from < span.from && span.from < other.to);
  return lanes.map(lane => ({
    ...lane,
    spans: lane.spans.map(span => (span.type === 'file' && joins(span) ? {...span, joins: true} : span)),
  }));
}

/** A unit that one worker returned before it began it, and that another one got. */
export function stealsOf(lines: readonly RecordingLine[]): Steal[] {
  const plan = planOf(lines);
  if (plan === null) return [];
  const returned = new Map<number, {lane: number; at: number}>();
  const steals: Steal[] = [];
  for (const {at, event, commands} of recordedSteps(lines)) {
    if (event.type === 'units-returned') {
      for (const unit of event.units) returned.set(unit, {lane: event.slot - 1, at});
    }
    for (const command of commands) {
      if (command.type !== 'give') continue;
      for (const unit of command.units) {
        const from = returned.get(unit);
        returned.delete(unit);
        if (from === undefined || from.lane === command.slot - 1) continue;
        steals.push({file: plan.files[unit] ?? 0, from, to: {lane: command.slot - 1, at}});
      }
    }
  }
  return steals;
}

export function fixturesOf(lines: readonly RecordingLine[]): FixtureSpan[] {
  const plan = planOf(lines);
  const spans: {-readonly [K in keyof FixtureSpan]: FixtureSpan[K]}[] = [];
  const open = new Map<string, (typeof spans)[number]>();
  const keyOf = ({fixture, slot}: {readonly fixture: number; readonly slot: number | null}) => `${fixture} ${slot}`;
  for (const {at, event, commands} of recordedSteps(lines)) {
    if (event.type === 'fixture-up' || event.type === 'fixture-failed' || event.type === 'fixture-gone') {
      const span = open.get(keyOf(event));
      if (span !== undefined) {
        if (event.type === 'fixture-up') span.up = at;
        else span.to = at;
        if (event.type === 'fixture-failed') span.failed = true;
        if (event.type !== 'fixture-up') open.delete(keyOf(event));
      }
    }
    for (const command of commands) {
      if (command.type === 'set-up-fixture') {
        const {fixture, slot} = command;
        const lane = slot === null ? null : slot - 1;
        const name = fixtureName(plan, fixture);
        const span = {name, lane, from: at, up: null, down: null, to: null, failed: false};
        spans.push(span);
        open.set(keyOf(command), span);
      } else if (command.type === 'take-down-fixture') {
        const span = open.get(keyOf(command));
        if (span !== undefined) span.down = at;
      }
    }
  }
  return spans;
}

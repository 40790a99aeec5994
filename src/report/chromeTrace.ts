/** The timeline as a trace for Perfetto and chrome://tracing: the "Trace Event Format" of Chrome. */
import type {FileSpan, Lane, ReportModel, ReportTest} from './model';

/** Times are in µs. */
export interface TraceEvent {
  readonly name: string;
  /** M: metadata, X: complete, b and e: asynchronous, i: instant, C: counter. */
  readonly ph: 'M' | 'X' | 'b' | 'e' | 'i' | 'C';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: string;
  readonly s?: 't';
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly TraceEvent[];
  readonly otherData: Readonly<Record<string, string>>;
}

const MACHINE = 1;
const WORKERS = 2;
const FIXTURES = 3;
/** In a fleet: the first of the other machines. */
const ELSEWHERE = 4;

export function chromeTrace(model: ReportModel): ChromeTrace {
  const {run} = model;
  return {
    displayTimeUnit: 'ms',
    traceEvents: [...names(model), ...[...load(model), ...workers(model), ...fixtures(model)].map(since(run.from))],
    otherData: {
      verdict: run.verdict,
      startedAt: new Date(run.startedAt).toISOString(),
      versions: run.versions.join(', '),
      machine: run.machine,
    },
  };
}

/** Times in a trace are not negative. */
function since(from: number): (event: TraceEvent) => TraceEvent {
  return event => (event.ts === undefined ? event : {...event, ts: event.ts - us(from)});
}

/** By lane: the process that stands for its machine. */
function machinesOf(lanes: readonly Lane[]): number[] {
  const others = [...new Set(lanes.flatMap(({isElsewhere, machine}) => (isElsewhere ? [machine] : [])))];
  return lanes.map(({isElsewhere, machine}) => (isElsewhere ? ELSEWHERE + others.indexOf(machine) : WORKERS));
}

function names({lanes, fixtures: spans}: ReportModel): TraceEvent[] {
  const named = (kind: 'process_name' | 'thread_name', pid: number, tid: number, name: string): TraceEvent => ({
    name: kind,
    ph: 'M',
    pid,
    tid,
    args: {name},
  });
  const machines = machinesOf(lanes);
  const others = new Map(lanes.flatMap((lane, at) => (lane.isElsewhere ? [[machines[at] ?? 0, lane.machine]] : [])));
  return [
    named('process_name', MACHINE, 0, 'machine'),
    named('process_name', WORKERS, 0, 'workers'),
    ...[...others].map(([pid, machine]) => named('process_name', pid, 0, `workers of ${machine}`)),
    ...lanes.map(({name, node}, lane) =>
      named('thread_name', machines[lane] ?? WORKERS, lane + 1, node === null ? name : `${name} (${node})`),
    ),
    ...(spans.length === 0 ? [] : [named('process_name', FIXTURES, 0, 'shared fixtures')]),
    ...spans.map(({name}, index) => named('thread_name', FIXTURES, index + 1, name)),
  ];
}

function load({load: samples}: ReportModel): TraceEvent[] {
  return samples.flatMap(([at, busy, freeBytes]) => [
    {name: 'CPU', ph: 'C', pid: MACHINE, tid: 0, ts: us(at), args: {percent: Math.round(busy * 100)}},
    {name: 'free memory', ph: 'C', pid: MACHINE, tid: 0, ts: us(at), args: {MB: Math.round(freeBytes / 1e6)}},
  ]);
}

function workers(model: ReportModel): TraceEvent[] {
  const events: TraceEvent[] = [];
  let asynchronous = 0;
  const machines = machinesOf(model.lanes);
  for (const [lane, {spans, replacements}] of model.lanes.entries()) {
    const tid = lane + 1;
    const pid = machines[lane] ?? WORKERS;
    const complete = (name: string, cat: string, from: number, to: number, args?: TraceEvent['args']) =>
      events.push({name, cat, ph: 'X', pid, tid, ts: us(from), dur: us(to) - us(from), ...(args && {args})});
    for (const span of spans) {
      if (span.type === 'starting') {
        complete('starting', 'worker', span.from, span.to);
      } else if (span.type === 'idle') {
        const detail = span.detail === '' ? {} : {of: span.detail};
        complete('idle', 'idle', span.from, span.to, {reason: span.reason, ...detail});
      } else {
        const file = model.files[span.file];
        complete(file?.path ?? '', 'file', span.from, span.to, {
          status: file?.status,
          ...(span.joins && {joins: true}),
        });
        for (const [name, from, to] of loading(span)) complete(name, 'loading', from, to);
        let end = span.phases?.modules ?? span.from;
        for (const [titles, status, ms, at] of testsIn(file?.tests ?? [], lane, span)) {
          // Slices of one thread must not overlap: tests that run at the same time are asynchronous ones.
          const from = Math.min(Math.max(at ?? end, span.from), span.to);
          const to = Math.min(from + (ms ?? 0), span.to);
          const name = titles.join(' › ');
          if (from >= end) {
            complete(name, 'test', from, to, {status});
            end = to;
          } else {
            const shared = {name, cat: 'test', pid, tid, id: `0x${(++asynchronous).toString(16)}`};
            events.push({...shared, ph: 'b', ts: us(from), args: {status}}, {...shared, ph: 'e', ts: us(to)});
          }
        }
      }
    }
    for (const at of replacements) {
      events.push({name: 'new process', cat: 'worker', ph: 'i', s: 't', pid, tid, ts: us(at)});
    }
  }
  for (const {lane, at, worker, how} of model.deaths) {
    const args = {how};
    events.push({
      name: `${worker} died`,
      cat: 'worker',
      ph: 'i',
      s: 't',
      pid: WORKERS,
      tid: lane + 1,
      ts: us(at),
      args,
    });
  }
  for (const {file, from, to} of model.steals) {
    const args = {to: model.lanes[to.lane]?.name};
    const name = `returned ${model.files[file]?.path ?? ''}`;
    events.push({name, cat: 'worker', ph: 'i', s: 't', pid: WORKERS, tid: from.lane + 1, ts: us(from.at), args});
  }
  return events;
}

function loading({from, phases}: FileSpan): [name: string, from: number, to: number][] {
  if (phases === null) return [];
  const all: [string, number, number][] = [
    ['process', from, phases.process],
    ['test environment', phases.process, phases.environment],
    ['setup files', phases.environment, phases.setup],
    ['modules', phases.setup, phases.modules],
  ];
  return all.filter(([, start, end]) => us(end) > us(start));
}

/** In the order of time. */
function testsIn(tests: readonly ReportTest[], lane: number, {from, to}: FileSpan): ReportTest[] {
  return tests
    .filter(([, , ms, at, of]) => of === lane && ms !== null && (at === null || (at >= from - 1 && at <= to + 1)))
    .sort(([, , , a], [, , , b]) => (a ?? 0) - (b ?? 0));
}

function fixtures({fixtures: spans, run}: ReportModel): TraceEvent[] {
  return spans.flatMap(({name, from, up, down, to, failed}, index) => {
    const complete = (what: string, start: number, end: number): TraceEvent => ({
      name: what,
      cat: 'fixture',
      ph: 'X',
      pid: FIXTURES,
      tid: index + 1,
      ts: us(start),
      dur: us(end) - us(start),
    });
    const end = to ?? run.ms;
    return [
      complete(failed ? `${name}: setup failed` : `${name}: setup`, from, up ?? end),
      ...(up === null ? [] : [complete(name, up, down ?? end)]),
      ...(down === null ? [] : [complete(`${name}: teardown`, down, end)]),
    ];
  });
}

function us(ms: number): number {
  return Math.round(ms * 1000);
}

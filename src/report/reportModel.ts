/** Makes the data of a report from a recording. */
import type {LowerBound} from '../analysis/lowerBound';
import {planOf} from '../analysis/scheduleReplay';
import {partsOf, summaryOf, type Summary} from '../analysis/summary';
import type {FileProfile, ModuleTime} from '../core/wire/fileProfile';
import {describeWorker} from '../core/plan/units';
import {circumstances, describeDeath} from '../core/texts/deaths';
import type {Recording} from '../recording';
import type {DeathLine, ElsewhereLine, PlanLine, RecordingLine, RunLine, ShareLine} from '../recording/lines';
import {printable, printableLines} from '../recording/printable';
import {testsOf} from './fileTests';
import {fleetLanes, type FleetLanes} from './fleetLanes';
import type {
  Failure,
  FileStatus,
  Lane,
  LoadTime,
  ReportDeath,
  ReportFile,
  ReportFloor,
  ReportModel,
  ReportProfile,
  ReportRun,
} from './model';
import {describeBound} from './texts';
import {fixturesOf, lanesOf, stealsOf} from './timeline';

/** The replay of a schedule takes a second for hundreds of thousands of tests. This many ms end a hostile one. */
const REPLAY_MS = 20_000;

/** Lines of evidence that a failure has at most. */
const MOST_LINES = 200;

/** How many files the list of those that decide the floor has at most. */
const MOST_FLOOR_FILES = 20;

/** What a reporter heard of failures, which a default recording does not hold. */
export interface Evidence {
  /** @param titles empty: of the file itself @returns texts as Jest prints them; empty: unknown */
  of(path: string, titles: readonly string[]): readonly string[];
}

export const NO_EVIDENCE: Evidence = {of: () => []};

export function reportModel({run, lines, problem}: Recording, evidence: Evidence = NO_EVIDENCE): ReportModel {
  const until = performance.now() + REPLAY_MS;
  const summary = summaryOf(lines, () => performance.now() < until);
  const plan = planOf(lines);
  const paths = summary.files.map(({path}) => shownPath(run, path));
  const nameOf = (file: number) => paths[file] ?? `file ${file}`;
  const fleet = fleetLanes(lines, lanesOf(lines, summary.timeline, nameOf));
  const {lanes} = fleet;
  const files = filesOf(run, lines, summary, fleet);
  const failures = failuresOf(summary, evidence);
  return {
    run: runOf(run, summary, fleet, problem),
    files,
    lanes,
    steals: stealsOf(lines),
    deaths: deathsOf(summary.deaths, lanes),
    fixtures: fixturesOf(lines),
    load: lines.flatMap(line => (line.type === 'load' ? [[line.at, line.busy, line.freeBytes] as const] : [])),
    floor: floorOf(summary, files, plan, nameOf),
    packages: summary.packages.map(({name, ...rest}) => ({name: printable(name), ...rest})),
    sources: summary.sources.map(({name, ...rest}) => ({name: shownPath(run, name), ...rest})),
    parts: summary.parts,
    failures,
    warnings: lines.flatMap(line =>
      line.type === 'warning' ? [{at: line.at, text: printableLines(line.text).join('\n')}] : [],
    ),
    comparison: null,
  };
}

function runOf(run: RunLine, summary: Summary, {lanes, hidden}: FleetLanes, problem: string | null): ReportRun {
  const {versions, machine, git} = run;
  const {fleet} = summary;
  const notDrawn = hidden === 0 ? null : `The timeline leaves out ${hidden} workers of other machines.`;
  const {verdict, failedOutside, ms, counts, timeline} = summary;
  return {
    verdict: verdict ?? 'unfinished',
    failedOutside,
    startedAt: run.startedAt,
    beforeMs: run.beforeMs,
    ms,
    from: Math.min(0, ...lanes.map(({spans}) => spans[0]?.from ?? 0)),
    versions: [`Jest ${versions.jest}`, `jest-runner-xdist ${versions.runner}`, `Node ${versions.node}`].map(printable),
    machine: printable([`${machine.platform} ${machine.arch}`, machine.cpu].filter(part => part !== '').join(', ')),
    cores: machine.cores,
    commit: printable([git.branch, git.commit?.slice(0, 12)].filter(part => part != null).join(' ')),
    rootDir: printable(run.rootDir),
    options: Object.entries(run.options).map(
      ([name, {value, from}]) => [printable(name), printable(JSON.stringify(value) ?? ''), printable(from)] as const,
    ),
    inBand: run.inBand === null ? null : printable(run.inBand),
    fleet: fleet && {
      machine: printable(fleet.machine),
      machines: fleet.machines.map(one => ({...one, name: printable(one.name)})),
      round: fleet.round,
    },
    problems: [problem, timeline?.problem ?? null, notDrawn].flatMap(text => (text === null ? [] : [printable(text)])),
    files: counts.files,
    tests: counts.tests,
  };
}

/** Below the folder of the run, if it is there. */
function shownPath({rootDir}: RunLine, path: string): string {
  const below = rootDir === '' ? '' : `${rootDir}/`;
  return printable(path.startsWith(below) ? path.slice(below.length) : path);
}

function filesOf(
  run: RunLine,
  lines: readonly RecordingLine[],
  {files}: Summary,
  {lanes, laneOf}: FleetLanes,
): ReportFile[] {
  const shares: ShareLine[][] = files.map(() => []);
  const elsewhere: ElsewhereLine[][] = files.map(() => []);
  const status = new Map<number, FileStatus>();
  for (const line of lines) {
    if (line.type === 'share') shares[line.file]?.push(line);
    else if (line.type === 'elsewhere') elsewhere[line.file]?.push(line);
    else if (line.type === 'file') status.set(line.file, line.status);
  }
  const inBand = planOf(lines) === null;
  const ownLane = ({slot}: ShareLine) => (inBand ? 0 : slot === null ? null : slot - 1);
  const sessionMs = new Map<number, number>();
  for (const span of lanes.flatMap(({spans, isElsewhere}) => (isElsewhere ? [] : spans))) {
    if (span.type !== 'file') continue;
    sessionMs.set(span.file, (sessionMs.get(span.file) ?? 0) + span.to - span.from);
  }
  return files.map(({path, project}, file): ReportFile => {
    const own = shares[file] ?? [];
    const others = elsewhere[file] ?? [];
    const name = run.projects[project]?.name ?? null;
    return {
      path: shownPath(run, path),
      project: name === null ? null : printable(name),
      status: status.get(file) ?? 'not-run',
      ms: (sessionMs.get(file) ?? 0) + others.reduce((sum, {ms}) => sum + ms, 0),
      tests: testsOf([
        ...own.map(share => ({...share, lane: ownLane(share)})),
        ...others.map(line => ({...line, node: null, lane: laneOf(line)})),
      ]),
      // Other machines do not say where the time of their parts went.
      profile: others.length > 0 ? null : profileOf(run, own),
    };
  });
}

function profileOf(run: RunLine, shares: readonly ShareLine[]): ReportProfile | null {
  const profiles = shares.flatMap(({profile}) => (profile === null ? [] : [profile]));
  if (profiles.length === 0) return null;
  const sum = (part: (profile: FileProfile) => number) => profiles.reduce((all, profile) => all + part(profile), 0);
  return {
    loadingMs: sum(
      ({environmentMs, setupMs, transformMs, modulesMs}) => environmentMs + setupMs + transformMs + modulesMs,
    ),
    hooksMs: sum(profile => profile.hooksMs),
    testsMs: sum(profile => profile.testsMs),
    cpuMs: sum(profile => profile.cpuMs),
    parts: partsOf(profiles),
    modules: profiles.reduce((most, {modules}) => Math.max(most, modules), 0),
    packages: loadTimes(
      profiles.flatMap(profile => profile.packages),
      printable,
    ),
    sources: loadTimes(
      profiles.flatMap(profile => profile.sources),
      path => shownPath(run, path),
    ),
  };
}

/** Adds up what several workers took for one file. */
function loadTimes(all: readonly ModuleTime[], shown: (name: string) => string): LoadTime[] {
  const times = new Map<string, LoadTime>();
  for (const {name, ms, modules} of all) {
    const [, knownMs, knownModules] = times.get(name) ?? ['', 0, 0];
    times.set(name, [shown(name), knownMs + ms, Math.max(knownModules, modules)]);
  }
  return [...times.values()].sort(([, a], [, b]) => b - a).slice(0, 10);
}

function failuresOf({failed, errors, files}: Summary, evidence: Evidence): Failure[] {
  const pathOf = (file: number) => files[file]?.path ?? '';
  return [
    ...errors.map(({file, error}): Failure => {
      const told = evidence.of(pathOf(file), []);
      return {file, titles: [], evidence: linesOf(told.length > 0 ? told : [error])};
    }),
    ...failed.map(({file, titles, messages}): Failure => {
      const told = messages.length > 0 ? messages : evidence.of(pathOf(file), titles);
      return {file, titles: titles.map(printable), evidence: linesOf(told)};
    }),
  ];
}

function linesOf(texts: readonly string[]): string[] {
  const lines = texts.flatMap(printableLines);
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `(${lines.length - MOST_LINES} more lines)`];
}

function deathsOf(deaths: readonly DeathLine[], lanes: readonly Lane[]): ReportDeath[] {
  return deaths.map(report => {
    const {slot, at, pid, death} = report;
    const lane = slot - 1;
    const running = (lanes[lane]?.spans ?? []).findLast(span => span.from <= at && span.type !== 'starting');
    return {
      lane,
      at,
      worker: describeWorker(slot, pid),
      how: printable(describeDeath(death)),
      evidence: linesOf([circumstances(report)]),
      file: running?.type === 'file' && at - running.to < 1000 ? running.file : null,
    };
  });
}

function floorOf(
  {floor}: Summary,
  files: readonly ReportFile[],
  plan: PlanLine | null,
  nameOf: (file: number) => string,
): ReportFloor | null {
  if (floor === null) return null;
  const {ms, reachedMs, slots, serialMs, setBy} = floor;
  const unitFiles = plan?.files ?? [];
  const deciding = plan === null ? null : decidingFiles(plan, setBy);
  const nameOfUnit = (unit: number) => nameOf(unitFiles[unit] ?? -1);
  const longest = [...files.entries()]
    .map(([file, {ms: took}]) => [file, took] as const)
    .filter(([file, took]) => took > 0 && deciding?.has(file) !== false)
    .sort(([, a], [, b]) => b - a);
  const first = setBy.type === 'unit' ? unitFiles[setBy.unit] : undefined;
  const rest = longest.filter(([file]) => file !== first);
  const own = longest.filter(([file]) => file === first);
  return {
    ms,
    reachedMs,
    slots,
    because: describeBound(setBy, plan, nameOfUnit),
    serialMs,
    files: [...own, ...rest].slice(0, MOST_FLOOR_FILES),
  };
}

/** The files that take turns, or wait for the fixture. @returns null: all files may decide the floor */
function decidingFiles({plan, files}: PlanLine, setBy: LowerBound['setBy']): Set<number> | null {
  if (setBy.type === 'work' || setBy.type === 'unit') return null;
  const decides = ({constraints}: (typeof plan.units)[number]) => {
    if (constraints === null) return false;
    switch (setBy.type) {
      case 'group':
        return constraints.workerGroup === setBy.name;
      case 'resource':
        return constraints.resources.some(({name}) => name === setBy.name);
      case 'fixture':
        return constraints.fixtures.includes(setBy.fixture);
    }
  };
  return new Set(plan.units.filter(decides).flatMap(({id}) => files[id] ?? []));
}

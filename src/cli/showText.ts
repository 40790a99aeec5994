/** A recording's summary as a terminal shows it. */
import type {PackageTime, Summary, WorkerTime} from '../analysis/summary';
import {describeWorker} from '../core/plan/units';
import {circumstances, describeDeath} from '../core/texts/deaths';
import {describeTimeSpan} from '../core/texts/timeSpan';
import type {PlanLine, RunLine} from '../recording';
import {describeBound, describeReason, VERDICTS} from '../report/texts';
import {printable, printableLines, table, testName} from './printable';

/** A failure is cut after so many lines: `show --as-jest` prints all of them. */
const MOST_LINES = 30;

/** A list of failures is cut after so many. */
const MOST_FAILURES = 50;

/** @param problem why the recording ends where it does; null: it is whole */
export function showText(run: RunLine, plan: PlanLine | null, summary: Summary, problem: string | null): string {
  const below = run.rootDir === '' ? '' : `${run.rootDir}/`;
  const shown = (path: string) => printable(path.startsWith(below) ? path.slice(below.length) : path);
  const nameOf = (file: number) => shown(summary.files[file]?.path ?? `file ${file}`);
  const sections = [
    headOf(run, summary),
    ...(problem === null ? [] : [[printable(problem)]]),
    failuresOf(summary, nameOf),
    deathsOf(summary),
    listOf(
      'Slowest files',
      summary.slowestFiles.map(({file, ms}) => [describeTimeSpan(ms), nameOf(file)]),
    ),
    listOf(
      'Slowest tests',
      summary.slowestTests.map(({file, titles, ms}) => [describeTimeSpan(ms), `${nameOf(file)} › ${testName(titles)}`]),
    ),
    listOf(
      'Where the time of all files went',
      summary.parts.filter(([, ms]) => ms >= 1).map(([part, ms]) => [describeTimeSpan(ms), part]),
    ),
    loadsOf('Packages that took longest to load, in all files together', summary.packages, printable),
    loadsOf('Source files that took longest to load, in all files together', summary.sources, shown),
    floorOf(summary, plan, unit => nameOf(plan?.files[unit] ?? -1)),
    workersOf(run, summary),
    fleetOf(summary),
  ];
  return `${sections
    .filter(section => section.length > 0)
    .map(section => section.join('\n'))
    .join('\n\n')}\n`;
}

function headOf(run: RunLine, {verdict, failedOutside, ms, counts}: Summary): string[] {
  const {versions, machine, git, level} = run;
  const time = new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const how = VERDICTS[verdict ?? 'unfinished'];
  const outside = failedOutside ? ', by something outside of its files' : '';
  const {files, tests} = counts;
  const commit = [git.branch, git.commit?.slice(0, 12)].filter(part => part != null).join(' ');
  return [
    `The run of ${time} UTC ${how}${outside}, after ${describeTimeSpan(ms)}.`,
    `Before it, Jest took ${describeTimeSpan(run.beforeMs)} for its start, the search for test files, and globalSetup.`,
    printable(
      `Jest ${versions.jest}, jest-runner-xdist ${versions.runner}, Node ${versions.node.replace(/^v/, '')}, ` +
        `${machine.platform} ${machine.arch}, ${counted(machine.cores, 'core')}` +
        `${commit === '' ? '' : `, ${commit}`}. A ${level} recording.`,
    ),
    `Files: ${countsText({failed: files.failed, passed: files.passed, skipped: files.skipped, 'not run': files.notRun})}`,
    `Tests: ${countsText({failed: tests.failed, passed: tests.passed, pending: tests.pending, todo: tests.todo})}`,
  ];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  return [...parts, `${all} in all`].join(', ');
}

function failuresOf({failed, errors}: Summary, nameOf: (file: number) => string): string[] {
  const all = [
    ...errors.map(({file, error}) => ({title: `${nameOf(file)}: ${printable(error)}`, messages: [] as string[]})),
    ...failed.map(({file, titles, messages}) => ({title: `${nameOf(file)} › ${testName(titles)}`, messages})),
  ];
  if (all.length === 0) return [];
  const lines = all.slice(0, MOST_FAILURES).flatMap(({title, messages}) => {
    const text = messages.flatMap(printableLines);
    const cut = text.length > MOST_LINES ? [`(${text.length - MOST_LINES} more lines)`] : [];
    return [`  ${title}`, ...[...text.slice(0, MOST_LINES), ...cut].map(line => `      ${line}`.trimEnd())];
  });
  const more = all.length > MOST_FAILURES ? [`  and ${all.length - MOST_FAILURES} more`] : [];
  return ['Failed', ...lines, ...more];
}

function deathsOf({deaths}: Summary): string[] {
  if (deaths.length === 0) return [];
  return [
    'Workers that died',
    ...deaths.flatMap(report => [
      `  ${describeWorker(report.slot, report.pid)}: ${printable(describeDeath(report.death))}`,
      ...printableLines(circumstances(report)).map(line => `      ${line}`.trimEnd()),
    ]),
  ];
}

function listOf(title: string, rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : [title, ...indented(table(rows, new Set([0])))];
}

function loadsOf(title: string, all: readonly PackageTime[], shown: (name: string) => string): string[] {
  return listOf(
    title,
    all.map(({name, ms, files, modules}) => [
      describeTimeSpan(ms),
      `${shown(name)} (${counted(modules, 'module')} in ${counted(files, 'file')})`,
    ]),
  );
}

function floorOf({floor}: Summary, plan: PlanLine | null, nameOf: (unit: number) => string): string[] {
  if (floor === null) return [];
  const {ms, reachedMs, slots, serialMs, setBy} = floor;
  const alone = serialMs === 0 ? '' : ` Serial files take ${describeTimeSpan(serialMs)} of that.`;
  return [
    'Floor',
    `  With ${counted(slots, 'worker')}, no order of these files takes less than ${describeTimeSpan(ms)}: ` +
      `${describeBound(setBy, plan, nameOf)}.${alone}`,
    `  This run took ${describeTimeSpan(reachedMs)}, from the start of its first worker.`,
  ];
}

function workersOf(run: RunLine, {workers, timeline}: Summary): string[] {
  if (workers.length === 0) {
    return run.inBand === null ? [] : [`The run was in band, in Jest's own process: ${printable(run.inBand)}.`];
  }
  const rows = workers.map(worker => [
    `w${worker.slot}`,
    `busy ${describeTimeSpan(worker.busyMs)}`,
    `starting ${describeTimeSpan(worker.startingMs)}`,
    idleText(worker),
  ]);
  const problem = timeline?.problem == null ? [] : [`  ${printable(timeline.problem)}`];
  return ['Workers', ...indented(table(rows)), ...problem];
}

function fleetOf({fleet}: Summary): string[] {
  if (fleet === null) return [];
  const {round, machine, machines, jobs} = fleet;
  const rows = machines.map(({name, workers, jobs: own}) => [
    printable(name),
    counted(workers, 'worker'),
    counted(own, 'job'),
    name === machine ? 'this machine: the lists of packages and workers are its own' : '',
  ]);
  const kept = jobs.kept === 0 ? '' : `, ${jobs.kept} of them in earlier rounds`;
  return [
    `Fleet: ${counted(machines.length, 'machine')}, round ${round}; ` +
      `${jobs.completed} of ${counted(jobs.all, 'job')} completed${kept}`,
    ...indented(table(rows)),
  ];
}

function idleText({idle}: WorkerTime): string {
  const all = idle.reduce((sum, {ms}) => sum + ms, 0);
  if (all === 0) return 'never idle';
  const reasons = idle
    .filter(({ms}) => ms >= 1)
    .map(({reason, ms}) => `${describeReason(reason)} ${describeTimeSpan(ms)}`);
  return `idle ${describeTimeSpan(all)}${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

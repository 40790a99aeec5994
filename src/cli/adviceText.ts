/** Advice as a terminal shows it. */
import type {Advice} from '../analysis/advice';
import {describeTimeSpan} from '../core/texts/timeSpan';
import type {PlanLine} from '../recording';
import {fixtureName} from '../report/texts';
import {bytesText, printable, table} from './printable';

/** @param pathOf a file by its index @param fileOf the index of a unit's file @param plan null: the run has none */
export function adviceText(
  advice: Advice,
  pathOf: (file: number) => string,
  fileOf: (unit: number) => number,
  plan: PlanLine | null = null,
): string {
  const nameOf = (file: number) => printable(pathOf(file));
  const sections = [
    workersText(advice),
    shardsText(advice),
    floorText(advice, plan, unit => nameOf(fileOf(unit))),
    splitsText(advice, nameOf),
    packagesText(advice),
    hooksText(advice, nameOf),
    memoryText(advice, nameOf),
  ];
  return `${sections.map(lines => lines.join('\n')).join('\n\n')}\n`;
}

function workersText({problem, cautions, recorded, workers}: Advice): string[] {
  if (problem !== null || recorded === null) return [`No prediction: ${problem ?? 'nothing is known of workers.'}`];
  const rows = workers.map(({workers: count, ms, from, to}) => [
    `-w ${count}`,
    describeTimeSpan(ms),
    `${describeTimeSpan(from)} to ${describeTimeSpan(to)}`,
    count === recorded.workers ? `this run took ${describeTimeSpan(recorded.ms)}` : '',
  ]);
  return [
    'The next run would take about this long, from the start of Jest to its end',
    ...table(rows, new Set([0, 1])).map(line => `  ${line}`),
    ...cautions,
  ];
}

function shardsText({problem, recorded, shards}: Advice): string[] {
  if (problem !== null || recorded === null) return ['What shards would save is unknown.'];
  if (shards === null) return ['What other numbers of shards would save is unknown: this run is one shard of several.'];
  const workers = recorded.workers === 1 ? '1 worker' : `${recorded.workers} workers`;
  if (shards.length < 2) return [`With ${workers} in each, no number of shards makes the run much shorter.`];
  const rows = shards.map(({shards: count, ms, billedMinutes}) => [
    count === 1 ? '1 shard' : `${count} shards`,
    describeTimeSpan(ms),
    `${billedMinutes} min billed`,
  ]);
  return [
    `In shards with ${workers} each, the slowest would take about this long, from the start of its Jest to its end`,
    ...table(rows, new Set([0, 1, 2])).map(line => `  ${line}`),
    'It is assumed that each shard has a machine like this one, starts as this run did, may cut each file that',
    'may be split, and is billed by whole minutes. What a CI does before and after Jest is not in it.',
  ];
}

function floorText({floor}: Advice, plan: PlanLine | null, nameOf: (unit: number) => string): string[] {
  if (floor === null) return ['What sets the floor is unknown: the run was in band, or ended early.'];
  const {setBy} = floor;
  const by =
    setBy.type === 'unit'
      ? `${nameOf(setBy.unit)}, which cannot be shared further`
      : setBy.type === 'group'
        ? `the worker group ${printable(setBy.name)}, whose files run one after the other`
        : setBy.type === 'resource'
          ? `the files that take turns at the resource ${printable(setBy.name)}`
          : setBy.type === 'fixture'
            ? `the shared fixture ${fixtureName(plan, setBy.fixture)} and the files that need it`
            : 'the sum of all files: only more workers, or quicker files, lower it';
  const serial = floor.serialMs === 0 ? '' : ` Files that run alone take ${describeTimeSpan(floor.serialMs)} of it.`;
  return [
    `With ${floor.slots} workers, no order of these files takes less than ${describeTimeSpan(floor.ms)}; this run took ` +
      `${describeTimeSpan(floor.reachedMs)}.`,
    `The floor is set by ${by}.${serial}`,
  ];
}

function splitsText({problem, splits, recorded}: Advice, nameOf: (file: number) => string): string[] {
  if (problem !== null || recorded === null) return ['What @can-split would save is unknown.'];
  if (splits.length === 0)
    return [`With ${recorded.workers} workers, @can-split on another file saves nothing worth it.`];
  return [
    `What @can-split would save, with ${recorded.workers} workers`,
    ...splits.map(({file, tests, least, most}) => {
      const saving = describeTimeSpan(most);
      const range = least < 0.9 * most ? `${describeTimeSpan(least)} to ${saving}, by which blocks have hooks` : saving;
      return `  ${nameOf(file)} (${tests} tests): ${range}`;
    }),
  ];
}

function packagesText({packages}: Advice): string[] {
  if (packages === null) return ['Nobody measured what loading modules takes.'];
  if (packages.length === 0) return ['No package was loaded.'];
  return [
    'Packages that cost most to load, in all files together',
    ...packages.map(
      ({name, ms, files, modules}) =>
        `  ${describeTimeSpan(ms)}  ${printable(name)}: up to ${modules} modules in a file, in ${files} files`,
    ),
    'How many of these modules the tests use is unknown: a recording says which are loaded.',
  ];
}

function hooksText({hooks, packages}: Advice, nameOf: (file: number) => string): string[] {
  if (hooks === null) {
    return [
      packages === null
        ? 'Nobody measured hooks.'
        : 'No two files spend long in hooks: none asks for a shared fixture.',
    ];
  }
  const {ms, files, savesAtMost} = hooks;
  const saving =
    savesAtMost === null
      ? ''
      : ` If they set up the same thing, a shared fixture would save up to ${describeTimeSpan(savesAtMost)}.`;
  return [
    `Hooks take ${describeTimeSpan(ms)} in ${files.length} files. A recording does not say what hooks do.${saving}`,
    ...files.slice(0, MOST_FILES).map(({file, ms: own}) => `  ${describeTimeSpan(own)}  ${nameOf(file)}`),
  ];
}

const MOST_FILES = 5;

function memoryText({memory}: Advice, nameOf: (file: number) => string): string[] {
  if (memory === null) return ['Nobody measured memory.'];
  if (memory.length === 0) return ['After no file did a worker hold much more memory than before.'];
  return [
    'Files after which their worker held more memory. Some of it may be garbage that is not collected yet.',
    ...memory.map(({file, bytes}) => `  ${bytesText(bytes)}  ${nameOf(file)}`),
  ];
}

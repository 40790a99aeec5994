/** The lists of the report. */
import type {Change, Lane, ReportModel, ReportPackage} from '../model';
import {element, section} from './dom';
import {baseName, count, date, difference, percent, size, time} from './format';
import {bar, table, type Column} from './table';

type Open = (file: number) => void;

/** A list shows the slowest; the others are in the files' own views. */
const MOST_ROWS = 2000;

export function fileLink({files}: ReportModel, file: number, open: Open): HTMLElement {
  const path = files[file]?.path ?? `file ${file}`;
  const name = baseName(path);
  const link = element(
    'button',
    {type: 'button', class: 'link', title: path},
    element('span', {class: 'folder'}, path.slice(0, path.length - name.length)),
    name,
  );
  link.addEventListener('click', () => open(file));
  return link;
}

export function failures(model: ReportModel, open: Open): HTMLElement | null {
  const {failures: all, deaths} = model;
  if (all.length === 0 && deaths.length === 0) return null;
  const cards = all.slice(0, MOST_CARDS).map(({file, titles, evidence}, index) => {
    const text = titles.length === 0 ? 'The file has no result' : titles.join(' › ');
    const title = element('span', {class: 'title'}, text);
    const link = fileLink(model, file, open);
    if (evidence.length === 0) return element('p', {class: 'failure'}, title, link);
    return element(
      'details',
      {class: 'failure', open: index < 3 ? '' : null},
      element('summary', {}, title, link),
      element('pre', {tabindex: '0'}, evidence.join('\n')),
    );
  });
  const died = deaths.map(({worker, how, at, evidence, file}) =>
    element(
      'details',
      {class: 'failure death'},
      element(
        'summary',
        {},
        element('span', {class: 'title'}, `${worker} died after ${time(at)}: ${how}`),
        file === null ? null : fileLink(model, file, open),
      ),
      element('pre', {tabindex: '0'}, evidence.join('\n')),
    ),
  );
  const more = all.length - cards.length;
  return section(
    'failures',
    'Failures',
    ...cards,
    more > 0 ? element('p', {class: 'note'}, `and ${count(more)} more: their files list them`) : null,
    all.some(({evidence}) => evidence.length > 0) || all.length === 0
      ? null
      : element('p', {class: 'note'}, NO_EVIDENCE),
    ...died,
  );
}

const MOST_CARDS = 100;

const NO_EVIDENCE =
  'A default recording does not hold the texts of failures. Record to a path of your own (the option "recording"), ' +
  'or let the reporter jest-runner-xdist/report write the report.';

export function tables(model: ReportModel, open: Open): (HTMLElement | null)[] {
  const {files, packages, sources, floor} = model;
  const byTime = [...files.keys()].filter(file => (files[file]?.ms ?? 0) > 0);
  byTime.sort((a, b) => (files[b]?.ms ?? 0) - (files[a]?.ms ?? 0));
  const longestFile = files[byTime[0] ?? -1]?.ms ?? 1;
  const tests = files.flatMap(({tests: own}, file) =>
    own.flatMap(([titles, , ms]) => (ms === null ? [] : [{file, titles, ms}])),
  );
  tests.sort((a, b) => b.ms - a.ms);
  const longestTest = tests[0]?.ms ?? 1;
  const fileColumn: Column<number> = {title: 'File', cell: file => fileLink(model, file, open)};
  const part = (title: string, ms: (file: number) => number | undefined): Column<number> => ({
    title,
    number: true,
    cell: file => (ms(file) === undefined ? '–' : time(ms(file) ?? 0)),
  });
  const profile = (file: number) => files[file]?.profile ?? null;
  return [
    partsOf(model, open),
    byTime.length === 0
      ? null
      : section(
          'slow-files',
          'Slowest files',
          table('The slowest files, and where their time went', byTime.slice(0, MOST_ROWS), [
            fileColumn,
            {
              title: 'Time',
              number: true,
              cell: file => bar(time(files[file]?.ms ?? 0), (files[file]?.ms ?? 0) / longestFile),
            },
            ...(files.some(file => file.profile !== null)
              ? [
                  part('Loading', file => profile(file)?.loadingMs),
                  part('Hooks', file => profile(file)?.hooksMs),
                  part('Tests', file => profile(file)?.testsMs),
                  part('CPU', file => profile(file)?.cpuMs),
                ]
              : [{title: 'Tests', number: true, cell: (file: number) => count(files[file]?.tests.length ?? 0)}]),
          ]),
        ),
    tests.length === 0
      ? null
      : section(
          'slow-tests',
          'Slowest tests',
          table('The slowest tests', tests.slice(0, MOST_ROWS), [
            {title: 'Test', cell: ({titles}) => element('span', {class: 'name'}, titles.join(' › '))},
            {title: 'Time', number: true, cell: ({ms}) => bar(time(ms), ms / longestTest)},
            {title: 'File', cell: ({file}) => fileLink(model, file, open)},
          ]),
        ),
    floor === null || floor.files.length === 0
      ? null
      : section(
          'floor-files',
          'Files that are the floor',
          element('p', {class: 'note'}, `The lower bound is ${time(floor.ms)}: ${floor.because}.`),
          table('The longest files, against the lower bound', floor.files, [
            {title: 'File', cell: ([file]) => fileLink(model, file, open)},
            {
              title: 'Of the lower bound',
              number: true,
              cell: ([, ms]) => bar(time(ms), ms / floor.ms, ms >= floor.ms / 2 ? 'hot' : ''),
            },
          ]),
        ),
    loads('packages', 'Packages to load', 'Package', packages),
    loads('sources', 'Source files to load', 'Source', sources),
  ];
}

function loads(id: string, title: string, thing: string, all: readonly ReportPackage[]): HTMLElement | null {
  if (all.length === 0) return null;
  const longest = all[0]?.ms ?? 1;
  return section(
    id,
    title,
    table('Those that took longest in all files together, without what they require', all, [
      {title: thing, cell: ({name}) => name},
      {title: 'Time', number: true, cell: ({ms}) => bar(time(ms), ms / longest)},
      {title: 'Files', number: true, cell: ({files: of}) => count(of)},
      {title: 'Modules', number: true, cell: ({modules}) => count(modules)},
    ]),
  );
}

/** What all files spent on each of their parts, and which file spent most on it. */
function partsOf(model: ReportModel, open: Open): HTMLElement | null {
  const {parts, files} = model;
  if (parts.length === 0) return null;
  const all = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const longest = parts[0]?.[1] ?? 1;
  const most = new Map<string, {file: number; ms: number}>();
  for (const [file, {profile}] of files.entries()) {
    for (const [name, ms] of profile?.parts ?? []) {
      if (ms > (most.get(name)?.ms ?? 0)) most.set(name, {file, ms});
    }
  }
  return section(
    'parts',
    'Parts of all files',
    table('What all files together spent their time on', parts, [
      {title: 'Part', cell: ([name]) => name},
      {title: 'Time', number: true, cell: ([, ms]) => bar(time(ms), ms / longest)},
      {title: 'Of all', number: true, cell: ([, ms]) => percent(ms / all)},
      {
        title: 'Most of it in one file',
        cell: ([name]) => {
          const one = most.get(name);
          return one === undefined ? '–' : element('span', {}, `${time(one.ms)} in `, fileLink(model, one.file, open));
        },
      },
    ]),
  );
}

export function memory(model: ReportModel, open: Open): HTMLElement | null {
  const lanes = model.lanes.filter(lane => lane.memory.length > 0);
  if (lanes.length === 0) return null;
  const grown = lanes.flatMap(({name, memory: own}) =>
    own.flatMap(({file, grew, rss}) => (grew === null || grew <= 0 ? [] : [{name, file, grew, rss}])),
  );
  grown.sort((a, b) => b.grew - a.grew);
  const most = lanes.reduce((all, lane) => Math.max(all, peak(lane)), 1);
  const mostGrown = grown[0]?.grew ?? 1;
  return section(
    'memory',
    'Memory',
    element(
      'div',
      {class: 'workers'},
      ...lanes.map(lane =>
        element(
          'figure',
          {},
          element('figcaption', {}, lane.name, element('span', {class: 'value'}, size(peak(lane)))),
          sparkline(lane, most),
        ),
      ),
    ),
    grown.length === 0
      ? null
      : table('The files after which a worker held most more memory than before', grown.slice(0, MOST_ROWS), [
          {title: 'File', cell: ({file}) => fileLink(model, file, open)},
          {title: 'Grew by', number: true, cell: ({grew}) => bar(size(grew), grew / mostGrown)},
          {title: 'To', number: true, cell: ({rss}) => size(rss)},
          {title: 'Worker', cell: ({name}) => name},
        ]),
  );
}

function peak({memory: samples}: Lane): number {
  return samples.reduce((most, {rss}) => Math.max(most, rss), 0);
}

/** What a worker held after each of its files. */
function sparkline(lane: Lane, most: number): Element {
  const namespace = 'http://www.w3.org/2000/svg';
  const made = document.createElementNS(namespace, 'svg');
  const [width, height] = [200, 40];
  const samples = lane.memory;
  const x = (index: number) => (samples.length < 2 ? width / 2 : (index / (samples.length - 1)) * width);
  const points = samples.map(({rss}, index) => `${x(index).toFixed(1)},${(height - (rss / most) * height).toFixed(1)}`);
  made.setAttribute('viewBox', `0 0 ${width} ${height}`);
  made.setAttribute('preserveAspectRatio', 'none');
  made.setAttribute('role', 'img');
  made.setAttribute('aria-label', `${lane.name}: at most ${size(peak(lane))} after ${count(samples.length, 'file')}`);
  const area = document.createElementNS(namespace, 'polygon');
  area.setAttribute('points', `${x(0)},${height} ${points.join(' ')} ${x(samples.length - 1)},${height}`);
  const line = document.createElementNS(namespace, 'polyline');
  line.setAttribute('points', points.join(' '));
  made.append(area, line);
  return made;
}

export function comparison({comparison: compared, run, floor}: ReportModel): HTMLElement | null {
  if (compared === null) return null;
  const {otherStartedAt, otherCommit, otherMs, otherFloorMs, files, tests, newFiles, goneFiles} = compared;
  const lists: [string, readonly string[]][] = [
    ['Fails now', compared.newFailures],
    ['Passes again', compared.repaired],
    ['New files', newFiles],
    ['Files that are gone', goneFiles],
  ];
  const bounds =
    otherFloorMs === null || floor === null
      ? ''
      : ` Its lower bound was ${time(otherFloorMs)}; it is ${time(floor.ms)} now.`;
  return section(
    'comparison',
    'Compared with an earlier run',
    element(
      'p',
      {class: 'lead'},
      `The run of ${date(otherStartedAt)}${otherCommit === '' ? '' : ` (${otherCommit})`} took ${time(otherMs)}: `,
      element('strong', {}, `this one took ${time(Math.abs(run.ms - otherMs))} ${run.ms < otherMs ? 'less' : 'more'}.`),
      bounds,
    ),
    ...lists.map(([title, names]) =>
      names.length === 0
        ? null
        : element(
            'details',
            {open: names.length <= 20 ? '' : null},
            element('summary', {}, `${title}: ${count(names.length)}`),
            element('ul', {class: 'names'}, ...names.slice(0, MOST_ROWS).map(name => element('li', {}, name))),
          ),
    ),
    files.length === 0 ? null : changes('Files that became slower or faster', 'File', files),
    tests.length === 0 ? null : changes('Tests that became slower or faster', 'Test', tests),
    files.length === 0 && tests.length === 0
      ? element('p', {class: 'note'}, 'No file and no test became slower or faster by 10% and 20 ms.')
      : null,
  );
}

function changes(caption: string, title: string, all: readonly Change[]): HTMLElement {
  const most = all.reduce((largest, {beforeMs, afterMs}) => Math.max(largest, Math.abs(afterMs - beforeMs)), 1);
  return table(caption, all, [
    {title, cell: ({name}) => element('span', {class: 'name'}, name)},
    {
      title: 'Change',
      number: true,
      cell: ({beforeMs, afterMs}) =>
        bar(difference(afterMs - beforeMs), Math.abs(afterMs - beforeMs) / most, afterMs > beforeMs ? 'hot' : 'good'),
    },
    {title: 'Before', number: true, cell: ({beforeMs}) => time(beforeMs)},
    {title: 'Now', number: true, cell: ({afterMs}) => time(afterMs)},
  ]);
}

export function warnings({warnings: all}: ReportModel): HTMLElement | null {
  if (all.length === 0) return null;
  return section('warnings', 'Warnings', ...all.map(({text}) => element('pre', {tabindex: '0'}, text)));
}

export function options({run}: ReportModel): HTMLElement | null {
  if (run.options.length === 0) return null;
  return section(
    'options',
    'Options',
    table('The options that differ from the defaults', run.options, [
      {title: 'Option', cell: ([name]) => name},
      {title: 'Value', cell: ([, value]) => element('code', {}, value)},
      {title: 'Set by', cell: ([, , from]) => from},
    ]),
  );
}

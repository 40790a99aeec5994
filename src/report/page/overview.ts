/** The head of the report: how the run ended, in figures, and where its time went. */
import type {Lane, ReportModel, Verdict} from '../model';
import {element, section} from './dom';
import {count, date, percent, time} from './format';

const VERDICTS: Readonly<Record<Verdict, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  'ended-early': 'Ended early',
  fault: 'Ended by an error of the runner',
  unfinished: 'Did not end',
};

export function head({run, floor, lanes}: ReportModel): HTMLElement {
  const verdict = VERDICTS[run.verdict];
  const facts = [
    date(run.startedAt),
    run.commit,
    ...run.versions,
    `${run.machine}, ${count(run.cores, 'core')}`,
    run.rootDir,
  ].filter(text => text !== '');
  const {files, tests} = run;
  const all = lanes.reduce((sum, lane) => sum + lane.busyMs, 0);
  const took = floor?.reachedMs ?? run.ms - run.from;
  const on = run.fleet === null ? '' : `, on ${count(run.fleet.machines.length, 'machine')}`;
  return element(
    'header',
    {},
    element('p', {class: 'brand'}, 'jest-runner-xdist'),
    element('h1', {class: run.verdict === 'passed' ? 'passed' : 'failed'}, verdict),
    element('p', {class: 'facts'}, ...facts.map(fact => element('span', {}, fact))),
    ...run.problems.map(text => element('p', {class: 'problem'}, text)),
    run.inBand === null ? null : element('p', {class: 'problem'}, `The run was in band: ${run.inBand}.`),
    run.failedOutside
      ? element('p', {class: 'problem'}, 'Something outside of the test files failed: see the warnings.')
      : null,
    element(
      'dl',
      {class: 'figures'},
      figure(
        'Time',
        time(run.ms),
        run.beforeMs > 0 ? `after ${time(run.beforeMs)} of Jest's start and globalSetup` : '',
      ),
      floor === null
        ? null
        : figure('Lower bound', time(floor.ms), `${percent(floor.ms / Math.max(1, floor.reachedMs))} of what it took`),
      figure(
        'Files',
        count(sum(files)),
        parts({failed: files.failed, skipped: files.skipped, 'not run': files.notRun}),
      ),
      figure('Tests', count(sum(tests)), parts({failed: tests.failed, pending: tests.pending, todo: tests.todo})),
      lanes.length === 0
        ? null
        : figure(
            'Workers',
            run.inBand === null ? String(lanes.length) : 'none',
            `busy ${percent(all / lanes.length / Math.max(1, took))}${on}`,
          ),
    ),
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

function parts(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).filter(([, number]) => number > 0);
  return named.length === 0 ? 'all passed' : named.map(([name, number]) => `${count(number)} ${name}`).join(', ');
}

function figure(name: string, value: string, note: string): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value), element('dd', {class: 'note'}, note));
}

interface Part {
  readonly name: string;
  readonly ms: number;
  readonly kind: string;
}

/** Where a worker's time went, on average, and what that says of the floor. */
export function whereTimeWent({floor, lanes, run}: ReportModel): HTMLElement | null {
  if (floor === null) return run.fleet === null ? null : whereTimeOfMachineWent(lanes, run);
  const parts = averageOf(lanes, floor.reachedMs);
  const gap = Math.max(0, floor.reachedMs - floor.ms);
  const idle = parts.filter(({kind}) => kind.startsWith('idle') || kind === 'down');
  const idleMs = idle.reduce((all, {ms}) => all + ms, 0);
  const [main] = idle;
  const files = `With ${count(floor.slots, 'worker')}, no order of these files takes less than ${time(floor.ms)}`;
  const most = main === undefined || main.ms < 1 ? '' : `, most of it because: ${main.name} (${time(main.ms)})`;
  return section(
    'floor',
    'What it took, and what it had to take',
    element(
      'p',
      {class: 'lead'},
      element('strong', {}, `${files}: ${floor.because}.`),
      floor.serialMs === 0 ? '' : ` Serial files, which run alone, take ${time(floor.serialMs)} of that.`,
    ),
    scale(floor.ms, floor.reachedMs),
    element(
      'p',
      {},
      gap < 1
        ? 'The run reached it.'
        : `The run took ${time(gap)} more. A worker was without work for ${time(idleMs)} on average${most}.`,
    ),
    run.beforeMs < Math.max(1000, run.ms / 5)
      ? null
      : element(
          'p',
          {},
          `Before that, Jest took ${time(run.beforeMs)} for its own start, the search for test files, and globalSetup.`,
        ),
    element('h3', {}, 'A worker’s time, on average'),
    stack(parts),
  );
}

function whereTimeOfMachineWent(lanes: readonly Lane[], {fleet, ms}: ReportModel['run']): HTMLElement {
  return section(
    'machine',
    'A worker’s time on this machine',
    element(
      'p',
      {class: 'lead'},
      `The average of ${fleet?.machine}, which made this report. In a fleet, files come when a machine has room for them, so the order of ` +
        'its files has no lower bound.',
    ),
    stack(
      averageOf(
        lanes.filter(({isElsewhere}) => !isElsewhere),
        ms,
      ),
    ),
  );
}

function scale(floorMs: number, reachedMs: number): HTMLElement {
  const share = Math.min(1, floorMs / Math.max(1, reachedMs));
  const bound = element('span', {class: 'bound'});
  bound.style.width = `${share * 100}%`;
  return element(
    'div',
    {class: 'scale', role: 'img', 'aria-label': `Lower bound ${time(floorMs)}, reached ${time(reachedMs)}`},
    element('span', {class: 'whole'}, bound),
    element('span', {class: 'label'}, `lower bound ${time(floorMs)}`),
    element('span', {class: 'label end'}, `took ${time(reachedMs)}`),
  );
}

function averageOf(lanes: readonly Lane[], reachedMs: number): Part[] {
  const used = lanes.filter(({spans}) => spans.length > 0);
  const average = (of: (lane: Lane) => number) =>
    used.reduce((all, lane) => all + of(lane), 0) / Math.max(1, used.length);
  const busy = average(({busyMs}) => busyMs);
  const starting = average(({startingMs}) => startingMs);
  const reasons = new Map<string, number>();
  for (const [reason, ms] of used.flatMap(({idle}) => idle)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + ms / used.length);
  }
  const idle = [...reasons].map(([name, ms], index) => ({name, ms, kind: `idle${Math.min(3, index)}`}));
  idle.sort((a, b) => b.ms - a.ms);
  const known = busy + starting + idle.reduce((all, {ms}) => all + ms, 0);
  const down = {name: 'no process was needed, or it had ended', ms: Math.max(0, reachedMs - known), kind: 'down'};
  return [
    {name: 'running files', ms: busy, kind: 'busy'},
    {name: 'starting', ms: starting, kind: 'starting'},
    ...idle.map((part, index) => ({...part, kind: `idle${Math.min(3, index)}`})),
    ...(down.ms > reachedMs / 200 ? [down] : []),
  ];
}

function stack(parts: readonly Part[]): HTMLElement {
  const all = Math.max(
    1,
    parts.reduce((sum, {ms}) => sum + ms, 0),
  );
  const pieces = parts.map(({ms, kind}) => {
    const piece = element('span', {class: kind});
    piece.style.flexGrow = String(ms / all);
    return piece;
  });
  const items = parts.map(({name, ms, kind}) =>
    element(
      'li',
      {},
      element('span', {class: `swatch ${kind}`, 'aria-hidden': 'true'}),
      element('span', {}, name),
      element('span', {class: 'value'}, `${time(ms)} · ${percent(ms / all)}`),
    ),
  );
  return element(
    'div',
    {class: 'stack'},
    element('div', {class: 'pieces', 'aria-hidden': 'true'}, ...pieces),
    element('ul', {class: 'legend'}, ...items),
  );
}

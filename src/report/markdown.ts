/** A report as Markdown, as GitHub shows it in the summary of a job. */
import {describeTimeSpan} from '../core/texts/timeSpan';
import type {Failure, ReportFleet, ReportModel} from './model';
import {VERDICTS} from './texts';

/** GitHub takes 1 MiB for a step. */
export const MOST_BYTES = 2 ** 20;

const MOST_FAILURES = 50;
const MOST_ROWS = 10;
/** A failure is cut after so many lines and characters. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 4000;
/** A name is cut after so many characters. */
const MOST_OF_NAME = 300;

/** @param maxBytes how long the text may be: lists at its end are left out */
export function markdown(model: ReportModel, maxBytes = MOST_BYTES): string {
  const sections = [head(model), floor(model), ...failures(model), slowest(model)].filter(text => text !== '');
  let text = '';
  for (const [index, section] of sections.entries()) {
    const next = `${text}${section}\n\n`;
    if (bytesOf(next) + REST.length > maxBytes) return index === 0 ? '' : `${text}${REST}`;
    text = next;
  }
  return text.trimEnd() + '\n';
}

const REST = 'The rest does not fit in here.\n';

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function head({run, floor: bound}: ReportModel): string {
  const counts = (all: Readonly<Record<string, number>>) => {
    const sum = Object.values(all).reduce((total, one) => total + one, 0);
    const parts = Object.entries(all).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
    return [...parts, `${sum} in all`].join(', ');
  };
  const {files, tests} = run;
  const rows = [
    ['Files', counts({failed: files.failed, passed: files.passed, skipped: files.skipped, 'not run': files.notRun})],
    ['Tests', counts({failed: tests.failed, passed: tests.passed, pending: tests.pending, todo: tests.todo})],
    ['Time', describeTimeSpan(run.ms)],
    ...(bound === null ? [] : [['Lower bound', describeTimeSpan(bound.ms)]]),
    ...(run.fleet === null ? [] : [['Machines', machines(run.fleet)]]),
    ['Versions', inline(run.versions.join(', '))],
    ...(run.commit === '' ? [] : [['Commit', inline(run.commit)]]),
  ];
  const icon = run.verdict === 'passed' ? '✅' : '❌';
  const problems = run.problems.map(text => `\n${inline(text)}`).join('\n');
  return [`### ${icon} The run ${VERDICTS[run.verdict]}`, '', tableOf(['', ''], rows), problems].join('\n').trimEnd();
}

function machines({machine, machines: all, round}: ReportFleet): string {
  const names = all.slice(0, MOST_ROWS).map(({name}) => (name === machine ? `${name} (this one)` : name));
  const more = all.length > names.length ? ` and ${all.length - names.length} more` : '';
  const again = round === 1 ? '' : `; round ${round}`;
  return `${all.length}: ${inline(names.join(', '))}${more}${again}`;
}

function floor({floor: bound, lanes}: ReportModel): string {
  if (bound === null) return '';
  const used = lanes.filter(({spans}) => spans.length > 0);
  const idle = new Map<string, number>();
  for (const [reason, ms] of used.flatMap(lane => lane.idle)) {
    idle.set(reason, (idle.get(reason) ?? 0) + ms / used.length);
  }
  const reasons = [...idle].filter(([, ms]) => ms >= 1).sort(([, a], [, b]) => b - a);
  const list = reasons.slice(0, 5).map(([reason, ms]) => `- ${inline(reason)}: ${describeTimeSpan(ms)}`);
  return [
    '#### What it took, and what it had to take',
    '',
    `With ${bound.slots} workers, no order of these files takes less than **${describeTimeSpan(bound.ms)}**: ` +
      `${inline(bound.because)}. The run took **${describeTimeSpan(bound.reachedMs)}**.`,
    ...(list.length === 0 ? [] : ['', 'A worker was idle, on average:', '', ...list]),
  ].join('\n');
}

function failures(model: ReportModel): string[] {
  const {failures: all, deaths} = model;
  if (all.length === 0 && deaths.length === 0) return [];
  const more = all.length > MOST_FAILURES ? [`and ${all.length - MOST_FAILURES} more`] : [];
  return [
    '#### Failures',
    ...all.slice(0, MOST_FAILURES).map(failure => failureText(model, failure)),
    ...more,
    ...deaths
      .slice(0, MOST_FAILURES)
      .map(({worker, how, evidence}) => `${inline(`${worker} died: ${how}`)}\n\n${code(evidence)}`),
  ];
}

function failureText({files}: ReportModel, {file, titles, evidence}: Failure): string {
  const name = [files[file]?.path ?? '', ...titles].join(' › ');
  if (evidence.length === 0) return `- ${inline(name)}`;
  return `<details><summary>${inline(name)}</summary>\n\n${code(evidence)}\n\n</details>`;
}

function slowest({files}: ReportModel): string {
  const rows = files
    .filter(({ms}) => ms > 0)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST_ROWS)
    .map(({path, ms, tests}) => [inline(path), describeTimeSpan(ms), String(tests.length)]);
  return rows.length === 0 ? '' : ['#### Slowest files', '', tableOf(['File', 'Time', 'Tests'], rows)].join('\n');
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Characters that Markdown, GitHub or HTML acts upon; "::" begins a command of GitHub Actions. */
const ACTIVE = /[\\`*_[\]<>#|~&@$:]|(?<=www)\./gi;

/** One line of text that is nothing but text, also within HTML and within a table. */
export function inline(text: string): string {
  const cut = text.length > MOST_OF_NAME ? `${text.slice(0, MOST_OF_NAME)}…` : text;
  return cut.replace(/\r?\n/g, ' ').replace(ACTIVE, character => `&#${character.charCodeAt(0)};`);
}

/** Lines as a block of code, which nothing in them can end. */
function code(lines: readonly string[]): string {
  const cut = lines.slice(0, MOST_LINES).join('\n').slice(0, MOST_CHARACTERS);
  const more = lines.length > MOST_LINES ? `\n(${lines.length - MOST_LINES} more lines)` : '';
  // A runner acts upon lines of a log that begin with "::".
  const text = `${cut}${more}`.replace(/^(\s*)::/gm, '$1:\u200b:');
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** What is known of one file: its parts, its failures and its tests. */
import type {LoadTime, ReportFile, ReportModel} from '../model';
import {button, element} from './dom';
import {baseName, count, time} from './format';
import {bar, table} from './table';

const STATUS: Readonly<Record<ReportFile['status'], string>> = {
  passed: 'Passed',
  failed: 'Failed',
  skipped: 'Skipped',
  'not-run': 'Did not run',
};

export class FileView {
  readonly dialog = element('dialog', {'aria-labelledby': 'file-title'});
  readonly #model: ReportModel;

  constructor(model: ReportModel) {
    this.#model = model;
    this.dialog.addEventListener('click', ({target}) => {
      if (target === this.dialog) this.dialog.close();
    });
  }

  open(index: number): void {
    const file = this.#model.files[index];
    if (file === undefined) return;
    this.dialog.replaceChildren(element('article', {}, ...this.#content(file, index)));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  #content(file: ReportFile, index: number): HTMLElement[] {
    const {failures, lanes} = this.#model;
    const sessions = lanes.flatMap(({name, spans}) =>
      spans.flatMap(span => (span.type === 'file' && span.file === index ? [{name, ...span}] : [])),
    );
    sessions.sort((a, b) => a.from - b.from);
    const where = sessions.map(
      ({name, from, to, joins}) => `${name}${joins ? ' joined' : ''} at ${time(from)} for ${time(to - from)}`,
    );
    const facts = [STATUS[file.status], file.project ?? '', time(file.ms), count(file.tests.length, 'test')];
    return [
      element(
        'div',
        {class: 'top'},
        element('h2', {id: 'file-title', class: file.status}, baseName(file.path)),
        button('Close', () => this.dialog.close()),
      ),
      element('p', {class: 'path'}, file.path),
      element('p', {class: 'facts'}, ...facts.filter(fact => fact !== '').map(fact => element('span', {}, fact))),
      ...(where.length === 0 ? [] : [element('ul', {class: 'names'}, ...where.map(text => element('li', {}, text)))]),
      ...failures
        .filter(failure => failure.file === index)
        .map(({titles, evidence}) =>
          element(
            'div',
            {class: 'failure'},
            element('h3', {}, titles.length === 0 ? 'The file has no result' : titles.join(' › ')),
            evidence.length === 0 ? null : element('pre', {tabindex: '0'}, evidence.join('\n')),
          ),
        ),
      ...parts(file),
      ...tests(file, lanes),
    ];
  }
}

function parts({profile}: ReportFile): HTMLElement[] {
  if (profile === null) return [];
  const most = profile.parts[0]?.[1] ?? 1;
  const worthIt = ([, ms]: LoadTime) => ms >= 0.05;
  return [
    element('h3', {}, 'Where its time went'),
    table(`CPU time ${time(profile.cpuMs)}; ${count(profile.modules, 'module')}`, profile.parts, [
      {title: 'Part', cell: ([name]) => name},
      {title: 'Time', number: true, cell: ([, ms]) => bar(time(ms), ms / most)},
    ]),
    ...loads('Packages it loads', 'Package', profile.packages.filter(worthIt)),
    ...loads('Source files it loads', 'Source', profile.sources.filter(worthIt)),
  ];
}

function loads(title: string, thing: string, all: readonly LoadTime[]): HTMLElement[] {
  if (all.length === 0) return [];
  const longest = all[0]?.[1] ?? 1;
  return [
    element('h3', {}, title),
    table('Those that took longest, without what they require', all, [
      {title: thing, cell: ([name]) => name},
      {title: 'Time', number: true, cell: ([, ms]) => bar(time(ms), ms / longest)},
      {title: 'Modules', number: true, cell: ([, , modules]) => count(modules)},
    ]),
  ];
}

function tests(file: ReportFile, lanes: ReportModel['lanes']): HTMLElement[] {
  if (file.tests.length === 0) return [];
  const longest = file.tests.reduce((most, [, , ms]) => Math.max(most, ms ?? 0), 1);
  return [
    element('h3', {}, 'Tests'),
    table('As its workers reported them', file.tests, [
      {
        title: 'Test',
        cell: ([titles, status]) =>
          element(
            'span',
            {class: `name ${status}`},
            ...titles.slice(0, -1).map(title => element('span', {class: 'folder'}, `${title} › `)),
            titles.at(-1) ?? '',
          ),
      },
      {title: 'Result', cell: ([, status]) => element('span', {class: `status ${status}`}, status)},
      {title: 'Time', number: true, cell: ([, , ms]) => (ms === null ? '–' : bar(time(ms), ms / longest))},
      {title: 'Worker', cell: ([, , , , lane]) => (lane === null ? '–' : (lanes[lane]?.name ?? '–'))},
    ]),
  ];
}

/** The script of the page: reads the data and draws all of it. */
import type {ReportModel} from '../model';
import {element} from './dom';
import {FileView} from './fileView';
import {head, whereTimeWent} from './overview';
import {comparison, failures, memory, options, tables, warnings} from './sections';
import {timeline} from './timelineView';

function start(): void {
  const data = document.getElementById('data');
  const root = document.getElementById('report');
  if (data === null || root === null) return;
  const model = JSON.parse(data.textContent ?? '') as ReportModel;
  const view = new FileView(model);
  const open = (file: number) => view.open(file);
  const sections = [
    failures(model, open),
    comparison(model),
    whereTimeWent(model),
    timeline(model, open),
    ...tables(model, open),
    memory(model, open),
    warnings(model),
    options(model),
  ].filter(section => section !== null);
  const links = sections.map(({id}) => {
    const title = document.createTextNode(sections.find(one => one.id === id)?.querySelector('h2')?.textContent ?? id);
    return element('li', {}, element('a', {href: `#${id}`}, title));
  });
  root.append(
    head(model),
    element('nav', {'aria-label': 'Sections'}, element('ul', {}, ...links)),
    element('div', {class: 'sections'}, ...sections),
    view.dialog,
  );
  // Tests wait for it.
  document.documentElement.dataset['isDrawn'] = '';
}

start();

/** A table of which a part is shown: a report may have thousands of rows. */
import {button, element} from './dom';
import {count} from './format';

export interface Column<Row> {
  readonly title: string;
  /** Numbers are at the right. */
  readonly number?: boolean;
  readonly cell: (row: Row) => Node | string;
}

const FIRST_ROWS = 10;
const MORE_ROWS = 100;

/** @param caption for readers of the screen: what the table lists */
export function table<Row>(caption: string, rows: readonly Row[], columns: readonly Column<Row>[]): HTMLElement {
  const body = element('tbody');
  let shown = 0;
  const show = (until: number) => {
    body.append(
      ...rows
        .slice(shown, until)
        .map(row =>
          element(
            'tr',
            {},
            ...columns.map(({number, cell}, index) =>
              element(
                index === 0 ? 'th' : 'td',
                {class: number === true ? 'number' : null, scope: index === 0 ? 'row' : null},
                cell(row),
              ),
            ),
          ),
        ),
    );
    shown = Math.min(until, rows.length);
  };
  show(FIRST_ROWS);
  const head = element(
    'thead',
    {},
    element(
      'tr',
      {},
      ...columns.map(({title, number}) =>
        element('th', {scope: 'col', class: number === true ? 'number' : null}, title),
      ),
    ),
  );
  const made = element('table', {}, element('caption', {}, caption), head, body);
  const more = button('', () => {
    show(shown + MORE_ROWS);
    label();
  });
  const label = () => {
    more.hidden = shown >= rows.length;
    more.textContent = `Show more (${count(rows.length - shown)} left)`;
  };
  more.className = 'more';
  label();
  return element('div', {class: 'table'}, made, more);
}

/** A number with a bar behind it. @param share of the longest bar: 0 to 1 */
export function bar(text: string, share: number, kind = ''): HTMLElement {
  const fill = element('span', {class: `fill ${kind}`, 'aria-hidden': 'true'});
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return element('span', {class: 'bar'}, fill, element('span', {class: 'value'}, text));
}

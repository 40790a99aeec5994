'use strict';
const {badRequest} = require('./errors');

/** A spreadsheet would run a text that begins like this as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function formatCell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const formatRow = cells => `${cells.map(formatCell).join(',')}\r\n`;

/** CSV text in chunks: one row at a time would be one write to the socket for each. */
function* formatChunks(header, rows, {rowsPerChunk = 500} = {}) {
  let chunk = formatRow(header);
  let count = 0;
  for (const row of rows) {
    chunk += formatRow(row);
    if (++count % rowsPerChunk === 0) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

/** Rows of cells, with the line on which each row begins. RFC 4180, and bare line feeds too. */
function parseCsv(source) {
  const rows = [];
  let cells = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let rowLine = 1;
  const endRow = () => {
    cells.push(cell);
    cell = '';
    // A blank line is no row.
    if (cells.length > 1 || cells[0] !== '') rows.push({line: rowLine, cells});
    cells = [];
    rowLine = line;
  };
  for (let index = source.charCodeAt(0) === 0xfeff ? 1 : 0; index < source.length; index++) {
    const char = source[index];
    if (char === '\n') line++;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[index + 1] === '"') {
        cell += '"';
        index++;
      } else quoted = false;
    } else if (char === '"') {
      if (cell !== '') throw badRequest('bad_csv', `Line ${line}: a quote in the middle of a cell`);
      quoted = true;
    } else if (char === ',') {
      cells.push(cell);
      cell = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') cell += char;
  }
  if (quoted) throw badRequest('bad_csv', `Line ${rowLine}: a quoted cell is never closed`);
  endRow();
  return rows;
}

module.exports = {formatRow, formatChunks, parseCsv};

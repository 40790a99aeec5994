'use strict';
const {badRequest} = require('./errors');

const encode = position => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor) {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(position) && position.length === 2) return position;
  } catch {
    // Falls through: whatever is wrong with it, the caller made it up.
  }
  throw badRequest('bad_cursor', 'The cursor is not one that this service has given out');
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * One page of `items`. The cursor says after which item the page begins, by sort key and id, so that
 * items which come or go between two requests neither repeat nor hide others.
 */
function paginate(items, {limit, cursor, descending = false, keyOf, idOf}) {
  const order = (a, b) => (descending ? -1 : 1) * (compare(a[0], b[0]) || compare(a[1], b[1]));
  const positioned = items.map(item => ({item, position: [keyOf(item), idOf(item)]}));
  positioned.sort((a, b) => order(a.position, b.position));
  const after = cursor === undefined ? null : decode(cursor);
  const rest = after === null ? positioned : positioned.filter(({position}) => order(position, after) > 0);
  const page = rest.slice(0, limit);
  return {
    items: page.map(({item}) => item),
    total: items.length,
    nextCursor: rest.length > limit ? encode(page.at(-1).position) : null,
  };
}

/** `limit` and `cursor` of a query string. */
function pageQuery(query, {defaultLimit, maxLimit}) {
  const {limit: rawLimit = String(defaultLimit), cursor} = query;
  if (!/^\d+$/.test(rawLimit) || Number(rawLimit) < 1)
    throw badRequest('bad_limit', 'limit must be a positive integer');
  if (cursor !== undefined && typeof cursor !== 'string') throw badRequest('bad_cursor', 'cursor must be given once');
  return {limit: Math.min(Number(rawLimit), maxLimit), cursor};
}

module.exports = {paginate, pageQuery};

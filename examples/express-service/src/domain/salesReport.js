'use strict';

const SOLD = new Set(['paid', 'shipped', 'delivered']);

/** What an order counts for, by kind of group: [group, units, net cents]. */
const GROUPS = {
  day: order => [[new Date(order.createdAt).toISOString().slice(0, 10), units(order), order.quote.netCents]],
  country: order => [[order.country, units(order), order.quote.netCents]],
  sku: order => order.quote.lines.map(({sku, quantity, netCents}) => [sku, quantity, netCents]),
};

const units = order => order.quote.lines.reduce((sum, {quantity}) => sum + quantity, 0);

/** Sales of [from, to), ms, by group, the largest first. */
function salesReport(orders, {from, to, groupBy}) {
  const groups = new Map();
  const totals = {orders: 0, units: 0, netCents: 0};
  for (const order of orders) {
    if (!SOLD.has(order.status) || order.createdAt < from || order.createdAt >= to) continue;
    totals.orders++;
    for (const [key, quantity, netCents] of GROUPS[groupBy](order)) {
      const group = groups.get(key) ?? {key, orders: 0, units: 0, netCents: 0};
      group.orders++;
      group.units += quantity;
      group.netCents += netCents;
      groups.set(key, group);
      totals.units += quantity;
      totals.netCents += netCents;
    }
  }
  const sorted = [...groups.values()].sort((a, b) => b.netCents - a.netCents || (a.key < b.key ? -1 : 1));
  return {groupBy, totals, groups: sorted};
}

module.exports = {salesReport, GROUP_NAMES: Object.keys(GROUPS)};

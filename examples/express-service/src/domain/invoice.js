'use strict';
const {formatCents} = require('./money');

const WIDTH = 56;
const line = (label, amount) => `${label.slice(0, WIDTH - 12).padEnd(WIDTH - 12)}${amount.padStart(12)}`;

/** An order as plain text. */
function renderInvoice(order, customer) {
  const {lines, shippingCents, taxCents, totalCents, discountCents} = order.quote;
  const rule = '-'.repeat(WIDTH);
  return [
    `Invoice ${order.id}`,
    `Date    ${new Date(order.createdAt).toISOString().slice(0, 10)}`,
    `For     ${customer.email}`,
    rule,
    ...lines.flatMap(({name, sku, quantity, unitCents, grossCents}) => [
      line(name, formatCents(grossCents)),
      `  ${sku}  ${quantity} x ${formatCents(unitCents)}`,
    ]),
    rule,
    ...(discountCents > 0 ? [line('Discount', formatCents(-discountCents))] : []),
    line(`Shipping (${order.shipping}, ${order.country})`, formatCents(shippingCents)),
    line('Tax', formatCents(taxCents)),
    line('Total', formatCents(totalCents)),
    '',
  ].join('\n');
}

module.exports = {renderInvoice};

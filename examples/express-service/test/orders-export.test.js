'use strict';
const {parseCsv} = require('../src/csv');
const {orderOf, startService} = require('./support/service');

const exported = async staff => {
  const res = await staff.get('/orders/export.csv').buffer(true).expect(200);
  const [header, ...rows] = parseCsv(res.text).map(({cells}) => cells);
  return {res, header, rows};
};

describe('GET /orders/export.csv', () => {
  it('has one row for each line of each order', async () => {
    const {customer, staff, stocked} = await startService();
    stocked('MUG-1', {name: 'Mug', priceCents: 1_250});
    stocked('BOOK-1', {name: 'Book', priceCents: 2_000, category: 'books'});
    await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 2, 'BOOK-1': 1}))
      .expect(201);
    const {res, header, rows} = await exported(staff);
    expect(res.headers['content-disposition']).toBe('attachment; filename=orders.csv');
    expect(header).toEqual([
      'order',
      'date',
      'status',
      'country',
      'sku',
      'name',
      'quantity',
      'netCents',
      'taxCents',
      'note',
    ]);
    expect(rows).toEqual([
      ['ord_000001', '2025-03-01T12:00:00.000Z', 'pending', 'DE', 'MUG-1', 'Mug', '2', '2500', '475', ''],
      ['ord_000001', '2025-03-01T12:00:00.000Z', 'pending', 'DE', 'BOOK-1', 'Book', '1', '2000', '140', ''],
    ]);
  });

  async function exportedNotes(notes) {
    const {customer, staff, stocked} = await startService();
    stocked('MUG-1');
    for (const note of notes)
      await customer
        .post('/orders')
        .send(orderOf({'MUG-1': 1}, {note}))
        .expect(201);
    const {rows} = await exported(staff);
    return rows.map(cells => cells.at(-1));
  }

  it('writes every text so that it is read back', async () => {
    const notes = ['plain', 'with, comma', 'with "quotes"', 'two\nlines', 'two\r\nlines', ' spaces ', 'ünïcödé 🍵'];
    await expect(exportedNotes(notes)).resolves.toEqual(notes);
  });

  it('keeps a text from being a formula', async () => {
    const notes = ['=1+1', '+49', '-1', '@SUM(A1)'];
    await expect(exportedNotes(notes)).resolves.toEqual(notes.map(note => `'${note}`));
  });

  it('is for staff', async () => {
    const {customer} = await startService();
    await customer.get('/orders/export.csv').expect(403);
  });
});

describe('a large export', () => {
  const ORDERS = 6_000;
  const SKUS = Array.from({length: 20}, (_, index) => `P-${index}`);

  it('holds every line once, and the sums are those of the report', async () => {
    const {staff, service, customerUser, stocked, clock} = await startService({config: {jobs: {concurrency: 64}}});
    for (const [index, sku] of SKUS.entries()) stocked(sku, {priceCents: 100 + index}, 1_000_000);
    let lines = 0;
    for (let number = 0; number < ORDERS; number++) {
      const quantities = Object.fromEntries(
        SKUS.slice(number % 17, (number % 17) + 3).map(sku => [sku, 1 + (number % 5)]),
      );
      const {id} = service.orders.place(orderOf(quantities, {note: `"${number}", urgent`}), customerUser.id);
      service.orders.act(id, 'pay', customerUser);
      clock.advance({seconds: 30});
      lines += 3;
    }
    const {rows} = await exported(staff);
    expect(rows).toHaveLength(lines);
    const netCents = rows.reduce((sum, cells) => sum + Number(cells[7]), 0);
    const res = await staff.get('/admin/reports/sales?groupBy=sku').expect(200);
    expect(res.body.totals).toMatchObject({orders: ORDERS, netCents});
    await service.queue.idle();
  }, 60_000);
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function withSales() {
  const started = await startService();
  const {stocked, customer, clock, staff} = started;
  stocked('MUG', {priceCents: 1_000});
  stocked('PEN', {priceCents: 200});
  const sell = async (quantities, fields) => {
    const {body} = await customer.post('/orders').send(orderOf(quantities, fields)).expect(201);
    await customer.post(`/orders/${body.id}/pay`).expect(200);
    return body.id;
  };
  await sell({MUG: 1, PEN: 10});
  await sell({PEN: 1}, {country: 'FR'});
  clock.advance({hours: 12}); // to midnight, when the next day begins
  await sell({MUG: 2}, {country: 'FR'});
  const report = async query => (await staff.get('/admin/reports/sales').query(query).expect(200)).body;
  return {...started, sell, report};
}

describe('GET /admin/reports/sales', () => {
  it('groups by day', async () => {
    const {report} = await withSales();
    await expect(report({})).resolves.toEqual({
      groupBy: 'day',
      totals: {orders: 3, units: 14, netCents: 5_200},
      groups: [
        {key: '2025-03-01', orders: 2, units: 12, netCents: 3_200},
        {key: '2025-03-02', orders: 1, units: 2, netCents: 2_000},
      ],
    });
  });

  it('groups by country', async () => {
    const {report} = await withSales();
    const {groups} = await report({groupBy: 'country'});
    expect(groups).toEqual([
      {key: 'DE', orders: 1, units: 11, netCents: 3_000},
      {key: 'FR', orders: 2, units: 3, netCents: 2_200},
    ]);
  });

  it('groups by product', async () => {
    const {report} = await withSales();
    const {groups, totals} = await report({groupBy: 'sku'});
    expect(groups.map(({key, units}) => [key, units])).toEqual([
      ['MUG', 3],
      ['PEN', 11],
    ]);
    expect(totals.orders).toBe(3);
  });

  it.each([
    [{from: '2025-03-02'}, 1],
    [{to: '2025-03-02'}, 2],
    [{from: '2025-03-01', to: '2025-03-03'}, 3],
  ])('counts the orders of %j', async (query, orders) => {
    const {report} = await withSales();
    expect((await report(query)).totals.orders).toBe(orders);
  });

  it('counts neither unpaid nor cancelled orders', async () => {
    const {report, customer, sell} = await withSales();
    await customer
      .post('/orders')
      .send(orderOf({MUG: 5}))
      .expect(201);
    await customer.post(`/orders/${await sell({MUG: 5})}/cancel`).expect(200);
    expect((await report({})).totals.orders).toBe(3);
  });

  it('no longer counts refunded orders', async () => {
    const {report, staff, sell} = await withSales();
    const id = await sell({MUG: 5});
    for (const action of ['ship', 'deliver']) await staff.post(`/orders/${id}/${action}`).expect(200);
    expect((await report({})).totals.orders).toBe(4);
    await staff.post(`/orders/${id}/refund`).expect(200);
    expect((await report({})).totals.orders).toBe(3);
  });

  it.each(['groupBy=colour', 'from=2025-13-01', 'from=2025-03-02&to=2025-03-02'])('refuses %s', async query => {
    const {staff} = await startService();
    await staff.get(`/admin/reports/sales?${query}`).expect(400);
  });

  it('is for staff', async () => {
    const {customer} = await startService();
    await customer.get('/admin/reports/sales').expect(403);
  });
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function invoiceOf(quantities, fields) {
  const {customer, service, stocked} = await startService();
  stocked('MUG-1', {name: 'Mug', priceCents: 1_250, weightGrams: 400});
  stocked('BOOK-1', {
    name: 'A book with a title that is longer than a line of the invoice can be',
    priceCents: 2_000,
    category: 'books',
  });
  service.coupons.create({code: 'SALE', type: 'percent', value: 10});
  const {body: order} = await customer.post('/orders').send(orderOf(quantities, fields)).expect(201);
  return customer
    .get(`/orders/${order.id}/invoice.txt`)
    .expect(200)
    .expect('Content-Type', /^text\/plain/);
}

describe('GET /orders/:id/invoice.txt', () => {
  it('shows one line', async () => {
    const res = await invoiceOf({'MUG-1': 2});
    expect(res.text).toMatchSnapshot();
  });

  it('shows several lines, a discount and another country', async () => {
    const res = await invoiceOf({'MUG-1': 3, 'BOOK-1': 1}, {country: 'FR', shipping: 'express', coupon: 'SALE'});
    expect(res.text).toMatchSnapshot();
  });

  it('keeps all amounts in one column', async () => {
    const res = await invoiceOf({'MUG-1': 40, 'BOOK-1': 1});
    const ends = res.text
      .split('\n')
      .filter(line => /\d\.\d\d$/.test(line) && !/ x /.test(line))
      .map(line => line.length);
    expect(new Set(ends)).toEqual(new Set([56]));
  });

  it('is not for other customers', async () => {
    const {customer, as, account, stocked} = await startService();
    stocked('MUG-1');
    const {body: order} = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
    await as(await account('customer'))
      .get(`/orders/${order.id}/invoice.txt`)
      .expect(404);
  });
});

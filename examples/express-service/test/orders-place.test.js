'use strict';
const {orderOf, startService} = require('./support/service');

describe('POST /orders', () => {
  it('places an order', async () => {
    const {customer, customerUser, stocked, clock} = await startService();
    stocked('MUG-1', {name: 'Mug', priceCents: 1_250});
    const res = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 2}, {note: 'Ring twice'}))
      .expect(201);
    expect(res.headers.location).toBe(`/orders/${res.body.id}`);
    expect(res.body).toMatchObject({
      userId: customerUser.id,
      status: 'pending',
      country: 'DE',
      shipping: 'standard',
      note: 'Ring twice',
      createdAt: clock.now(),
      history: [{status: 'pending', at: clock.now()}],
    });
    expect(res.body.quote.lines).toEqual([
      expect.objectContaining({sku: 'MUG-1', name: 'Mug', quantity: 2, grossCents: 2_500}),
    ]);
  });

  it('keeps the price at which it was placed', async () => {
    const {customer, service, stocked} = await startService();
    stocked('MUG-1', {priceCents: 1_250});
    const {body: order} = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 2}))
      .expect(201);
    service.products.change('MUG-1', {priceCents: 9_999}, null);
    const res = await customer.get(`/orders/${order.id}`).expect(200);
    expect(res.body.quote).toEqual(order.quote);
  });

  it('costs what was quoted', async () => {
    const {customer, stocked} = await startService();
    stocked('MUG-1', {priceCents: 1_250, weightGrams: 700});
    const body = orderOf({'MUG-1': 3}, {country: 'FR', shipping: 'express'});
    const {body: quote} = await customer.post('/orders/quote').send(body).expect(200);
    const {body: order} = await customer.post('/orders').send(body).expect(201);
    expect(order.quote).toEqual(quote);
  });

  it('needs somebody who is logged in', async () => {
    const {guest, stocked} = await startService();
    stocked('MUG-1');
    await guest
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(401);
  });

  it('mails the customer', async () => {
    const {customer, customerUser, service, stocked, mails} = await startService();
    stocked('MUG-1');
    const {body: order} = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
    await service.queue.idle();
    expect(mails).toEqual([{to: customerUser.email, subject: `We have your order ${order.id}`}]);
  });

  it.each([
    ['no lines', {lines: []}, 'lines', 'must have at least 1 entries'],
    [
      'too many lines',
      {lines: Array.from({length: 51}, (_, index) => ({sku: `P-${index}`, quantity: 1}))},
      'lines',
      'must have at most 50 entries',
    ],
    ['a product twice', {lines: [1, 2].map(quantity => ({sku: 'MUG-1', quantity}))}, 'lines[1]', 'repeats MUG-1'],
    ['a product that there is not', {lines: [{sku: 'NOPE', quantity: 1}]}, 'lines[0].sku', 'is no product'],
    ['nothing of a product', {lines: [{sku: 'MUG-1', quantity: 0}]}, 'lines[0].quantity', 'must be at least 1'],
    ['a country it cannot ship to', {country: 'XX'}, 'country', 'must be one of DE, FR, IE, US'],
    ['a price of its own', {totalCents: 1}, 'totalCents', 'is not a known field'],
  ])('refuses %s', async (_, fields, field, message) => {
    const {customer, stocked} = await startService();
    stocked('MUG-1');
    const res = await customer
      .post('/orders')
      .send({...orderOf({'MUG-1': 1}), ...fields})
      .expect(422);
    expect(res.body.error.details).toEqual([{field, message}]);
  });
});

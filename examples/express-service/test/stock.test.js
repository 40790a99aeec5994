'use strict';
const {orderOf, startService} = require('./support/service');

async function withMugs(quantity) {
  const started = await startService();
  started.stocked('MUG-1', {}, quantity);
  const level = async () => (await started.staff.get('/stock/MUG-1').expect(200)).body;
  const place = async count =>
    (
      await started.customer
        .post('/orders')
        .send(orderOf({'MUG-1': count}))
        .expect(201)
    ).body.id;
  return {...started, level, place};
}

describe('stock', () => {
  it('starts empty', async () => {
    const {level} = await withMugs(0);
    await expect(level()).resolves.toEqual({sku: 'MUG-1', onHand: 0, reserved: 0, available: 0});
  });

  it('is adjusted up and down', async () => {
    const {staff, level} = await withMugs(5);
    await staff.post('/stock/MUG-1/adjust').send({delta: 10, reason: 'delivery'}).expect(200);
    const res = await staff.post('/stock/MUG-1/adjust').send({delta: -3, reason: 'broken'}).expect(200);
    expect(res.body).toEqual(await level());
    expect(res.body.onHand).toBe(12);
  });

  it('does not go below zero', async () => {
    const {staff} = await withMugs(5);
    await staff.post('/stock/MUG-1/adjust').send({delta: -6, reason: 'broken'}).expect(409);
  });

  it('does not go below what is reserved', async () => {
    const {staff, place} = await withMugs(5);
    await place(4);
    const res = await staff.post('/stock/MUG-1/adjust').send({delta: -2, reason: 'broken'}).expect(409);
    expect(res.body.error).toMatchObject({code: 'stock_reserved', details: {onHand: 5, reserved: 4}});
    await staff.post('/stock/MUG-1/adjust').send({delta: -1, reason: 'broken'}).expect(200);
  });

  it('is reserved by an order', async () => {
    const {level, place} = await withMugs(10);
    await place(3);
    await expect(level()).resolves.toMatchObject({onHand: 10, reserved: 3, available: 7});
  });

  it('is released by a cancelled order', async () => {
    const {customer, level, place} = await withMugs(10);
    await customer.post(`/orders/${await place(3)}/cancel`).expect(200);
    await expect(level()).resolves.toMatchObject({onHand: 10, reserved: 0});
  });

  it('leaves with a shipped order', async () => {
    const {customer, staff, level, place} = await withMugs(10);
    const id = await place(3);
    await customer.post(`/orders/${id}/pay`).expect(200);
    await staff.post(`/orders/${id}/ship`).expect(200);
    await expect(level()).resolves.toMatchObject({onHand: 7, reserved: 0, available: 7});
  });

  it('comes back with a refunded order', async () => {
    const {customer, staff, level, place} = await withMugs(10);
    const id = await place(3);
    await customer.post(`/orders/${id}/pay`).expect(200);
    for (const action of ['ship', 'deliver', 'refund']) await staff.post(`/orders/${id}/${action}`).expect(200);
    await expect(level()).resolves.toMatchObject({onHand: 10, reserved: 0});
  });

  it('is nothing that customers may see or change', async () => {
    const {customer} = await withMugs(1);
    await customer.get('/stock/MUG-1').expect(403);
    await customer.post('/stock/MUG-1/adjust').send({delta: 1, reason: 'mine'}).expect(403);
  });

  it.each([
    [{delta: 1.5, reason: 'half'}, 'delta'],
    [{delta: 1}, 'reason'],
  ])('is not adjusted by %j', async (body, field) => {
    const {staff} = await withMugs(1);
    const res = await staff.post('/stock/MUG-1/adjust').send(body).expect(422);
    expect(res.body.error.details[0].field).toBe(field);
  });
});

describe('movements of stock', () => {
  it('are kept, the last one first', async () => {
    const {staff, customer, clock, place} = await withMugs(10);
    const id = await place(2);
    clock.advance({minutes: 1});
    await customer.post(`/orders/${id}/cancel`).expect(200);
    const res = await staff.get('/stock/MUG-1/movements').expect(200);
    expect(res.body.items).toEqual([
      {number: 3, at: clock.now(), type: 'release', quantity: 2, orderId: id},
      {number: 2, at: clock.now() - 60_000, type: 'reserve', quantity: 2, orderId: id},
      {number: 1, at: clock.now() - 60_000, type: 'adjust', quantity: 10, reason: 'initial'},
    ]);
  });

  it('come in pages', async () => {
    const {staff} = await withMugs(1);
    for (let count = 0; count < 4; count++)
      await staff.post('/stock/MUG-1/adjust').send({delta: 1, reason: 'more'}).expect(200);
    const first = await staff.get('/stock/MUG-1/movements?limit=3').expect(200);
    const second = await staff
      .get('/stock/MUG-1/movements')
      .query({limit: 3, cursor: first.body.nextCursor})
      .expect(200);
    expect([...first.body.items, ...second.body.items].map(({number}) => number)).toEqual([5, 4, 3, 2, 1]);
  });
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function withOrder() {
  const started = await startService();
  started.stocked('MUG-1', {}, 5);
  const place = async fields =>
    (
      await started.customer
        .post('/orders')
        .send(orderOf({'MUG-1': 2}, fields))
        .expect(201)
    ).body.id;
  const expire = async () => (await started.staff.post('/orders/expire').expect(200)).body.expired;
  return {...started, place, expire};
}

describe('an unpaid order', () => {
  it('is kept for half an hour', async () => {
    const {clock, place, expire} = await withOrder();
    const id = await place();
    clock.advance({minutes: 29, seconds: 59});
    await expect(expire()).resolves.toEqual([]);
    clock.advance({seconds: 1});
    await expect(expire()).resolves.toEqual([id]);
  });

  it('lets go of its reservation when it expires', async () => {
    const {clock, place, expire, service} = await withOrder();
    await place();
    clock.advance({minutes: 30});
    await expire();
    expect(service.stock.level('MUG-1')).toEqual({onHand: 5, reserved: 0, available: 5});
  });

  it('expires once', async () => {
    const {clock, place, expire} = await withOrder();
    await place();
    clock.advance({hours: 1});
    await expire();
    await expect(expire()).resolves.toEqual([]);
  });

  it('cannot be paid too late, even if nobody has expired it yet', async () => {
    const {clock, customer, place} = await withOrder();
    const id = await place();
    clock.advance({minutes: 30});
    const res = await customer.post(`/orders/${id}/pay`).expect(410);
    expect(res.body.error.code).toBe('reservation_expired');
  });

  it('gives back the coupon that it used', async () => {
    const {clock, place, expire, service} = await withOrder();
    service.coupons.create({code: 'ONCE', type: 'percent', value: 10, maxUses: 1});
    await place({coupon: 'ONCE'});
    clock.advance({minutes: 30});
    await expire();
    await place({coupon: 'ONCE'});
    expect(service.coupons.list()[0].used).toBe(1);
  });
});

it('a paid order does not expire', async () => {
  const {clock, customer, place, expire} = await withOrder();
  await customer.post(`/orders/${await place()}/pay`).expect(200);
  clock.advance({days: 1});
  await expect(expire()).resolves.toEqual([]);
});

it('only overdue orders expire', async () => {
  const {clock, place, expire} = await withOrder();
  const first = await place();
  clock.advance({minutes: 20});
  await place();
  clock.advance({minutes: 15});
  await expect(expire()).resolves.toEqual([first]);
});

it('only staff can expire orders', async () => {
  const {customer} = await withOrder();
  await customer.post('/orders/expire').expect(403);
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function withCoupon(coupon) {
  const started = await startService();
  const {stocked, staff, customer} = started;
  stocked('MUG', {priceCents: 1_000});
  stocked('BOOK', {priceCents: 2_001, category: 'books'});
  stocked('PEN', {priceCents: 333});
  if (coupon)
    await staff
      .post('/admin/coupons')
      .send({code: 'SALE', ...coupon})
      .expect(201);
  const quote = (quantities, agent = customer) =>
    agent.post('/orders/quote').send(orderOf(quantities, {coupon: 'SALE'}));
  const place = (quantities = {MUG: 1}, agent = customer) =>
    agent.post('/orders').send(orderOf(quantities, {coupon: 'SALE'}));
  return {...started, quote, place};
}

const refusal = async response => (await response.expect(422)).body.error;

describe('a coupon', () => {
  it('takes a percentage off', async () => {
    const {quote} = await withCoupon({type: 'percent', value: 15});
    const {body} = await quote({MUG: 3}).expect(200);
    expect(body).toMatchObject({coupon: 'SALE', subtotalCents: 3_000, discountCents: 450, netCents: 2_550});
  });

  it('takes an amount off', async () => {
    const {quote} = await withCoupon({type: 'fixed', value: 500});
    const {body} = await quote({MUG: 3}).expect(200);
    expect(body).toMatchObject({discountCents: 500, netCents: 2_500});
  });

  it('takes no more off than there is', async () => {
    const {quote} = await withCoupon({type: 'fixed', value: 5_000});
    const {body} = await quote({MUG: 1}).expect(200);
    expect(body).toMatchObject({discountCents: 1_000, netCents: 0, taxCents: 93, totalCents: 583});
  });

  it('pays for shipping', async () => {
    const {quote} = await withCoupon({type: 'free-shipping'});
    const {body} = await quote({MUG: 1}).expect(200);
    expect(body).toMatchObject({discountCents: 0, shippingCents: 0});
  });

  it('is spread over the lines without losing a cent', async () => {
    const {quote} = await withCoupon({type: 'fixed', value: 1_000});
    const {body} = await quote({MUG: 1, BOOK: 1, PEN: 1}).expect(200);
    const shares = body.lines.map(line => line.couponDiscountCents);
    expect(shares).toEqual([300, 600, 100]);
    expect(body.netCents).toBe(3_334 - 1_000);
  });

  it('is unknown', async () => {
    const {quote} = await withCoupon(null);
    await expect(refusal(quote({MUG: 1}))).resolves.toMatchObject({
      code: 'coupon_refused',
      message: 'There is no coupon SALE',
    });
  });

  it('needs a large enough order', async () => {
    const {quote} = await withCoupon({type: 'percent', value: 10, minSubtotalCents: 3_000});
    await expect(refusal(quote({MUG: 2}))).resolves.toMatchObject({message: 'SALE needs a larger order'});
    await quote({MUG: 3}).expect(200);
  });

  it('expires', async () => {
    const {quote, clock} = await withCoupon({type: 'percent', value: 10, expiresAt: '2025-03-01T12:30:00Z'});
    await quote({MUG: 1}).expect(200);
    clock.advance({minutes: 30});
    await expect(refusal(quote({MUG: 1}))).resolves.toMatchObject({message: 'SALE has expired'});
  });

  it('is used up by orders, not by quotes', async () => {
    const {quote, place} = await withCoupon({type: 'percent', value: 10, maxUses: 2});
    for (let count = 0; count < 3; count++) await quote({MUG: 1}).expect(200);
    await place().expect(201);
    await place().expect(201);
    await expect(refusal(place())).resolves.toMatchObject({message: 'SALE has been used up'});
  });

  it('is not used up by an order that failed', async () => {
    const {place} = await withCoupon({type: 'percent', value: 10, maxUses: 1});
    await place({MUG: 101}).expect(409);
    await place().expect(201);
  });

  it('can be for once only, each customer', async () => {
    const {place, as, account} = await withCoupon({type: 'percent', value: 10, oncePerCustomer: true});
    await place().expect(201);
    await expect(refusal(place())).resolves.toMatchObject({message: 'SALE can be used only once'});
    await place({MUG: 1}, as(await account('customer'))).expect(201);
  });

  it('comes back with a cancelled order', async () => {
    const {place, customer} = await withCoupon({type: 'percent', value: 10, maxUses: 1});
    const {body: order} = await place().expect(201);
    await customer.post(`/orders/${order.id}/cancel`).expect(200);
    await place().expect(201);
  });
});

describe('POST /admin/coupons', () => {
  it('refuses a code that is taken', async () => {
    const {staff} = await withCoupon({type: 'percent', value: 10});
    await staff.post('/admin/coupons').send({code: 'SALE', type: 'percent', value: 20}).expect(409);
  });

  it('counts the uses', async () => {
    const {staff, place} = await withCoupon({type: 'percent', value: 10});
    await place().expect(201);
    const res = await staff.get('/admin/coupons').expect(200);
    expect(res.body.items).toEqual([{code: 'SALE', type: 'percent', value: 10, used: 1}]);
  });

  it.each([
    [{type: 'percent'}, 'value', 'is required'],
    [{type: 'percent', value: 101}, 'value', 'must be at most 100'],
    [{type: 'free-shipping', value: 1}, 'value', 'has no meaning for free-shipping'],
    [{type: 'fixed', value: 1, expiresAt: 'tomorrow'}, 'expiresAt', 'must be a time like 2025-01-31T12:00:00Z'],
  ])('refuses %j', async (coupon, field, message) => {
    const {staff} = await startService();
    const res = await staff
      .post('/admin/coupons')
      .send({code: 'NEW', ...coupon})
      .expect(422);
    expect(res.body.error.details).toEqual([{field, message}]);
  });
});

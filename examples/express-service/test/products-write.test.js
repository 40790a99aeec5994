'use strict';
const {orderOf, startService} = require('./support/service');

const mug = {sku: 'MUG-1', name: 'Mug', priceCents: 1_250};

describe('POST /products', () => {
  it('creates a product with defaults for the rest', async () => {
    const {staff, clock} = await startService();
    const res = await staff.post('/products').send(mug).expect(201);
    expect(res.headers.location).toBe('/products/MUG-1');
    expect(res.body).toEqual({
      ...mug,
      category: 'general',
      description: '',
      weightGrams: 0,
      tiers: [],
      createdAt: clock.now(),
      updatedAt: clock.now(),
      available: 0,
    });
  });

  it('refuses a SKU that is taken', async () => {
    const {staff} = await startService();
    await staff.post('/products').send(mug).expect(201);
    const res = await staff.post('/products').send(mug).expect(409);
    expect(res.body.error.code).toBe('sku_taken');
  });

  it('is for staff', async () => {
    const {guest, customer} = await startService();
    await guest.post('/products').send(mug).expect(401);
    await customer.post('/products').send(mug).expect(403);
  });
});

describe('PATCH /products/:sku', () => {
  it('changes what it is given and leaves the rest', async () => {
    const {staff, clock} = await startService();
    await staff.post('/products').send(mug).expect(201);
    clock.advance({hours: 1});
    const res = await staff.patch('/products/MUG-1').set('If-Match', '"1"').send({priceCents: 990}).expect(200);
    expect(res.body).toMatchObject({name: 'Mug', priceCents: 990, updatedAt: clock.now()});
    expect(res.body.createdAt).toBe(clock.now() - 3_600_000);
    expect(res.headers.etag).toBe('"2"');
  });

  it('insists on knowing what the writer has seen', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1');
    const res = await staff.patch('/products/MUG-1').send({priceCents: 990}).expect(428);
    expect(res.body.error.code).toBe('if_match_required');
  });

  it('refuses a change of something that has changed', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1');
    await staff.patch('/products/MUG-1').set('If-Match', '"1"').send({name: 'First'}).expect(200);
    const res = await staff.patch('/products/MUG-1').set('If-Match', '"1"').send({name: 'Second'}).expect(409);
    expect(res.body.error).toMatchObject({code: 'version_conflict', details: {version: 2}});
    const read = await staff.get('/products/MUG-1').expect(200);
    expect(read.body.name).toBe('First');
  });

  it('lets one of many simultaneous writers win', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1');
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(number => staff.patch('/products/MUG-1').set('If-Match', '"1"').send({priceCents: number})),
    );
    expect(answers.map(res => res.status).sort()).toEqual([200, 409, 409, 409, 409]);
  });

  it('does not rename', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1');
    const res = await staff.patch('/products/MUG-1').set('If-Match', '"1"').send({sku: 'MUG-2'}).expect(422);
    expect(res.body.error.details).toEqual([{field: 'sku', message: 'is not a known field'}]);
  });
});

describe('DELETE /products/:sku', () => {
  it('removes the product', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1');
    await staff.delete('/products/MUG-1').expect(204);
    await staff.get('/products/MUG-1').expect(404);
  });

  it('keeps a product that an open order needs', async () => {
    const {staff, customer, stocked} = await startService();
    stocked('MUG-1');
    const {body: order} = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
    const res = await staff.delete('/products/MUG-1').expect(409);
    expect(res.body.error.code).toBe('in_use');
    await customer.post(`/orders/${order.id}/cancel`).expect(200);
    await staff.delete('/products/MUG-1').expect(204);
  });

  it('is for staff', async () => {
    const {customer, stocked} = await startService();
    stocked('MUG-1');
    await customer.delete('/products/MUG-1').expect(403);
  });
});

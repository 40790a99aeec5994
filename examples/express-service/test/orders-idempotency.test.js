'use strict';
const {orderOf, startService} = require('./support/service');

const KEY = '5f0e6a1c-order';

async function withMugs() {
  const started = await startService();
  started.stocked('MUG-1', {}, 10);
  const place = (body = orderOf({'MUG-1': 1}), key = KEY, agent = started.customer) =>
    agent.post('/orders').set('Idempotency-Key', key).send(body);
  return {...started, place};
}

describe('an order with an Idempotency-Key', () => {
  it('is placed once, however often it is sent', async () => {
    const {place, service} = await withMugs();
    const first = await place().expect(201);
    const second = await place().expect(201);
    expect(second.body).toEqual(first.body);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(service.stock.level('MUG-1').reserved).toBe(1);
  });

  it('is placed once even when it is sent many times at once', async () => {
    const {place, service} = await withMugs();
    const answers = await Promise.all(Array.from({length: 10}, () => place()));
    expect(new Set(answers.map(res => res.body.id)).size).toBe(1);
    expect(service.stock.level('MUG-1').reserved).toBe(1);
  });

  it('must be the same order', async () => {
    const {place} = await withMugs();
    await place().expect(201);
    const res = await place(orderOf({'MUG-1': 2})).expect(422);
    expect(res.body.error.code).toBe('idempotency_key_reused');
  });

  it('is another order for another customer', async () => {
    const {place, as, account} = await withMugs();
    const first = await place().expect(201);
    const second = await place(undefined, KEY, as(await account('customer'))).expect(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it('can be tried again after it was refused', async () => {
    const {place, service} = await withMugs();
    await place(orderOf({'MUG-1': 11})).expect(409);
    service.stock.adjust('MUG-1', 5, 'delivery');
    await place(orderOf({'MUG-1': 11})).expect(201);
  });

  it('is a new one after a day', async () => {
    const {place, clock, as, customerUser} = await withMugs();
    const first = await place().expect(201);
    clock.advance({days: 1});
    const second = await place(undefined, KEY, as(customerUser)).expect(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it.each(['short', 'with spaces in it'])('needs a better key than "%s"', async key => {
    const {place} = await withMugs();
    const res = await place(undefined, key).expect(400);
    expect(res.body.error.code).toBe('bad_idempotency_key');
  });
});

it('orders without a key are all placed', async () => {
  const {customer, service} = await withMugs();
  for (let count = 0; count < 3; count++)
    await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
  expect(service.stock.level('MUG-1').reserved).toBe(3);
});

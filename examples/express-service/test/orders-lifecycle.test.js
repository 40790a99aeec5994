'use strict';
const {orderOf, startService} = require('./support/service');

const PATHS = {
  pending: [],
  paid: ['pay'],
  cancelled: ['cancel'],
  shipped: ['pay', 'ship'],
  delivered: ['pay', 'ship', 'deliver'],
  refunded: ['pay', 'ship', 'deliver', 'refund'],
};
const ALLOWED = {
  pending: ['pay', 'cancel'],
  paid: ['cancel', 'ship'],
  shipped: ['deliver'],
  delivered: ['refund'],
  cancelled: [],
  refunded: [],
};
const ACTIONS = ['pay', 'cancel', 'ship', 'deliver', 'refund'];

async function withOrder(state) {
  const started = await startService();
  started.stocked('MUG-1');
  const {body} = await started.customer
    .post('/orders')
    .send(orderOf({'MUG-1': 1}))
    .expect(201);
  const act = (action, agent = started.staff) => agent.post(`/orders/${body.id}/${action}`);
  for (const action of PATHS[state]) await act(action).expect(200);
  return {...started, id: body.id, act};
}

describe.each(Object.entries(ALLOWED))('an order that is %s', (state, allowed) => {
  it(`can be asked to ${allowed.join(' or ') || 'do nothing more'}`, async () => {
    for (const action of allowed) {
      const {act} = await withOrder(state);
      await act(action).expect(200);
    }
  });

  it('refuses everything else, and stays what it is', async () => {
    const {act, customer, id} = await withOrder(state);
    for (const action of ACTIONS.filter(name => !allowed.includes(name))) {
      const res = await act(action).expect(409);
      expect(res.body.error).toMatchObject({code: 'wrong_state', details: {status: state}});
    }
    const res = await customer.get(`/orders/${id}`).expect(200);
    expect(res.body.status).toBe(state);
  });
});

describe('an order', () => {
  it('remembers when it got where it is', async () => {
    const {act, clock} = await withOrder('pending');
    const start = clock.now();
    for (const action of ['pay', 'ship', 'deliver']) {
      clock.advance({minutes: 10});
      await act(action).expect(200);
    }
    const res = await act('refund').expect(200);
    expect(res.body.history.map(({status, at}) => [status, (at - start) / 60_000])).toEqual([
      ['pending', 0],
      ['paid', 10],
      ['shipped', 20],
      ['delivered', 30],
      ['refunded', 30],
    ]);
  });

  it.each(['ship', 'deliver', 'refund'])('is not for its customer to %s', async action => {
    const {act, customer} = await withOrder('paid');
    await act(action, customer).expect(403);
  });

  it('cannot be made to expire from outside', async () => {
    const {act} = await withOrder('pending');
    await act('expire').expect(404);
  });

  it('cannot be refunded after the return period', async () => {
    const {act, clock} = await withOrder('delivered');
    clock.advance({days: 30, ms: 1});
    const res = await act('refund').expect(409);
    expect(res.body.error.code).toBe('return_period_over');
  });

  it('can be refunded on the last day', async () => {
    const {act, clock} = await withOrder('delivered');
    clock.advance({days: 30});
    await act('refund').expect(200);
  });
});

'use strict';
const {createHmac} = require('node:crypto');
// The service first: its queue is to have stopped before the receivers hang up.
const {orderOf, startService} = require('./support/service');
const {startReceiver} = require('./support/receiver');

const secret = 'a secret of 24 letters..';

async function subscribed({answers, events = ['order.placed', 'order.paid'], config = {}} = {}) {
  const receiver = await startReceiver(answers);
  const started = await startService({config});
  started.stocked('MUG-1');
  const {body: hook} = await started.staff
    .post('/admin/webhooks')
    .send({url: receiver.url, events, secret})
    .expect(201);
  const place = async () =>
    (
      await started.customer
        .post('/orders')
        .send(orderOf({'MUG-1': 1}))
        .expect(201)
    ).body;
  const deliveries = async () =>
    (await started.staff.get(`/admin/webhooks/${hook.id}/deliveries`).expect(200)).body.items;
  return {...started, ...receiver, hook, place, deliveries};
}

describe('a webhook', () => {
  it('is told of the events it asked for', async () => {
    const {service, customer, received, place} = await subscribed({events: ['order.paid']});
    const order = await place();
    await customer.post(`/orders/${order.id}/pay`).expect(200);
    await service.queue.idle();
    expect(received.map(({body}) => JSON.parse(body))).toEqual([
      {
        event: 'order.paid',
        at: '2025-03-01T12:00:00.000Z',
        data: expect.objectContaining({id: order.id, status: 'paid'}),
      },
    ]);
  });

  it('can tell who it is told by', async () => {
    const {service, received, place} = await subscribed();
    await place();
    await service.queue.idle();
    const [{headers, body}] = received;
    expect(headers['x-signature']).toBe(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  });

  it('is told again until it has understood', async () => {
    const {service, received, place, deliveries} = await subscribed({
      answers: [500, 503, 'reset'],
      config: {jobs: {backoffMs: 60}},
    });
    await place();
    await service.queue.idle();
    expect(received.map(({headers}) => headers['x-attempt'])).toEqual(['1', '2', '3', '4']);
    expect(new Set(received.map(({headers}) => headers['x-delivery'])).size).toBe(1);
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({event: 'order.placed', status: 'done', attempts: 4});
    expect(delivery.errors.slice(0, 2)).toEqual(['answered 500', 'answered 503']);
  });

  it('is told again when it asked for patience', async () => {
    const {service, received, place} = await subscribed({answers: [429, 408]});
    await place();
    await service.queue.idle();
    expect(received).toHaveLength(3);
  });

  it('is not told again when it has refused', async () => {
    const {service, received, place, deliveries} = await subscribed({answers: [410]});
    await place();
    await service.queue.idle();
    expect(received).toHaveLength(1);
    await expect(deliveries()).resolves.toEqual([expect.objectContaining({status: 'dead', errors: ['answered 410']})]);
  });

  it('is not waited for longer than the time-out', async () => {
    const {service, place, deliveries} = await subscribed({
      answers: ['hang'],
      config: {webhooks: {timeoutMs: 300}, jobs: {maxAttempts: 1}},
    });
    await place();
    await service.queue.idle();
    await expect(deliveries()).resolves.toEqual([
      expect.objectContaining({status: 'dead', errors: ['no answer within 300 ms']}),
    ]);
  });

  it('that is gone is not told any more', async () => {
    const {service, staff, hook, received, place} = await subscribed();
    await staff.delete(`/admin/webhooks/${hook.id}`).expect(204);
    await place();
    await service.queue.idle();
    expect(received).toEqual([]);
    await staff.delete(`/admin/webhooks/${hook.id}`).expect(404);
  });

  it('does not show its secret', async () => {
    const {staff, hook} = await subscribed();
    const res = await staff.get('/admin/webhooks').expect(200);
    expect(res.body.items).toEqual([hook]);
    expect(res.text).not.toContain(secret);
  });

  it('does not keep the order waiting', async () => {
    const {place, deliveries} = await subscribed({answers: ['hang']});
    const order = await place();
    expect(order.status).toBe('pending');
    expect((await deliveries())[0].status).not.toBe('done');
  });
});

it('every webhook is told', async () => {
  const receivers = await Promise.all([startReceiver(), startReceiver([500]), startReceiver()]);
  const {service, staff, customer, stocked} = await startService();
  stocked('MUG-1');
  for (const {url} of receivers)
    await staff
      .post('/admin/webhooks')
      .send({url, events: ['order.placed'], secret})
      .expect(201);
  await customer
    .post('/orders')
    .send(orderOf({'MUG-1': 1}))
    .expect(201);
  await service.queue.idle();
  expect(receivers.map(({received}) => received.length)).toEqual([1, 2, 1]);
});

it.each([
  [{url: 'ftp://example.com'}, 'url', 'must be an http or https URL'],
  [{events: ['order.lost']}, 'events[0]', expect.stringContaining('must be one of order.placed')],
  [{secret: 'short'}, 'secret', 'must have at least 16 characters'],
])('a webhook with %j is refused', async (fields, field, message) => {
  const {staff} = await startService();
  const body = {url: 'https://example.com/hook', events: ['order.paid'], secret, ...fields};
  const res = await staff.post('/admin/webhooks').send(body).expect(422);
  expect(res.body.error.details).toEqual([{field, message}]);
});

'use strict';
/** With real timers: what is tested is that the queue waits, and goes on by itself. */
const {orderOf, startService} = require('./support/service');

/** Fails so often, and notes when it was tried. */
function failing(times) {
  const attempts = [];
  const handler = async () => {
    attempts.push(performance.now());
    if (attempts.length <= times) throw new Error(`failure ${attempts.length}`);
    return 'done at last';
  };
  return {attempts, handler, gaps: () => attempts.slice(1).map((at, index) => at - attempts[index])};
}

const withBackoff = jobs => startService({config: {jobs}});
/** A timer may fire a little before its time, by the clock that is read here. Nothing says how late it may be. */
const AT_LEAST = 0.9;

describe('a job that fails', () => {
  it('is tried again, after longer and longer waits', async () => {
    const {service} = await withBackoff({backoffMs: 40, backoffFactor: 2, maxAttempts: 5});
    const {handler, gaps} = failing(4);
    service.queue.define('flaky', handler);
    const {id} = service.queue.enqueue('flaky', null);
    await service.queue.idle();
    expect(service.queue.get(id)).toMatchObject({status: 'done', attempts: 5, result: 'done at last'});
    for (const [index, gap] of gaps().entries()) expect(gap).toBeGreaterThanOrEqual(40 * 2 ** index * AT_LEAST);
  });

  it('keeps what went wrong each time', async () => {
    const {service} = await withBackoff({backoffMs: 20});
    const {handler} = failing(3);
    service.queue.define('flaky', handler);
    const {id} = service.queue.enqueue('flaky', null);
    await service.queue.idle();
    expect(service.queue.get(id).errors).toEqual(['failure 1', 'failure 2', 'failure 3']);
  });

  it('is given up in the end', async () => {
    const {service, staff} = await withBackoff({backoffMs: 30, maxAttempts: 4});
    const {handler, attempts} = failing(Infinity);
    service.queue.define('flaky', handler);
    const {id} = service.queue.enqueue('flaky', null);
    await service.queue.idle();
    expect(attempts).toHaveLength(4);
    const res = await staff.get(`/admin/jobs/${id}`).expect(200);
    expect(res.body.status).toBe('dead');
  });

  it('waits without keeping others waiting', async () => {
    const {service} = await withBackoff({backoffMs: 250, concurrency: 1, maxAttempts: 2});
    const {handler} = failing(1);
    const order = [];
    service.queue.define('flaky', async () => {
      order.push('flaky');
      return handler();
    });
    service.queue.define('fine', async () => void order.push('fine'));
    service.queue.enqueue('flaky', null);
    for (let count = 0; count < 3; count++) service.queue.enqueue('fine', null);
    await service.queue.idle();
    expect(order).toEqual(['flaky', 'fine', 'fine', 'fine', 'flaky']);
  });

  it('is not tried again once the queue has stopped', async () => {
    const {service} = await withBackoff({backoffMs: 20});
    const {handler, attempts} = failing(Infinity);
    service.queue.define('flaky', handler);
    const {id} = service.queue.enqueue('flaky', null);
    while (service.queue.get(id).status !== 'waiting') await new Promise(setImmediate);
    service.queue.stop();
    const stoppedAfter = attempts.length;
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(attempts).toHaveLength(stoppedAfter);
  });
});

describe('mails', () => {
  it('get through a mail server that is down for a while', async () => {
    const sent = [];
    let refusals = 3;
    const {service, customer, customerUser, stocked} = await startService({
      config: {jobs: {backoffMs: 50}},
      sendMail: async mail => {
        if (refusals-- > 0) throw new Error('421 try again later');
        sent.push(mail);
      },
    });
    stocked('MUG-1');
    await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
    await service.queue.idle();
    expect(sent).toEqual([{to: customerUser.email, subject: 'We have your order ord_000001'}]);
  });

  it('that do not get through do not undo the order', async () => {
    const {service, customer, stocked} = await startService({
      config: {jobs: {maxAttempts: 2}},
      sendMail: async () => {
        throw new Error('550 no such mailbox');
      },
    });
    stocked('MUG-1');
    const {body: order} = await customer
      .post('/orders')
      .send(orderOf({'MUG-1': 1}))
      .expect(201);
    await service.queue.idle();
    expect(service.queue.list({status: 'dead'})).toHaveLength(1);
    await customer.get(`/orders/${order.id}`).expect(200);
  });
});

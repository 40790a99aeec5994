'use strict';
const {PermanentJobError} = require('../src/jobs/queue');
const {startService} = require('./support/service');

const gate = () => {
  let open;
  const opened = new Promise(resolve => (open = resolve));
  return {opened, open};
};

describe('background jobs', () => {
  it('are done after whoever enqueued them', async () => {
    const {service} = await startService();
    const events = [];
    service.queue.define('note', async text => void events.push(text));
    service.queue.enqueue('note', 'job');
    events.push('caller');
    await service.queue.idle();
    expect(events).toEqual(['caller', 'job']);
  });

  it('can be looked at', async () => {
    const {service, staff} = await startService();
    service.queue.define('double', async number => number * 2);
    const {id} = service.queue.enqueue('double', 21);
    await service.queue.idle();
    const res = await staff.get(`/admin/jobs/${id}`).expect(200);
    expect(res.body).toMatchObject({id, type: 'double', status: 'done', attempts: 1, result: 42, errors: []});
  });

  it('run a few at a time', async () => {
    const {service} = await startService({config: {jobs: {concurrency: 3}}});
    const {opened, open} = gate();
    let running = 0;
    let most = 0;
    service.queue.define('gated', async () => {
      most = Math.max(most, ++running);
      await opened;
      running--;
    });
    for (let count = 0; count < 10; count++) service.queue.enqueue('gated', null);
    await new Promise(setImmediate);
    expect(service.queue.list({status: 'running'})).toHaveLength(3);
    open();
    await service.queue.idle();
    expect(most).toBe(3);
    expect(service.queue.list({status: 'done'})).toHaveLength(10);
  });

  it('start in the order in which they came', async () => {
    const {service} = await startService({config: {jobs: {concurrency: 1}}});
    const order = [];
    service.queue.define('note', async number => void order.push(number));
    for (let number = 0; number < 20; number++) service.queue.enqueue('note', number);
    await service.queue.idle();
    expect(order).toEqual(Array.from({length: 20}, (_, index) => index));
  });

  it('are given up at once when another attempt would be in vain', async () => {
    const {service, staff} = await startService();
    service.queue.define('doomed', async () => {
      throw new PermanentJobError('no such file');
    });
    service.queue.enqueue('doomed', null);
    await service.queue.idle();
    const res = await staff.get('/admin/jobs?status=dead').expect(200);
    expect(res.body.items).toEqual([expect.objectContaining({type: 'doomed', attempts: 1, errors: ['no such file']})]);
  });

  it('that were given up can be tried again', async () => {
    const {service, staff} = await startService();
    let broken = true;
    service.queue.define('flaky', async () => {
      if (broken) throw new PermanentJobError('down');
    });
    const {id} = service.queue.enqueue('flaky', null);
    await service.queue.idle();
    broken = false;
    await staff.post(`/admin/jobs/${id}/retry`).expect(202);
    await service.queue.idle();
    const res = await staff.get(`/admin/jobs/${id}`).expect(200);
    expect(res.body).toMatchObject({status: 'done', errors: ['down']});
  });

  it('that are done cannot be tried again', async () => {
    const {service, staff} = await startService();
    service.queue.define('fine', async () => {});
    const {id} = service.queue.enqueue('fine', null);
    await service.queue.idle();
    await staff.post(`/admin/jobs/${id}/retry`).expect(409);
  });

  it('of an unknown type are a mistake', async () => {
    const {service} = await startService();
    expect(() => service.queue.enqueue('unheard-of', null)).toThrow('no handler for jobs of type unheard-of');
  });

  it('are for staff to see', async () => {
    const {customer, staff} = await startService();
    await customer.get('/admin/jobs').expect(403);
    await staff.get('/admin/jobs/job_999999').expect(404);
  });
});

'use strict';
const {startService} = require('./support/service');

describe('GET /health', () => {
  it('says ok to anybody', async () => {
    const {guest} = await startService();
    const res = await guest.get('/health').expect(200);
    expect(res.body).toEqual({status: 'ok', uptimeSeconds: 0});
  });

  it('counts the seconds since the start', async () => {
    const {guest, clock} = await startService();
    clock.advance({minutes: 2, ms: 500});
    const res = await guest.get('/health').expect(200);
    expect(res.body.uptimeSeconds).toBe(120);
  });

  it('is not rate limited', async () => {
    const {guest} = await startService({config: {rateLimit: {capacity: 1}}});
    for (let count = 0; count < 5; count++) await guest.get('/health').expect(200);
  });
});

describe('GET /health/ready', () => {
  it('is ready with an empty backlog', async () => {
    const {guest} = await startService();
    const res = await guest.get('/health/ready').expect(200);
    expect(res.body).toEqual({ready: true, backlog: 0});
  });

  it('asks for less traffic while too many jobs wait', async () => {
    let open;
    const gate = new Promise(resolve => (open = resolve));
    const {guest, service} = await startService();
    service.queue.define('gated', () => gate);
    for (let count = 0; count < 1_001; count++) service.queue.enqueue('gated', null);
    const busy = await guest.get('/health/ready').expect(503);
    expect(busy.body).toEqual({ready: false, backlog: 1_001});
    open();
    await service.queue.idle();
    await guest.get('/health/ready').expect(200);
  });
});

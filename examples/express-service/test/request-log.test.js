'use strict';
const {startService} = require('./support/service');

describe('the request log', () => {
  it('has one entry for each request', async () => {
    const {guest, customer, customerUser, log} = await startService();
    await guest.get('/products?search=mug').expect(200);
    await customer.get('/orders/ord_000001').expect(404);
    expect(log).toEqual([
      {id: expect.any(String), method: 'GET', path: '/products', status: 200, user: null, ms: 0},
      {id: expect.any(String), method: 'GET', path: '/orders/ord_000001', status: 404, user: customerUser.id, ms: 0},
    ]);
  });

  it('says how long a request took', async () => {
    const {guest, service, clock, log} = await startService();
    service.products.search = () => {
      clock.advance({ms: 42});
      return [];
    };
    await guest.get('/products').expect(200);
    expect(log[0].ms).toBe(42);
  });

  it('never holds a password or a token', async () => {
    const {guest, customer, log} = await startService();
    await guest.post('/auth/login').send({email: 'customer2@example.com', password: 'correct horse'}).expect(200);
    await customer.get('/auth/me').expect(200);
    expect(JSON.stringify(log)).not.toMatch(/correct horse|Bearer/);
  });

  it('uses the id of the caller', async () => {
    const {guest, log} = await startService();
    const res = await guest.get('/products').set('X-Request-Id', 'trace-7').expect(200);
    expect(res.headers['x-request-id']).toBe('trace-7');
    expect(log[0].id).toBe('trace-7');
  });

  it.each(['<script>', 'x'.repeat(65)])('does not use "%s"', async id => {
    const {guest, log} = await startService();
    const res = await guest.get('/products').set('X-Request-Id', id).expect(200);
    expect(res.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    expect(log[0].id).toBe(res.headers['x-request-id']);
  });

  it('gives each request an id of its own', async () => {
    const {guest, log} = await startService();
    await Promise.all(Array.from({length: 20}, () => guest.get('/health').expect(200)));
    expect(new Set(log.map(({id}) => id)).size).toBe(20);
  });
});

'use strict';
const {startService} = require('./support/service');

const limited = (capacity, refillPerSecond) => startService({config: {rateLimit: {capacity, refillPerSecond}}});

describe('the rate limit', () => {
  it('lets a burst through, and then no more', async () => {
    const {guest} = await limited(3, 1);
    for (let count = 0; count < 3; count++) await guest.get('/products').expect(200);
    const res = await guest.get('/products').expect(429);
    expect(res.body.error.code).toBe('rate_limited');
  });

  it('says how many are left', async () => {
    const {guest} = await limited(3, 1);
    const left = [];
    for (let count = 0; count < 4; count++) left.push((await guest.get('/products')).headers['ratelimit-remaining']);
    expect(left).toEqual(['2', '1', '0', '0']);
  });

  it('says when to come back', async () => {
    const {guest, clock} = await limited(1, 0.1);
    await guest.get('/products').expect(200);
    clock.advance({seconds: 4});
    const res = await guest.get('/products').expect(429);
    expect(res.headers['retry-after']).toBe('6');
    clock.advance({seconds: 6});
    await guest.get('/products').expect(200);
  });

  it('fills up again, but not over the brim', async () => {
    const {guest, clock} = await limited(2, 1);
    await guest.get('/products').expect(200);
    clock.advance({hours: 1});
    for (const status of [200, 200, 429]) await guest.get('/products').expect(status);
    clock.advance({seconds: 1});
    for (const status of [200, 429]) await guest.get('/products').expect(status);
  });

  it('is one for each user', async () => {
    const {customer, staff} = await limited(1, 1);
    await customer.get('/products').expect(200);
    await customer.get('/products').expect(429);
    await staff.get('/products').expect(200);
  });

  it('is shared by all tokens of a user', async () => {
    const {as, customerUser} = await limited(1, 1);
    await as(customerUser).get('/products').expect(200);
    await as(customerUser).get('/products').expect(429);
  });

  it('counts refused requests of guests too', async () => {
    const {guest} = await limited(2, 1);
    await guest.post('/auth/login').send({}).expect(422);
    await guest.get('/nowhere').expect(404);
    await guest.get('/products').expect(429);
  });

  it('does not count what it has refused', async () => {
    const {guest, clock} = await limited(1, 1);
    await guest.get('/products').expect(200);
    for (let count = 0; count < 5; count++) await guest.get('/products').expect(429);
    clock.advance({seconds: 1});
    await guest.get('/products').expect(200);
  });
});

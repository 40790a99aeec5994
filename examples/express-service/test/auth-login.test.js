'use strict';
const {startService} = require('./support/service');

const ada = {email: 'ada@example.com', password: 'analytical engine'};
const wrong = {...ada, password: 'difference engine'};

/** Near to the real cost of a hash: that is what keeps an attacker busy, and this file slow. */
const COST = 2 ** 14;

async function withAccount() {
  const started = await startService({config: {login: {maxFailures: 3}}});
  started.service.config.passwords.cost = COST;
  await started.service.users.register(ada);
  return started;
}

describe('POST /auth/login', () => {
  it('gives a token for the right password', async () => {
    const {guest} = await withAccount();
    const res = await guest.post('/auth/login').send(ada).expect(200);
    await guest.get('/auth/me').set('Authorization', `Bearer ${res.body.token}`).expect(200);
  });

  it('does not care how the e-mail address is written', async () => {
    const {guest} = await withAccount();
    await guest
      .post('/auth/login')
      .send({...ada, email: ' Ada@EXAMPLE.com '})
      .expect(200);
  });

  it('answers the same for a wrong password and an unknown account', async () => {
    const {guest} = await withAccount();
    const known = await guest.post('/auth/login').send(wrong).expect(401);
    const unknown = await guest
      .post('/auth/login')
      .send({...wrong, email: 'eve@example.com'})
      .expect(401);
    expect({...unknown.body.error, requestId: null}).toEqual({...known.body.error, requestId: null});
  });

  it('locks the account after too many failures, for the right password too', async () => {
    const {guest} = await withAccount();
    for (let count = 0; count < 3; count++) await guest.post('/auth/login').send(wrong).expect(401);
    const res = await guest.post('/auth/login').send(ada).expect(423);
    expect(res.headers['retry-after']).toBe('900');
  });

  it('unlocks the account when the time is over', async () => {
    const {guest, clock} = await withAccount();
    for (let count = 0; count < 3; count++) await guest.post('/auth/login').send(wrong).expect(401);
    clock.advance({minutes: 15});
    await guest.post('/auth/login').send(ada).expect(200);
  });

  it('counts failures from zero after a success', async () => {
    const {guest} = await withAccount();
    for (const body of [wrong, wrong, ada, wrong, wrong]) await guest.post('/auth/login').send(body);
    await guest.post('/auth/login').send(ada).expect(200);
  });

  it('counts simultaneous failures one by one', async () => {
    const {guest} = await withAccount();
    await Promise.all([1, 2, 3].map(() => guest.post('/auth/login').send(wrong).expect(401)));
    await guest.post('/auth/login').send(ada).expect(423);
  });
});

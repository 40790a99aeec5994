'use strict';
const {hashPassword, verifyPassword} = require('../src/passwords');
const {startService} = require('./support/service');

/** Near to the real cost of a hash, which makes this file slow. */
const COST = 2 ** 14;
const ada = {email: 'ada@example.com', password: 'analytical engine'};

describe('password hashes', () => {
  it('match the password that they were made of', async () => {
    const hash = await hashPassword('correct horse', COST);
    await expect(verifyPassword('correct horse', hash)).resolves.toBe(true);
    await expect(verifyPassword('correct horse ', hash)).resolves.toBe(false);
  });

  it('of the same password differ', async () => {
    const [first, second] = await Promise.all([hashPassword('same', COST), hashPassword('same', COST)]);
    expect(first).not.toBe(second);
  });

  it('do not depend on how a letter was typed', async () => {
    const hash = await hashPassword('caf\u00e9 au lait', COST);
    await expect(verifyPassword('cafe\u0301 au lait', hash)).resolves.toBe(true);
  });

  it('name their cost', async () => {
    await expect(hashPassword('any', 2 ** 10)).resolves.toMatch(/^scrypt\$1024\$/);
  });

  it('of another scheme are a mistake, not a mismatch', async () => {
    await expect(verifyPassword('any', '$2b$10$abcdef')).rejects.toThrow('not a password hash of this service');
  });
});

describe('POST /auth/password', () => {
  async function loggedIn() {
    const started = await startService();
    started.service.config.passwords.cost = COST;
    const {body} = await started.guest.post('/auth/register').send(ada).expect(201);
    const change = sent => started.guest.post('/auth/password').set('Authorization', `Bearer ${body.token}`).send(sent);
    return {...started, token: body.token, change};
  }

  it('replaces the password', async () => {
    const {guest, change} = await loggedIn();
    await change({current: ada.password, next: 'jacquard loom'}).expect(204);
    await guest.post('/auth/login').send(ada).expect(401);
    await guest
      .post('/auth/login')
      .send({...ada, password: 'jacquard loom'})
      .expect(200);
  });

  it('logs the user out everywhere', async () => {
    const {guest, change, token, clock} = await loggedIn();
    await change({current: ada.password, next: 'jacquard loom'}).expect(204);
    await guest.get('/auth/me').set('Authorization', `Bearer ${token}`).expect(401);
    clock.advance({ms: 1});
    const {body} = await guest
      .post('/auth/login')
      .send({...ada, password: 'jacquard loom'})
      .expect(200);
    await guest.get('/auth/me').set('Authorization', `Bearer ${body.token}`).expect(200);
  });

  it('needs the current one', async () => {
    const {guest, change} = await loggedIn();
    await change({current: 'not the one', next: 'jacquard loom'}).expect(401);
    await guest.post('/auth/login').send(ada).expect(200);
  });
});

it('raises the cost of an old hash at the next login', async () => {
  const {guest, service} = await startService();
  const {id} = await service.users.register(ada);
  service.config.passwords.cost = COST;
  await guest.post('/auth/login').send(ada).expect(200);
  expect(service.users.get(id).passwordHash).toMatch(/^scrypt\$16384\$/);
  await guest.post('/auth/login').send(ada).expect(200);
});

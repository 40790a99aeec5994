'use strict';
const {startService} = require('./support/service');

const ada = {email: 'ada@example.com', password: 'analytical engine'};

describe('POST /auth/register', () => {
  it('creates a customer and logs them in', async () => {
    const {guest} = await startService();
    const res = await guest.post('/auth/register').send(ada).expect(201);
    expect(res.body.user).toEqual({id: expect.stringMatching(/^usr_\d{6}$/), email: ada.email, role: 'customer'});
    const me = await guest.get('/auth/me').set('Authorization', `Bearer ${res.body.token}`).expect(200);
    expect(me.body.user).toEqual(res.body.user);
  });

  it('stores no password', async () => {
    const {guest, service} = await startService();
    const res = await guest.post('/auth/register').send(ada).expect(201);
    const stored = JSON.stringify(service.users.get(res.body.user.id));
    expect(stored).not.toContain(ada.password);
    expect(JSON.stringify(res.body)).not.toContain('passwordHash');
  });

  it('takes an e-mail address only once, however it is written', async () => {
    const {guest} = await startService();
    await guest.post('/auth/register').send(ada).expect(201);
    const res = await guest
      .post('/auth/register')
      .send({...ada, email: 'ADA@Example.com'})
      .expect(409);
    expect(res.body.error.code).toBe('email_taken');
  });

  it('lets only one of two simultaneous registrations win', async () => {
    const {guest} = await startService();
    const answers = await Promise.all([guest.post('/auth/register').send(ada), guest.post('/auth/register').send(ada)]);
    expect(answers.map(res => res.status).sort()).toEqual([201, 409]);
  });

  it('lets nobody choose their role', async () => {
    const {guest} = await startService();
    const res = await guest
      .post('/auth/register')
      .send({...ada, role: 'staff'})
      .expect(422);
    expect(res.body.error.details).toEqual([{field: 'role', message: 'is not a known field'}]);
  });

  it.each([
    ['no e-mail address', {password: ada.password}, 'email', 'is required'],
    ['an e-mail address without a domain', {...ada, email: 'ada@'}, 'email', 'must be an e-mail address'],
    ['a short password', {...ada, password: 'short'}, 'password', 'must have at least 10 characters'],
  ])('refuses %s', async (_, body, field, message) => {
    const {guest} = await startService();
    const res = await guest.post('/auth/register').send(body).expect(422);
    expect(res.body.error.details).toContainEqual({field, message});
  });
});

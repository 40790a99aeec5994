'use strict';
const {startService} = require('./support/service');

const me = (guest, token) => guest.get('/auth/me').set('Authorization', `Bearer ${token}`);

describe('tokens', () => {
  it('are good until they expire', async () => {
    const {guest, service, customerUser, clock} = await startService({config: {tokens: {lifetimeMs: 60_000}}});
    const {token} = service.tokens.issue(customerUser);
    clock.advance({ms: 59_999});
    await me(guest, token).expect(200);
    clock.advance({ms: 1});
    const res = await me(guest, token).expect(401);
    expect(res.body.error.code).toBe('token_expired');
  });

  it('say when they expire', async () => {
    const {service, customerUser, clock} = await startService({config: {tokens: {lifetimeMs: 3_600_000}}});
    expect(service.tokens.issue(customerUser).expiresAt).toBe(clock.now() + 3_600_000);
  });

  it('of another service are refused', async () => {
    const {guest, customerUser} = await startService();
    const other = await startService();
    const res = await me(guest, other.service.tokens.issue(customerUser).token).expect(401);
    expect(res.body.error.code).toBe('bad_token');
  });

  it('are shared by services with the same secret', async () => {
    const config = {tokens: {secret: 'shared between both'}};
    const {guest, customerUser} = await startService({config});
    const other = await startService({config});
    await me(guest, other.service.tokens.issue(customerUser).token).expect(200);
  });

  it('cannot be made to name another user', async () => {
    const {guest, service, customerUser, staffUser} = await startService();
    const [payload, signature] = service.tokens.issue(customerUser).token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const forged = Buffer.from(JSON.stringify({...claims, user: staffUser.id})).toString('base64url');
    await me(guest, `${forged}.${signature}`).expect(401);
  });

  it.each(['Basic YTpi', 'Bearer a b'])('are not what "%s" holds', async header => {
    const {guest} = await startService();
    const res = await guest.get('/products').set('Authorization', header).expect(401);
    expect(res.body.error.code).toBe('bad_authorization');
    expect(res.headers['www-authenticate']).toBe('Bearer');
  });

  it('without a signature are refused', async () => {
    const {guest} = await startService();
    await me(guest, 'eyJ1c2VyIjoidXNyXzAwMDAwMSJ9').expect(401);
  });
});

describe('POST /auth/logout', () => {
  it('ends this token, and no other', async () => {
    const {guest, service, customerUser} = await startService();
    const [first, second] = [service.tokens.issue(customerUser).token, service.tokens.issue(customerUser).token];
    await guest.post('/auth/logout').set('Authorization', `Bearer ${first}`).expect(204);
    const res = await me(guest, first).expect(401);
    expect(res.body.error.code).toBe('token_revoked');
    await me(guest, second).expect(200);
  });

  it('needs somebody who is logged in', async () => {
    const {guest} = await startService();
    const res = await guest.post('/auth/logout').expect(401);
    expect(res.body.error.code).toBe('login_required');
  });
});

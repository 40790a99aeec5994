'use strict';
const {startService} = require('./support/service');

describe('errors', () => {
  it('all have one form', async () => {
    const {guest} = await startService();
    const res = await guest.get('/nowhere').set('X-Request-Id', 'abc-123').expect(404).expect('Content-Type', /json/);
    expect(res.body).toEqual({
      error: {code: 'not_found', message: 'GET /nowhere does not exist', requestId: 'abc-123'},
    });
  });

  it.each([
    ['JSON that is none', '{"sku":', 400, 'bad_json'],
    ['a body that is too large', JSON.stringify({name: 'x'.repeat(110_000)}), 413, 'too_large'],
  ])('say what is wrong with %s', async (_, body, status, code) => {
    const {staff} = await startService();
    const res = await staff.post('/products').type('json').send(body).expect(status);
    expect(res.body.error.code).toBe(code);
  });

  it('say that a body is missing', async () => {
    const {staff} = await startService();
    const res = await staff.post('/products').expect(422);
    expect(res.body.error.details).toEqual([{field: 'body', message: 'must be an object'}]);
  });

  it('say that a path is badly encoded', async () => {
    const {guest} = await startService();
    await guest.get('/products/%E0%A4%A').expect(400);
  });

  it('say that an encoding is not supported', async () => {
    const {staff} = await startService();
    await staff.post('/products').set('Content-Encoding', 'rot13').type('json').send('{}').expect(415);
  });

  it('of our own doing show nothing of the inside', async () => {
    const {guest, service, errors} = await startService();
    service.products.search = () => {
      throw new Error('secret: the password of the database');
    };
    const res = await guest.get('/products').expect(500);
    expect(res.text).not.toMatch(/secret|at .*\.js/);
    expect(errors.map(String)).toEqual(['Error: secret: the password of the database']);
  });

  it('of asynchronous routes are caught', async () => {
    const {guest, service, errors} = await startService();
    service.users.logIn = async () => {
      throw new Error('later');
    };
    await guest.post('/auth/login').send({email: 'a@b.c', password: 'x'}).expect(500);
    expect(errors).toHaveLength(1);
  });

  it('that the caller has made are not logged as ours', async () => {
    const {guest, errors} = await startService();
    await guest.get('/nowhere').expect(404);
    await guest.get('/orders').expect(401);
    expect(errors).toEqual([]);
  });

  it('in the middle of an answer break it off', async () => {
    const {guest, service} = await startService();
    service.products.rows = function* () {
      for (let number = 0; number < 2_000; number++) yield {sku: `P-${number}`, name: 'x'.repeat(100)};
      throw new Error('disk gone');
    };
    await expect(guest.get('/products/export.csv')).rejects.toThrow(/aborted|hang up|terminated/);
  });
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function withTwoCustomers() {
  const started = await startService();
  started.stocked('MUG-1');
  const other = started.as(await started.account('customer'));
  const place = async agent => {
    started.clock.advance({seconds: 1});
    return (
      await agent
        .post('/orders')
        .send(orderOf({'MUG-1': 1}))
        .expect(201)
    ).body.id;
  };
  return {...started, other, place};
}

const ids = res => res.body.items.map(({id}) => id);

describe('orders', () => {
  it('are listed for who placed them, the latest first', async () => {
    const {customer, other, place} = await withTwoCustomers();
    const first = await place(customer);
    const theirs = await place(other);
    const second = await place(customer);
    expect(ids(await customer.get('/orders').expect(200))).toEqual([second, first]);
    expect(ids(await other.get('/orders').expect(200))).toEqual([theirs]);
  });

  it('are all listed for staff', async () => {
    const {customer, other, staff, place} = await withTwoCustomers();
    const placed = [await place(customer), await place(other)];
    expect(ids(await staff.get('/orders').expect(200))).toEqual(placed.reverse());
  });

  it('are listed by status', async () => {
    const {customer, place} = await withTwoCustomers();
    const paid = await place(customer);
    await place(customer);
    await customer.post(`/orders/${paid}/pay`).expect(200);
    expect(ids(await customer.get('/orders?status=paid').expect(200))).toEqual([paid]);
  });

  it('are listed in pages', async () => {
    const {customer, place} = await withTwoCustomers();
    const placed = [];
    for (let count = 0; count < 7; count++) placed.push(await place(customer));
    const seen = [];
    for (let cursor; cursor !== null;) {
      const res = await customer.get('/orders').query({limit: 3, cursor}).expect(200);
      seen.push(...ids(res));
      cursor = res.body.nextCursor;
    }
    expect(seen).toEqual(placed.reverse());
  });

  it('of others look as if they did not exist', async () => {
    const {customer, other, place} = await withTwoCustomers();
    const id = await place(customer);
    const theirs = await other.get(`/orders/${id}`).expect(404);
    const nobodys = await other.get('/orders/ord_999999').expect(404);
    expect(theirs.body.error.message.replace(id, '')).toBe(nobodys.body.error.message.replace('ord_999999', ''));
  });

  it.each(['pay', 'ship'])('of others cannot be asked to %s', async action => {
    const {customer, other, place} = await withTwoCustomers();
    await other.post(`/orders/${await place(customer)}/${action}`).expect(404);
  });

  it('of anybody can be seen by staff', async () => {
    const {customer, staff, place} = await withTwoCustomers();
    await staff.get(`/orders/${await place(customer)}`).expect(200);
  });

  it('are not for guests', async () => {
    const {guest} = await withTwoCustomers();
    await guest.get('/orders').expect(401);
    await guest.get('/orders/ord_000001').expect(401);
  });
});

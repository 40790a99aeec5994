'use strict';
const {orderOf, startService} = require('./support/service');

const statuses = answers => {
  const counts = {};
  for (const {status} of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

it('never sells more than there is', async () => {
  const {customer, service, stocked} = await startService();
  stocked('RARE', {}, 10);
  const answers = await Promise.all(Array.from({length: 40}, () => customer.post('/orders').send(orderOf({RARE: 1}))));
  expect(statuses(answers)).toEqual({201: 10, 409: 30});
  expect(service.stock.level('RARE')).toEqual({onHand: 10, reserved: 10, available: 0});
});

it('reserves all of an order or nothing of it', async () => {
  const {customer, service, stocked} = await startService();
  stocked('PLENTY', {}, 100);
  stocked('RARE', {}, 1);
  const res = await customer
    .post('/orders')
    .send(orderOf({PLENTY: 5, RARE: 2}))
    .expect(409);
  expect(res.body.error).toMatchObject({code: 'out_of_stock', details: [{sku: 'RARE', requested: 2, available: 1}]});
  expect(service.stock.level('PLENTY').reserved).toBe(0);
});

it('does not let two orders that share products block one another', async () => {
  const {customer, service, stocked} = await startService();
  for (const sku of ['A', 'B', 'C']) stocked(sku, {}, 20);
  const pairs = [
    {A: 1, B: 1},
    {B: 1, C: 1},
    {C: 1, A: 1},
  ];
  const answers = await Promise.all(
    Array.from({length: 30}, (_, index) => customer.post('/orders').send(orderOf(pairs[index % 3]))),
  );
  expect(statuses(answers)).toEqual({201: 30});
  for (const sku of ['A', 'B', 'C']) expect(service.stock.level(sku).reserved).toBe(20);
});

it('cancels an order once, however often it is asked to', async () => {
  const {customer, service, stocked} = await startService();
  stocked('MUG-1', {}, 5);
  const {body: order} = await customer
    .post('/orders')
    .send(orderOf({'MUG-1': 3}))
    .expect(201);
  const answers = await Promise.all([1, 2, 3, 4].map(() => customer.post(`/orders/${order.id}/cancel`)));
  expect(statuses(answers)).toEqual({200: 1, 409: 3});
  expect(service.stock.level('MUG-1')).toEqual({onHand: 5, reserved: 0, available: 5});
});

it('keeps its books through a storm of orders, payments, cancellations and shipments', async () => {
  const {customer, staff, service, stocked} = await startService();
  stocked('MUG-1', {}, 60);
  const settle = async number => {
    const placed = await customer.post('/orders').send(orderOf({'MUG-1': 1 + (number % 3)}));
    if (placed.status !== 201) return {shipped: 0, reserved: 0};
    const quantity = placed.body.quote.lines[0].quantity;
    const path = `/orders/${placed.body.id}`;
    if (number % 4 === 0) return {shipped: 0, reserved: quantity};
    await customer.post(`${path}/pay`).expect(200);
    if (number % 4 === 1) {
      await customer.post(`${path}/cancel`).expect(200);
      return {shipped: 0, reserved: 0};
    }
    await staff.post(`${path}/ship`).expect(200);
    return {shipped: quantity, reserved: 0};
  };
  const outcomes = await Promise.all(Array.from({length: 50}, (_, number) => settle(number)));
  const sum = field => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  expect(service.stock.level('MUG-1')).toMatchObject({onHand: 60 - sum('shipped'), reserved: sum('reserved')});
});

'use strict';
const {startService} = require('./support/service');

const mug = {sku: 'MUG-1', name: 'Mug', priceCents: 1_250};

async function problemsOf(body) {
  const {staff} = await startService();
  const res = await staff.post('/products').send(body).expect(422);
  return res.body.error.details;
}

it.each([
  ['sku', 'mug-1', 'must be upper-case letters and digits joined by hyphens'],
  ['sku', 'M'.repeat(21), 'must have at most 20 characters'],
  ['name', '   ', 'must not be empty'],
  ['priceCents', 12.5, 'must be an integer'],
  ['priceCents', -1, 'must be at least 0'],
  ['tiers', 'none', 'must be a list'],
  ['colour', 'red', 'is not a known field'],
])('refuses %s = %j', async (field, value, message) => {
  await expect(problemsOf({...mug, [field]: value})).resolves.toEqual([{field, message}]);
});

it('names what is wrong inside a list', async () => {
  const tiers = [
    {minQuantity: 10, percentOff: 5},
    {minQuantity: 1, percentOff: 95},
  ];
  await expect(problemsOf({...mug, tiers})).resolves.toEqual([
    {field: 'tiers[1].minQuantity', message: 'must be at least 2'},
    {field: 'tiers[1].percentOff', message: 'must be at most 90'},
  ]);
});

it('refuses two tiers for one quantity', async () => {
  const tiers = [
    {minQuantity: 10, percentOff: 5},
    {minQuantity: 10, percentOff: 8},
  ];
  await expect(problemsOf({...mug, tiers})).resolves.toEqual([{field: 'tiers[1]', message: 'repeats 10'}]);
});

it('names everything that is missing', async () => {
  const fields = (await problemsOf({})).map(({field}) => field);
  expect(fields).toEqual(['sku', 'name', 'priceCents']);
});

it('refuses a body that is no object', async () => {
  await expect(problemsOf([mug])).resolves.toEqual([{field: 'body', message: 'must be an object'}]);
});

it('takes no field from the prototype', async () => {
  const {staff} = await startService();
  const res = await staff
    .post('/products')
    .type('json')
    .send('{"sku":"A","name":"A","priceCents":1,"__proto__":{}}')
    .expect(422);
  expect(res.body.error.details).toEqual([{field: '__proto__', message: 'is not a known field'}]);
});

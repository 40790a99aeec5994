'use strict';
const {startService} = require('./support/service');

const HEADER = 'sku,name,category,priceCents,weightGrams';
const send = (agent, ...lines) =>
  agent
    .post('/products/import')
    .type('text/csv')
    .send([HEADER, ...lines].join('\r\n'));

describe('POST /products/import', () => {
  it('creates and updates', async () => {
    const {staff, stocked} = await startService();
    stocked('MUG-1', {name: 'Old mug', priceCents: 1});
    const res = await send(staff, 'MUG-1,New mug,kitchen,1250,300', 'TEA-1,Tea,food,450,100').expect(200);
    expect(res.body).toEqual({created: 1, updated: 1, errors: []});
    const mug = await staff.get('/products/MUG-1').expect(200);
    expect(mug.body).toMatchObject({name: 'New mug', priceCents: 1_250, weightGrams: 300, available: 100});
  });

  it('takes the good lines and says what is wrong with the others', async () => {
    const {staff} = await startService();
    const res = await send(staff, 'mug,Mug,kitchen,1250,300', 'TEA-1,Tea,food,free,100', 'OK-1,Fine,food,1,1').expect(
      207,
    );
    expect(res.body).toEqual({
      created: 1,
      updated: 0,
      errors: [
        {line: 2, problems: [{field: 'sku', message: 'must be upper-case letters and digits joined by hyphens'}]},
        {line: 3, problems: [{field: 'priceCents', message: 'must be an integer'}]},
      ],
    });
  });

  it('counts lines in quoted cells too', async () => {
    const {staff} = await startService();
    const res = await send(staff, 'A-1,"two\r\nlines",food,1,1', 'b,Bad,food,1,1').expect(207);
    expect(res.body.errors[0].line).toBe(4);
  });

  it('understands quotes, blank lines and a byte order mark', async () => {
    const {staff} = await startService();
    const body = `\ufeff${HEADER}\n\nA-1,"Mug, ""large""",kitchen,1250,300\n`;
    await staff.post('/products/import').type('text/csv').send(body).expect(200);
    const res = await staff.get('/products/A-1').expect(200);
    expect(res.body.name).toBe('Mug, "large"');
  });

  it.each([
    ['another header', 'sku,name\nA-1,Mug'],
    ['nothing', ''],
    ['an open quote', `${HEADER}\nA-1,"Mug,food,1,1`],
    ['a quote inside a cell', `${HEADER}\nA-1,Mu"g,food,1,1`],
  ])('refuses %s', async (_, body) => {
    const {staff} = await startService();
    const res = await staff.post('/products/import').type('text/csv').send(body).expect(400);
    expect(res.body.error.code).toBe('bad_csv');
  });

  it('refuses JSON', async () => {
    const {staff} = await startService();
    await staff.post('/products/import').send({}).expect(415);
  });

  it('is for staff', async () => {
    const {customer} = await startService();
    await send(customer, 'A-1,A,food,1,1').expect(403);
  });

  it('takes what an export has written', async () => {
    const first = await startService();
    first.stocked('A-1', {name: 'Mug, "large"'});
    first.stocked('B-2', {name: '  two\nlines', category: 'books', weightGrams: 12});
    const exported = await first.guest.get('/products/export.csv').expect(200);
    const second = await startService();
    const [, ...rows] = exported.text.split('\r\n').map(row => row.replace(/,\d+$/, ''));
    await send(second.staff, ...rows).expect(200, {created: 2, updated: 0, errors: []});
    expect(second.service.products.find('B-2')).toMatchObject({
      name: '  two\nlines',
      category: 'books',
      weightGrams: 12,
    });
  });
});

describe('a large import', () => {
  it('creates, and then updates, thousands of products', async () => {
    const {staff, service} = await startService();
    const lines = price =>
      Array.from(
        {length: 4_000},
        (_, index) => `P-${index},"Product ""${index}""",general,${price + index},${index % 2000}`,
      );
    await send(staff, ...lines(100)).expect(200, {created: 4_000, updated: 0, errors: []});
    await send(staff, ...lines(200)).expect(200, {created: 0, updated: 4_000, errors: []});
    expect(service.products.find('P-3999').priceCents).toBe(4_199);
  });
});

'use strict';
const {orderOf, startService} = require('./support/service');

async function withCatalogue() {
  const started = await startService();
  const {stocked, customer} = started;
  stocked('MUG', {priceCents: 1_000, weightGrams: 400});
  stocked('BOOK', {priceCents: 2_000, weightGrams: 600, category: 'books'});
  stocked('PEN', {
    priceCents: 199,
    weightGrams: 20,
    tiers: [
      {minQuantity: 10, percentOff: 5},
      {minQuantity: 100, percentOff: 15},
    ],
  });
  stocked('DESK', {priceCents: 25_000, weightGrams: 20_000});
  const quote = async (quantities, fields) =>
    (await customer.post('/orders/quote').send(orderOf(quantities, fields)).expect(200)).body;
  return {...started, quote};
}

describe('a quote', () => {
  it('adds up', async () => {
    const {quote} = await withCatalogue();
    await expect(quote({MUG: 2, BOOK: 1})).resolves.toMatchObject({
      subtotalCents: 4_000,
      discountCents: 0,
      netCents: 4_000,
      shippingCents: 590, // 1.4 kg
      taxCents: 380 + 140 + 112,
      totalCents: 5_222,
    });
  });

  it('reserves nothing', async () => {
    const {quote, service} = await withCatalogue();
    await quote({MUG: 100});
    expect(service.stock.level('MUG').reserved).toBe(0);
  });

  it('is made for more than is in stock', async () => {
    const {quote} = await withCatalogue();
    await expect(quote({MUG: 1_000})).resolves.toMatchObject({subtotalCents: 1_000_000});
  });
});

describe('volume discounts', () => {
  it.each([
    [10, 100], // 99.5
    [99, 985], // 985.05
    [100, 2_985],
  ])('for %i pens come to %i cents', async (quantity, discountCents) => {
    const {quote} = await withCatalogue();
    await expect(quote({PEN: quantity})).resolves.toMatchObject({discountCents});
  });

  it('do not count across products', async () => {
    const {quote} = await withCatalogue();
    await expect(quote({PEN: 9, MUG: 9})).resolves.toMatchObject({discountCents: 0});
  });
});

describe('tax', () => {
  it.each([
    ['DE', 190, 140],
    ['FR', 200, 110],
    ['IE', 230, 0],
  ])('in %s is %i cents on a mug and %i on a book', async (country, mug, book) => {
    const {quote} = await withCatalogue();
    const {lines} = await quote({MUG: 1, BOOK: 1}, {country});
    expect(lines.map(({taxCents}) => taxCents)).toEqual([mug, book]);
  });

  it('knows no reduced rate for a category that only looks like one', async () => {
    const {quote, stocked} = await withCatalogue();
    stocked('ODD', {category: 'constructor'});
    const {lines} = await quote({ODD: 1});
    expect(lines[0].taxPercent).toBe(19);
  });

  it('is charged on shipping', async () => {
    const {quote} = await withCatalogue();
    const {lines, shippingCents, taxCents} = await quote({MUG: 1});
    expect(taxCents - lines[0].taxCents).toBe(Math.round(shippingCents * 0.19));
  });
});

describe('shipping', () => {
  it.each([
    ['one light thing', {MUG: 1}, {}, 490],
    ['a little more than a kilogram', {MUG: 1, BOOK: 1, PEN: 1}, {}, 590],
    ['something over the ocean', {MUG: 6}, {country: 'US'}, 3_690],
    ['express', {MUG: 3}, {shipping: 'express'}, 1_180],
    ['picking it up', {MUG: 3}, {shipping: 'pickup'}, 0],
    ['a large order', {MUG: 10}, {}, 0],
    ['a large order, express', {DESK: 1}, {shipping: 'express'}, 490 + 19 * 100],
  ])('of %s', async (_, quantities, fields, shippingCents) => {
    const {quote} = await withCatalogue();
    await expect(quote(quantities, fields)).resolves.toMatchObject({shippingCents});
  });
});

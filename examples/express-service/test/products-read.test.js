'use strict';
const {startService} = require('./support/service');

describe('GET /products/:sku', () => {
  it('shows a product to anybody, and how many are available', async () => {
    const {guest, stocked} = await startService();
    stocked('MUG-1', {name: 'Mug', priceCents: 1_250, category: 'kitchen'}, 7);
    const res = await guest.get('/products/MUG-1').expect(200);
    expect(res.body).toMatchObject({sku: 'MUG-1', name: 'Mug', priceCents: 1_250, category: 'kitchen', available: 7});
    expect(res.body).not.toHaveProperty('version');
  });

  it('sends its version as an ETag', async () => {
    const {guest, stocked} = await startService();
    stocked('MUG-1');
    const res = await guest.get('/products/MUG-1').expect(200);
    expect(res.headers.etag).toBe('"1"');
  });

  it('does not know every product', async () => {
    const {guest} = await startService();
    const res = await guest.get('/products/NOPE').expect(404);
    expect(res.body.error.message).toBe('Product NOPE does not exist');
  });
});

describe('GET /products', () => {
  async function withCatalogue() {
    const started = await startService();
    const {stocked} = started;
    stocked('TEA-GREEN', {name: 'Green tea', category: 'food', priceCents: 450, description: 'Sencha from Shizuoka'});
    stocked('TEA-BLACK', {name: 'Black tea', category: 'food', priceCents: 400}, 0);
    stocked('MUG-1', {name: 'Tea mug', category: 'kitchen', priceCents: 1_250});
    stocked('BOOK-TEA', {name: 'The book of tea', category: 'books', priceCents: 980});
    const find = async query => {
      const res = await started.guest.get('/products').query(query).expect(200);
      return res.body.items.map(({sku}) => sku);
    };
    return {...started, find};
  }

  it.each([
    ['everything, by SKU', {}, ['BOOK-TEA', 'MUG-1', 'TEA-BLACK', 'TEA-GREEN']],
    ['a word of the name', {search: 'mug'}, ['MUG-1']],
    ['a word of the description', {search: 'SENCHA'}, ['TEA-GREEN']],
    ['all words, in any order', {search: 'tea book'}, ['BOOK-TEA']],
    ['up to a price', {maxPrice: 450}, ['TEA-BLACK', 'TEA-GREEN']],
    ['what is in stock', {category: 'food', inStock: 'true'}, ['TEA-GREEN']],
    ['the cheapest first', {sort: 'price'}, ['TEA-BLACK', 'TEA-GREEN', 'BOOK-TEA', 'MUG-1']],
    ['the dearest first', {sort: '-price'}, ['MUG-1', 'BOOK-TEA', 'TEA-GREEN', 'TEA-BLACK']],
    ['by name', {sort: 'name'}, ['TEA-BLACK', 'TEA-GREEN', 'MUG-1', 'BOOK-TEA']],
  ])('finds %s', async (_, query, skus) => {
    const {find} = await withCatalogue();
    await expect(find(query)).resolves.toEqual(skus);
  });

  it.each([
    ['an unknown order', 'sort=colour'],
    ['an order that is a property of every object', 'sort=constructor'],
    ['a price that is no number', 'minPrice=cheap'],
    ['two searches', 'search=a&search=b'],
  ])('refuses %s', async (_, query) => {
    const {guest} = await startService();
    await guest.get(`/products?${query}`).expect(400);
  });
});

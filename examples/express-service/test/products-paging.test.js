'use strict';
const {startService} = require('./support/service');

const numbered = number => `P-${String(number).padStart(3, '0')}`;

async function withProducts(count) {
  const started = await startService({config: {pages: {defaultLimit: 10, maxLimit: 25}}});
  for (let number = 1; number <= count; number++) {
    started.stocked(numbered(number), {priceCents: 100 + (number % 3)}, 0);
  }
  const page = async query => (await started.guest.get('/products').query(query).expect(200)).body;
  const all = async query => {
    const skus = [];
    for (let cursor; cursor !== null;) {
      const {items, nextCursor} = await page({...query, cursor});
      skus.push(...items.map(({sku}) => sku));
      cursor = nextCursor;
    }
    return skus;
  };
  return {...started, page, all};
}

describe('pages of products', () => {
  it('have the default size and say how many there are', async () => {
    const {page} = await withProducts(12);
    const {items, total, nextCursor} = await page({});
    expect(items).toHaveLength(10);
    expect(total).toBe(12);
    expect(nextCursor).toEqual(expect.any(String));
  });

  it('end without a cursor', async () => {
    const {page} = await withProducts(10);
    await expect(page({})).resolves.toMatchObject({nextCursor: null});
  });

  it('are never larger than the maximum', async () => {
    const {page} = await withProducts(30);
    expect((await page({limit: 1000})).items).toHaveLength(25);
  });

  it.each([1, 7, 25])('of %i hold every product once', async limit => {
    const {all} = await withProducts(40);
    const skus = await all({limit});
    expect(skus).toEqual(Array.from({length: 40}, (_, index) => numbered(index + 1)));
  });

  it('hold every product once even where many share the sort key', async () => {
    const {all} = await withProducts(31);
    for (const sort of ['price', '-price']) {
      const skus = await all({sort, limit: 4});
      expect(new Set(skus).size).toBe(31);
      expect(skus).toHaveLength(31);
    }
  });

  it('neither repeat nor skip when products come and go in between', async () => {
    const {page, service, stocked} = await withProducts(12);
    const first = await page({limit: 5});
    stocked('A-NEW');
    service.products.remove(numbered(2));
    const second = await page({limit: 5, cursor: first.nextCursor});
    expect(second.items[0].sku).toBe(numbered(6));
  });

  it.each([
    ['limit=0', 'bad_limit'],
    ['limit=ten', 'bad_limit'],
    ['cursor=e30', 'bad_cursor'],
  ])('are not to be had with %s', async (query, code) => {
    const {guest} = await withProducts(1);
    const res = await guest.get(`/products?${query}`).expect(400);
    expect(res.body.error.code).toBe(code);
  });
});

'use strict';
const {conflict, notFound} = require('../errors');
const {Table} = require('./table');

/** The catalogue. A product's id is its SKU. */
class Products {
  #table = new Table();
  #clock;

  constructor({clock}) {
    this.#clock = clock;
  }

  create(fields) {
    if (this.#table.get(fields.sku) !== null) throw conflict('sku_taken', `There is a product ${fields.sku}`);
    const now = this.#clock.now();
    return this.#table.insert({
      id: fields.sku,
      category: 'general',
      description: '',
      weightGrams: 0,
      tiers: [],
      ...fields,
      createdAt: now,
      updatedAt: now,
    });
  }

  /** @throws {ApiError} 404 */
  require(sku) {
    const product = this.#table.get(sku);
    if (product === null) throw notFound(`Product ${sku}`);
    return product;
  }

  find(sku) {
    return this.#table.get(sku);
  }

  change(sku, changes, expectedVersion) {
    this.require(sku);
    return this.#table.update(sku, {...changes, updatedAt: this.#clock.now()}, expectedVersion);
  }

  remove(sku) {
    this.#table.delete(sku);
  }

  search({text, category, minCents = 0, maxCents = Infinity}) {
    const words = (text ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter(word => word !== '');
    return this.#table.filter(product => {
      if (category !== undefined && product.category !== category) return false;
      if (product.priceCents < minCents || product.priceCents > maxCents) return false;
      const haystack = `${product.sku} ${product.name} ${product.description}`.toLowerCase();
      return words.every(word => haystack.includes(word));
    });
  }

  rows() {
    return this.#table.rows();
  }
}

module.exports = {Products};

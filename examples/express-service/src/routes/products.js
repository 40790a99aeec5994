'use strict';
const express = require('express');
const {pipeline} = require('node:stream/promises');
const {Readable} = require('node:stream');
const {formatChunks, parseCsv} = require('../csv');
const {ApiError, badRequest, conflict} = require('../errors');
const {requireStaff} = require('../middleware/authenticate');
const {pageQuery, paginate} = require('../pagination');
const {integer, listOf, optional, shape, sku, text, validate} = require('../validation');

const tier = shape({minQuantity: integer({min: 2}), percentOff: integer({min: 1, max: 90})});
const changeable = {
  name: text({max: 100}),
  description: optional(text({min: 0, max: 2_000})),
  category: optional(text({max: 30, pattern: /^[a-z]+$/, patternName: 'lower-case letters'})),
  priceCents: integer({min: 0, max: 10_000_000}),
  weightGrams: optional(integer({min: 0, max: 100_000})),
  tiers: optional(listOf(tier, {max: 5, uniqueBy: entry => entry.minQuantity})),
};
const newProduct = shape({sku, ...changeable});
const productChange = shape(
  Object.fromEntries(Object.entries(changeable).map(([name, check]) => [name, optional(check)])),
);

const SORTS = new Map([
  ['sku', product => product.sku],
  ['name', product => product.name.toLowerCase()],
  ['price', product => product.priceCents],
  ['created', product => product.createdAt],
]);

const CSV_HEADER = ['sku', 'name', 'category', 'priceCents', 'weightGrams', 'available'];
const IMPORT_COLUMNS = ['sku', 'name', 'category', 'priceCents', 'weightGrams'];

const etag = product => `"${product.version}"`;

function cents(query, name) {
  if (query[name] === undefined) return undefined;
  if (!/^\d+$/.test(query[name])) throw badRequest('bad_query', `${name} must be a number of cents`);
  return Number(query[name]);
}

function productRoutes({products, stock, orders, config}) {
  const present = ({id, version, ...product}) => ({...product, available: stock.level(id).available});

  function expectedVersion(req) {
    const given = req.get('If-Match');
    if (given === undefined)
      throw new ApiError(428, 'if_match_required', 'Send If-Match with the ETag that you have seen');
    return Number(/^"(\d+)"$/.exec(given)?.[1] ?? 0);
  }

  return express
    .Router()
    .get('/', (req, res) => {
      const {sort = 'sku', search, category, inStock} = req.query;
      const descending = sort.startsWith('-');
      const keyOf = SORTS.get(descending ? sort.slice(1) : sort);
      if (keyOf === undefined) throw badRequest('bad_query', `sort must be one of ${[...SORTS.keys()].join(', ')}`);
      const found = products
        .search({
          text: search,
          category,
          minCents: cents(req.query, 'minPrice'),
          maxCents: cents(req.query, 'maxPrice'),
        })
        .filter(product => inStock !== 'true' || stock.level(product.sku).available > 0);
      const page = paginate(found, {
        ...pageQuery(req.query, config.pages),
        descending,
        keyOf,
        idOf: product => product.sku,
      });
      res.json({...page, items: page.items.map(present)});
    })
    .get('/export.csv', async (req, res) => {
      const rows = function* () {
        for (const {sku: id, name, category, priceCents, weightGrams} of products.rows()) {
          yield [id, name, category, priceCents, weightGrams, stock.level(id).available];
        }
      };
      res.type('text/csv').attachment('products.csv');
      await pipeline(Readable.from(formatChunks(CSV_HEADER, rows())), res);
    })
    .post('/import', requireStaff, express.text({type: 'text/csv', limit: '5mb'}), (req, res) => {
      if (!req.is('text/csv')) throw new ApiError(415, 'not_csv', 'Send text/csv');
      const [header, ...rows] = parseCsv(req.body ?? '');
      if (header?.cells.join() !== IMPORT_COLUMNS.join()) {
        throw badRequest('bad_csv', `The first line must be ${IMPORT_COLUMNS.join(',')}`);
      }
      const outcome = {created: 0, updated: 0, errors: []};
      for (const {line, cells} of rows) {
        const row = Object.fromEntries(IMPORT_COLUMNS.map((column, index) => [column, cells[index]]));
        const number = cell => (/^\d+$/.test(cell ?? '') ? Number(cell) : Number.NaN);
        const product = {...row, priceCents: number(row.priceCents), weightGrams: number(row.weightGrams)};
        const problems = newProduct(product, '');
        if (problems.length > 0) outcome.errors.push({line, problems});
        else if (products.find(product.sku) === null) {
          products.create(product);
          outcome.created++;
        } else {
          products.change(product.sku, product, null);
          outcome.updated++;
        }
      }
      res.status(outcome.errors.length > 0 ? 207 : 200).json(outcome);
    })
    .post('/', requireStaff, (req, res) => {
      const product = products.create(validate(newProduct, req.body));
      res.status(201).location(`/products/${product.sku}`).set('ETag', etag(product)).json(present(product));
    })
    .get('/:sku', (req, res) => {
      const product = products.require(req.params.sku);
      res.set('ETag', etag(product)).json(present(product));
    })
    .patch('/:sku', requireStaff, (req, res) => {
      products.require(req.params.sku);
      const version = expectedVersion(req);
      const product = products.change(req.params.sku, validate(productChange, req.body), version);
      res.set('ETag', etag(product)).json(present(product));
    })
    .delete('/:sku', requireStaff, (req, res) => {
      const product = products.require(req.params.sku);
      if (orders.hasOpenOrderFor(product.sku)) throw conflict('in_use', `There are open orders for ${product.sku}`);
      products.remove(product.sku);
      res.status(204).end();
    });
}

module.exports = {productRoutes};

'use strict';
const {Router} = require('express');
const {requireStaff} = require('../middleware/authenticate');
const {pageQuery, paginate} = require('../pagination');
const {integer, shape, text, validate} = require('../validation');

const adjustment = shape({delta: integer({min: -1_000_000, max: 1_000_000}), reason: text({max: 100})});

function stockRoutes({products, stock, config}) {
  return Router()
    .use(requireStaff)
    .get('/:sku', (req, res) => {
      const {sku} = products.require(req.params.sku);
      res.json({sku, ...stock.level(sku)});
    })
    .post('/:sku/adjust', (req, res) => {
      const {sku} = products.require(req.params.sku);
      const {delta, reason} = validate(adjustment, req.body);
      res.json({sku, ...stock.adjust(sku, delta, reason)});
    })
    .get('/:sku/movements', (req, res) => {
      const {sku} = products.require(req.params.sku);
      const numbered = stock.movements(sku).map((movement, index) => ({number: index + 1, ...movement}));
      const key = movement => movement.number;
      res.json(paginate(numbered, {...pageQuery(req.query, config.pages), descending: true, keyOf: key, idOf: key}));
    });
}

module.exports = {stockRoutes};

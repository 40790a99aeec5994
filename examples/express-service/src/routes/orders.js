'use strict';
const {Router} = require('express');
const {pipeline} = require('node:stream/promises');
const {Readable} = require('node:stream');
const {formatChunks} = require('../csv');
const {renderInvoice} = require('../domain/invoice');
const {ACTIONS} = require('../domain/orderStates');
const {COUNTRIES, SHIPPING_METHODS} = require('../domain/pricing');
const {requireStaff, requireUser} = require('../middleware/authenticate');
const {idempotency} = require('../middleware/idempotency');
const {pageQuery, paginate} = require('../pagination');
const {integer, listOf, oneOf, optional, shape, sku, text, validate} = require('../validation');

const CSV_HEADER = ['order', 'date', 'status', 'country', 'sku', 'name', 'quantity', 'netCents', 'taxCents', 'note'];
const USER_ACTIONS = Object.keys(ACTIONS).filter(name => ACTIONS[name].by !== 'system');

function orderRoutes({orders, users, clock, config}) {
  const line = shape({sku, quantity: integer({min: 1, max: 1_000})});
  const fields = {
    lines: listOf(line, {min: 1, max: config.orders.maxLines, uniqueBy: entry => entry.sku}),
    country: oneOf(...COUNTRIES),
    shipping: optional(oneOf(...SHIPPING_METHODS)),
    coupon: optional(text({max: 30})),
  };
  const quoteRequest = shape(fields);
  const orderRequest = shape({...fields, note: optional(text({min: 0, max: 500}))});
  const router = Router().use(requireUser);

  router
    .post('/quote', (req, res) => {
      res.json(orders.quote(validate(quoteRequest, req.body), req.user.id));
    })
    .post('/', idempotency({clock, lifetimeMs: config.idempotency.lifetimeMs}), (req, res) => {
      const order = orders.place(validate(orderRequest, req.body), req.user.id);
      res.status(201).location(`/orders/${order.id}`).json(order);
    })
    .get('/', (req, res) => {
      const page = paginate(orders.list(req.user, {status: req.query.status}), {
        ...pageQuery(req.query, config.pages),
        descending: true,
        keyOf: order => order.createdAt,
        idOf: order => order.id,
      });
      res.json(page);
    })
    .get('/export.csv', requireStaff, async (req, res) => {
      const rows = function* () {
        for (const {id, createdAt, status, country, note, quote} of orders.rows()) {
          const date = new Date(createdAt).toISOString();
          for (const entry of quote.lines) {
            yield [
              id,
              date,
              status,
              country,
              entry.sku,
              entry.name,
              entry.quantity,
              entry.netCents,
              entry.taxCents,
              note,
            ];
          }
        }
      };
      res.type('text/csv').attachment('orders.csv');
      await pipeline(Readable.from(formatChunks(CSV_HEADER, rows())), res);
    })
    .post('/expire', requireStaff, (req, res) => {
      res.json({expired: orders.expireUnpaid()});
    })
    .get('/:id', (req, res) => {
      res.json(orders.visible(req.params.id, req.user));
    })
    .get('/:id/invoice.txt', (req, res) => {
      const order = orders.visible(req.params.id, req.user);
      res.type('text/plain').send(renderInvoice(order, users.get(order.userId)));
    });

  for (const name of USER_ACTIONS) {
    router.post(`/:id/${name}`, (req, res) => {
      res.json(orders.act(req.params.id, name, req.user));
    });
  }
  return router;
}

module.exports = {orderRoutes};

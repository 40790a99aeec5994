'use strict';
const {Router} = require('express');
const {GROUP_NAMES, salesReport} = require('../domain/salesReport');
const {badRequest} = require('../errors');
const {EVENTS} = require('../jobs/webhooks');
const {requireStaff} = require('../middleware/authenticate');
const {integer, listOf, oneOf, optional, shape, text, validate} = require('../validation');

const boolean = oneOf(true, false);
const isoTime = text({
  pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/,
  patternName: 'a time like 2025-01-31T12:00:00Z',
});
const coupon = shape({
  code: text({max: 30, pattern: /^[A-Z0-9]+$/, patternName: 'upper-case letters and digits'}),
  type: oneOf('percent', 'fixed', 'free-shipping'),
  value: optional(integer({min: 1})),
  minSubtotalCents: optional(integer({min: 0})),
  maxUses: optional(integer({min: 1})),
  oncePerCustomer: optional(boolean),
  expiresAt: optional(isoTime),
});
/** What a value means depends on the type. */
const couponValue = value => {
  const problems = coupon(value, '');
  if (problems.length > 0) return problems;
  if (value.type === 'free-shipping')
    return value.value === undefined ? [] : [{field: 'value', message: 'has no meaning for free-shipping'}];
  if (value.value === undefined) return [{field: 'value', message: 'is required'}];
  return value.type === 'percent' && value.value > 100 ? [{field: 'value', message: 'must be at most 100'}] : [];
};

const webhook = shape({
  url: text({max: 500, pattern: /^https?:\/\/[^\s/]+/, patternName: 'an http or https URL'}),
  events: listOf(oneOf(...EVENTS), {min: 1, uniqueBy: event => event}),
  secret: text({min: 16, max: 200}),
});

function day(query, name, fallback) {
  if (query[name] === undefined) return fallback;
  const time = /^\d{4}-\d\d-\d\d$/.test(query[name]) ? Date.parse(query[name]) : Number.NaN;
  if (Number.isNaN(time)) throw badRequest('bad_query', `${name} must be a day like 2025-01-31`);
  return time;
}

function adminRoutes({coupons, webhooks, queue, orders}) {
  return Router()
    .use(requireStaff)
    .get('/coupons', (req, res) => {
      res.json({items: coupons.list()});
    })
    .post('/coupons', (req, res) => {
      res.status(201).json(coupons.create(validate(couponValue, req.body)));
    })
    .get('/webhooks', (req, res) => {
      res.json({items: webhooks.list()});
    })
    .post('/webhooks', (req, res) => {
      res.status(201).json(webhooks.subscribe(validate(webhook, req.body)));
    })
    .delete('/webhooks/:id', (req, res) => {
      webhooks.unsubscribe(req.params.id);
      res.status(204).end();
    })
    .get('/webhooks/:id/deliveries', (req, res) => {
      res.json({items: webhooks.deliveries(req.params.id)});
    })
    .get('/jobs', (req, res) => {
      const {status, type} = req.query;
      res.json({items: queue.list({status, type})});
    })
    .get('/jobs/:id', (req, res) => {
      res.json(queue.get(req.params.id));
    })
    .post('/jobs/:id/retry', (req, res) => {
      res.status(202).json(queue.retry(req.params.id));
    })
    .get('/reports/sales', (req, res) => {
      const {groupBy = 'day'} = req.query;
      if (!GROUP_NAMES.includes(groupBy))
        throw badRequest('bad_query', `groupBy must be one of ${GROUP_NAMES.join(', ')}`);
      const from = day(req.query, 'from', 0);
      const to = day(req.query, 'to', Infinity);
      if (from >= to) throw badRequest('bad_query', 'from must be before to');
      res.json(salesReport(orders.rows(), {from, to, groupBy}));
    });
}

module.exports = {adminRoutes};

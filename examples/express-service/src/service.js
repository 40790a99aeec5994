'use strict';
/** Puts the service together. What differs between production and a test comes in as an argument. */
const express = require('express');
const {resolveConfig} = require('./config');
const {Coupons} = require('./domain/coupons');
const {Orders} = require('./domain/orders');
const {Mails} = require('./jobs/mails');
const {JobQueue} = require('./jobs/queue');
const {Webhooks} = require('./jobs/webhooks');
const {authenticate} = require('./middleware/authenticate');
const {answerErrors, unknownRoute} = require('./middleware/errors');
const {singleParameters} = require('./middleware/query');
const {RateLimiter, rateLimit} = require('./middleware/rateLimit');
const {requestLog} = require('./middleware/requestLog');
const {adminRoutes} = require('./routes/admin');
const {authRoutes} = require('./routes/auth');
const {healthRoutes} = require('./routes/health');
const {orderRoutes} = require('./routes/orders');
const {productRoutes} = require('./routes/products');
const {stockRoutes} = require('./routes/stock');
const {Products} = require('./store/products');
const {Stock} = require('./store/stock');
const {Users} = require('./store/users');
const {Tokens} = require('./tokens');

const systemClock = {now: () => Date.now()};
const nowhere = async () => {};

function createService({
  config: overrides,
  clock = systemClock,
  log = () => {},
  logError = () => {},
  sendMail = nowhere,
} = {}) {
  const config = resolveConfig(overrides);
  const users = new Users({clock, passwords: config.passwords, login: config.login});
  const tokens = new Tokens({clock, ...config.tokens});
  const products = new Products({clock});
  const stock = new Stock({clock});
  const coupons = new Coupons({clock});
  const queue = new JobQueue({clock, config: config.jobs});
  const webhooks = new Webhooks({queue, clock, config: config.webhooks});
  const mails = new Mails({queue, users, transport: sendMail});
  const announce = (event, order) => {
    webhooks.announce(event, order);
    mails.announce(event, order);
  };
  const orders = new Orders({clock, config: config.orders, products, stock, coupons, announce});
  const parts = {config, clock, users, tokens, products, stock, coupons, queue, webhooks, orders};

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // the ETags here are versions, to be sent back with If-Match
  app.use(requestLog({clock, log}));
  app.use('/health', healthRoutes(parts)); // before the limit: whoever watches the service asks often
  app.use(authenticate(parts));
  app.use(rateLimit(new RateLimiter({clock, ...config.rateLimit})));
  app.use(singleParameters);
  app.use(express.json({limit: '100kb'}));
  app.use('/auth', authRoutes(parts));
  app.use('/products', productRoutes(parts));
  app.use('/stock', stockRoutes(parts));
  app.use('/orders', orderRoutes(parts));
  app.use('/admin', adminRoutes(parts));
  app.use(unknownRoute);
  app.use(answerErrors({logError}));

  return {app, ...parts};
}

module.exports = {createService};

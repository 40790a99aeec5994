'use strict';
/** Starts the service for a test, on a port of the system's choice, and stops it after the test. */
const request = require('supertest');
const {createService} = require('../../src/service');

const DEFAULT_OVERRIDES = {
  // Real hashing is slow by design; the tests that are about passwords set the real cost.
  passwords: {cost: 2 ** 4},
  // Tests let hours and days go by while they stay logged in.
  tokens: {lifetimeMs: 100 * 86_400_000},
  rateLimit: {capacity: 10_000},
  jobs: {backoffMs: 1},
};

/** A clock that stands still until it is told to go on. */
class ManualClock {
  #now = Date.parse('2025-03-01T12:00:00Z');

  now() {
    return this.#now;
  }

  advance({ms = 0, seconds = 0, minutes = 0, hours = 0, days = 0}) {
    this.#now += ms + 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)));
  }
}

const running = [];

/** @param config merged, section by section, into what suits most tests */
async function startService({config = {}, ...options} = {}) {
  const clock = new ManualClock();
  const log = [];
  const errors = [];
  const mails = [];
  const merged = {...DEFAULT_OVERRIDES};
  for (const [section, values] of Object.entries(config)) merged[section] = {...merged[section], ...values};
  const service = createService({
    clock,
    config: merged,
    log: entry => log.push(entry),
    logError: ({error}) => errors.push(error),
    sendMail: async mail => void mails.push(mail),
    ...options,
  });
  // One server for the whole test. Given an app, supertest starts one for each request, and closes it
  // under other requests that are still on their way.
  const server = await new Promise((resolve, reject) => {
    const listening = service.app.listen(0, '127.0.0.1', error => (error ? reject(error) : resolve(listening)));
  });
  running.push({service, server});

  const as = user => {
    const agent = request.agent(server);
    if (user !== null) agent.set('Authorization', `Bearer ${service.tokens.issue(user).token}`);
    return agent;
  };
  let accounts = 0;
  const account = role =>
    service.users.register({email: `${role}${++accounts}@example.com`, password: 'correct horse', role});
  const staffUser = await account('staff');
  const customerUser = await account('customer');
  return {
    service,
    server,
    clock,
    log,
    errors,
    mails,
    as,
    account,
    staffUser,
    customerUser,
    guest: as(null),
    staff: as(staffUser),
    customer: as(customerUser),
    /** Puts a product on the shelf. */
    stocked: (sku, fields = {}, quantity = 100) => {
      const product = service.products.create({sku, name: `Product ${sku}`, priceCents: 1_000, ...fields});
      if (quantity > 0) service.stock.adjust(sku, quantity, 'initial');
      return product;
    },
  };
}

afterEach(async () => {
  for (const {service, server} of running.splice(0)) {
    service.queue.stop();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

/** The body of an order for so many of each SKU. */
const orderOf = (quantities, fields = {}) => ({
  lines: Object.entries(quantities).map(([sku, quantity]) => ({sku, quantity})),
  country: 'DE',
  ...fields,
});

module.exports = {startService, orderOf, ManualClock};

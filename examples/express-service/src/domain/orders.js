'use strict';
const {ApiError, conflict, forbidden, invalid, notFound} = require('../errors');
const {Table, sequence} = require('../store/table');
const {ACTIONS, OPEN_STATES} = require('./orderStates');
const {priceOrder} = require('./pricing');

/** Orders from quote to refund, and what each step does to the stock. */
class Orders {
  #table = new Table();
  #nextId = sequence('ord');
  #clock;
  #config;
  #products;
  #stock;
  #coupons;
  #announce;

  /** @param announce called with (event, order) after each change */
  constructor({clock, config, products, stock, coupons, announce}) {
    this.#clock = clock;
    this.#config = config;
    this.#products = products;
    this.#stock = stock;
    this.#coupons = coupons;
    this.#announce = announce;
  }

  quote({lines, country, shipping = 'standard', coupon: code}, userId) {
    const resolved = lines.map(({sku, quantity}) => ({product: this.#products.find(sku), quantity}));
    const missing = resolved.flatMap(({product}, index) =>
      product === null ? [{field: `lines[${index}].sku`, message: 'is no product'}] : [],
    );
    if (missing.length > 0) throw invalid(missing);
    const request = {lines: resolved, country, method: shipping};
    const plain = priceOrder(request);
    if (code === undefined) return plain;
    const coupon = this.#coupons.check(code, {userId, subtotalCents: plain.subtotalCents});
    return {...priceOrder({...request, coupon}), coupon: code};
  }

  place(request, userId) {
    const quote = this.quote(request, userId);
    const id = this.#nextId();
    const now = this.#clock.now();
    this.#stock.reserve(request.lines, id);
    if (request.coupon !== undefined) this.#coupons.noteUse(request.coupon, userId);
    const order = this.#table.insert({
      id,
      userId,
      status: 'pending',
      country: request.country,
      shipping: request.shipping ?? 'standard',
      note: request.note ?? '',
      quote,
      createdAt: now,
      history: [{status: 'pending', at: now}],
    });
    this.#announce('order.placed', order);
    return order;
  }

  /** An order that a user may see; of others' orders it does not even say that they exist. */
  visible(id, user) {
    const order = this.#table.get(id);
    if (order === null || (user.role !== 'staff' && order.userId !== user.id)) throw notFound(`Order ${id}`);
    return order;
  }

  list(user, {status} = {}) {
    return this.#table.filter(
      order => (user.role === 'staff' || order.userId === user.id) && (status === undefined || order.status === status),
    );
  }

  act(id, name, user) {
    const action = ACTIONS[name];
    const order = this.visible(id, user);
    if (action.by === 'staff' && user.role !== 'staff') throw forbidden(`Only staff can ${name} an order`);
    return this.#apply(order, name);
  }

  /** Lets go of what unpaid orders have reserved for too long. */
  expireUnpaid() {
    const deadline = this.#clock.now() - this.#config.reservationMs;
    const overdue = this.#table.filter(order => order.status === 'pending' && order.createdAt <= deadline);
    return overdue.map(order => this.#apply(order, 'expire').id);
  }

  hasOpenOrderFor(sku) {
    return this.#table.some(
      order => OPEN_STATES.includes(order.status) && order.quote.lines.some(line => line.sku === sku),
    );
  }

  rows() {
    return this.#table.rows();
  }

  #apply(order, name) {
    const {from, to} = ACTIONS[name];
    if (!from.includes(order.status)) {
      throw conflict('wrong_state', `Cannot ${name} an order that is ${order.status}`, {
        status: order.status,
        allowed: from,
      });
    }
    const now = this.#clock.now();
    const {lines, coupon} = order.quote;
    switch (name) {
      case 'pay':
        if (now - order.createdAt >= this.#config.reservationMs) {
          throw new ApiError(410, 'reservation_expired', 'The order was not paid in time');
        }
        break;
      case 'cancel':
      case 'expire':
        this.#stock.release(lines, order.id);
        if (coupon !== undefined) this.#coupons.returnUse(coupon, order.userId);
        break;
      case 'ship':
        this.#stock.ship(lines, order.id);
        break;
      case 'refund':
        if (now - order.history.at(-1).at > this.#config.returnMs) {
          throw conflict('return_period_over', 'The order was delivered too long ago');
        }
        this.#stock.takeBack(lines, order.id);
        break;
    }
    const changed = this.#table.update(
      order.id,
      {status: to, history: [...order.history, {status: to, at: now}]},
      order.version,
    );
    this.#announce(`order.${to}`, changed);
    return changed;
  }
}

module.exports = {Orders};
